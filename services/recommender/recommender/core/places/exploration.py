"""Places for outfits that are not among the best, so that something can be learned about them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

SHARE = 0.1
"""Part of the places unless the caller asks for another; 0 switches it off."""

# Rows that are looked at first, and how many times more after each time that none of them fits.
_FIRST = 256
_GROWTH = 8
_CIRCLE = 2**64


def explore(
    answer: list[int],
    ties: NDArray[np.uint64],
    fits: Callable[[NDArray[np.intp]], NDArray[np.bool_]],
    share: float,
    answer_id: str,
) -> tuple[list[int], frozenset[int]]:
    """Return an answer in which `share` of the places, in its lower half, go to outfits that `fits` tells of; and those rows.

    `answer`: rows, best first. `ties`: a number of each row of the catalog that all replicas have, as `Columns.tie`. `fits`:
    rows to bool. The same `answer_id` gives the same result. If share times length is not whole, chance decides about the
    last place.
    """
    random = np.random.default_rng(_seed(answer_id))
    places = np.arange(math.ceil(len(answer) / 2), len(answer))
    number = min(int(share * len(answer) + random.random()), len(places))
    taken = list(answer)
    chosen: list[int] = []
    for start in random.integers(2**64, size=number, dtype=np.uint64):
        row = _first_after(start, ties, fits, taken)
        if row is not None:
            taken.append(row)
            chosen.append(row)
    result = list(answer)
    found = sorted(random.choice(places, len(chosen), replace=False)) if chosen else []
    for place, row in zip(found, chosen, strict=True):
        result[place] = row
    return result, frozenset(chosen)


def _first_after(
    start: np.uint64,
    ties: NDArray[np.uint64],
    fits: Callable[[NDArray[np.intp]], NDArray[np.bool_]],
    taken: list[int],
) -> int | None:
    """Return the first row at or after `start` in the circle of ties that fits and is not taken; None if there is none.

    By growing parts of the circle, so that nearly always a small part of the catalog is looked at.
    """
    after = ties - start
    looked = _FIRST
    while True:
        # Ties are spread evenly.
        end = _CIRCLE - 1 if looked >= len(ties) else looked * (_CIRCLE // len(ties))
        rows = np.flatnonzero(after <= np.uint64(end))
        found = rows[fits(rows)]
        found = found[~np.isin(found, taken)]
        if len(found):
            return int(found[np.argmin(after[found])])
        if looked >= len(ties):
            return None
        looked *= _GROWTH


def _seed(answer_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(answer_id.encode(), digest_size=8).digest(), "big")
