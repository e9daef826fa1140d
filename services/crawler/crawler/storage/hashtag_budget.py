"""Instagram's limit: at most 30 different hashtags an account in any 7 days."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

LIMIT = 30
WINDOW = timedelta(days=7)


def allowed(queried: Mapping[str, datetime], hashtag: str, now: datetime) -> bool:
    """May `hashtag` be queried now? `queried`: hashtags and when each was first queried in its 7 days.

    A hashtag queried again within its 7 days counts once.
    """
    counting = {tag for tag, since in queried.items() if now - since < WINDOW}
    return hashtag in counting or len(counting) < LIMIT


class HashtagBudget:
    """Remembers in MongoDB which hashtags the account has queried."""

    def __init__(
        self, db: AsyncDatabase[dict[str, Any]], user_id: str, clock: Callable[[], datetime]
    ) -> None:
        self._account = db["hashtag_budget"]
        self._user_id = user_id
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def take(self, hashtag: str) -> bool:
        """True if the hashtag may be queried now; it then counts."""
        async with self._one_at_a_time:
            now = self._clock()
            document = await self._account.find_one({"_id": self._user_id}) or {"hashtags": {}}
            queried: dict[str, datetime] = document["hashtags"]
            if not allowed(queried, hashtag, now):
                return False
            kept = {tag: since for tag, since in queried.items() if now - since < WINDOW}
            await self._account.replace_one(
                {"_id": self._user_id}, {"hashtags": {hashtag: now, **kept}}, upsert=True
            )
            return True
