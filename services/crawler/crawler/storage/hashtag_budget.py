"""The hashtags that the account has queried, so that Instagram's limit is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from crawler.core.instagram import counting, may_query
from servicekit.mongo import Database


class HashtagBudget:
    """Remembers in MongoDB which hashtags the account has queried."""

    def __init__(self, db: Database, user_id: str, clock: Callable[[], datetime]) -> None:
        self._account = db["hashtag_budget"]
        self._user_id = user_id
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def take(self, hashtag: str) -> bool:
        """Count a hashtag if it may be queried now, and return whether it may."""
        async with self._one_at_a_time:
            now = self._clock()
            document = await self._account.find_one({"_id": self._user_id}) or {"hashtags": {}}
            queried: dict[str, datetime] = document["hashtags"]
            if not may_query(queried, hashtag, now):
                return False
            await self._account.replace_one(
                {"_id": self._user_id},
                {"hashtags": {hashtag: now, **counting(queried, now)}},
                upsert=True,
            )
            return True
