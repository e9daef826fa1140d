"""Instagram's API: its name in image ids, and its limit of 30 different hashtags an account in any 7 days.

https://developers.facebook.com/docs/instagram-platform/instagram-api-with-facebook-login/hashtag-search
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

SITE = "instagram"
MAX_HASHTAGS = 30
WINDOW = timedelta(days=7)


def counting(queried: Mapping[str, datetime], now: datetime) -> dict[str, datetime]:
    """Return the hashtags that count against the limit now, each with the time at which its 7 days began.

    `queried`: hashtags and when each was first queried in its 7 days. One that is queried again in them counts once.
    """
    return {tag: since for tag, since in queried.items() if now - since < WINDOW}


def may_query(queried: Mapping[str, datetime], hashtag: str, now: datetime) -> bool:
    """Tell whether `hashtag` may be queried now."""
    known = counting(queried, now)
    return hashtag in known or len(known) < MAX_HASHTAGS
