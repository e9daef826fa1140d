"""What may be told about few people (ADR 0013): counts are rounded down to fives, once, where the weeks are summed.

Everything that leaves the service is computed from these safe numbers. No other count of people is ever compared, ranked or
shown, so no threshold, window or flag of a request can be used to search for an exact one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trends.core.observation import Value

K = 5
"""Fewer contributors of a stratum than this in an ISO week are never told of, and counts are told in steps of it."""

_Counted = NDArray[np.int64]


class Shown(NamedTuple):
    """A photo that could be shown as evidence, and everything that it shows."""

    image_id: str
    contributor: str
    values: frozenset[Value]


def round_down(count: _Counted) -> _Counted:
    """Return the greatest multiples of K that are not above the counts."""
    return count - count % K


def safe_days(days: _Counted, distinct: _Counted) -> _Counted:
    """Return the safe numbers of a week's days: int64 (7, values), multiples of K.

    `days` are the contributors of each weekday, int64 (7, values), `distinct` those of the whole week, int64 (values,). The sum up to a
    day is the true sum rounded down; all days are 0 for a value that fewer than K show.
    """
    running = round_down(np.cumsum(days, axis=0))
    safe = np.diff(running, axis=0, prepend=0)
    return np.asarray(np.where(distinct >= K, safe, 0))


def at_least(safe: _Counted) -> int:
    """Return the fewest contributors that there can be behind the safe numbers of one day, one for each stratum."""
    return int(np.maximum(safe - (K - 1), 0).sum())


def draw_evidence(photos: Iterable[Shown], told: int, told_values: Collection[Value]) -> list[str]:
    """Return the image_ids of the photos of a week that may be shown as evidence, in a stable order.

    At most half as many as are `told` of (a safe number), and one of each contributor. Only photos that are drawn, so that few
    or none do not say how many there are. A photo that also shows a value that is withheld is never among them: otherwise
    who counts such photos would learn how many there are at least, and knows that there are fewer than K.
    """
    chosen: dict[str, str] = {}
    for photo in sorted(photos, key=lambda photo: _lot(photo.image_id)):
        if is_drawn(photo.image_id) and all(value in told_values for value in photo.values):
            chosen.setdefault(photo.contributor, photo.image_id)
    return list(chosen.values())[: told // 2]


def is_drawn(image_id: str) -> bool:
    """Tell whether a photo can be evidence at all: every second one can, by a hash of its id."""
    return _lot(image_id)[0] < 128


def _lot(image_id: str) -> bytes:
    """Return bytes that have nothing to do with when a photo was posted or what it shows."""
    return hashlib.blake2b(image_id.encode(), digest_size=8).digest()
