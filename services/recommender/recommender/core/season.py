"""The season of an outfit against the date: a soft part of the score."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 0.5
"""Value of an outfit whose season the shop does not say, or that is for all seasons."""

# Middle of each meteorological season of the northern hemisphere, as a day of the year.
_MIDDLES = {"spring": 105, "summer": 197, "autumn": 288, "winter": 15}
_WORDS = {
    "spring": ("spring",), "summer": ("summer",), "autumn": ("autumn",), "fall": ("autumn",), "winter": ("winter",),
    "봄": ("spring",), "여름": ("summer",), "가을": ("autumn",), "겨울": ("winter",),
    "ss": ("spring", "summer"), "fw": ("autumn", "winter"), "aw": ("autumn", "winter"),
    "s/s": ("spring", "summer"), "f/w": ("autumn", "winter"), "a/w": ("autumn", "winter"),
}  # fmt: skip
_YEAR = 365.25
# An outfit of a season that is at most so far away is called one for the season: the value of its middle 45 days off.
IN_SEASON_FROM = 0.85


@lru_cache(maxsize=4096)
def seasons_of(label: str) -> tuple[str, ...]:
    """Return the seasons that a shop's label names, such as "Autumn 2026", "FW26" or "가을"; none if it is not known."""
    words = re.findall(r"[a-z]/[a-z]|[a-z]+|[\uac00-\ud7a3]+", label.casefold())
    return tuple(dict.fromkeys(s for word in words for s in _WORDS.get(word, ())))


def value(label: str, now: float, southern: bool) -> float:
    """Return how well a shop's season label fits a time, in [0, 1].

    1 in the middle of its season, 0 half a year away, by a cosine; of several seasons the nearest counts. `now`: Unix time in seconds.
    """
    seasons = seasons_of(label)
    if not seasons or len(seasons) == len(_MIDDLES):
        return UNKNOWN
    day = datetime.fromtimestamp(now, UTC).timetuple().tm_yday + (_YEAR / 2 if southern else 0)
    return max(
        0.5 + 0.5 * math.cos(2 * math.pi * (day - _MIDDLES[season]) / _YEAR) for season in seasons
    )


def values(labels: Iterable[str], now: float, southern: bool) -> NDArray[np.float64]:
    """Return the value of each label: float64 (labels,)."""
    return np.array([value(label, now, southern) for label in labels])


@lru_cache(maxsize=4096)
def season_at(label: str, now: float, southern: bool) -> str:
    """Return which season of a label it is now, such as "autumn"; "" if none is near."""
    near = [s for s in seasons_of(label) if value(s, now, southern) >= IN_SEASON_FROM]
    return max(near, key=lambda s: value(s, now, southern), default="")
