"""Places for outfits that are not among the best, so that something can be learned about them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from recommender.core.catalog import Columns

SHARE = 0.1
"""Part of the places unless the caller asks for another; 0 switches it off."""

# How many of the 256 parts of the circle of ties are looked at, until a row fits.
_PARTS = (1, 8, 64, 256)
_PART_BITS = 56


def explore(
    answer: list[int],
    columns: Columns,
    fits: Callable[[NDArray[np.intp]], NDArray[np.bool_]],
    share: float,
    answer_id: str,
) -> tuple[list[int], frozenset[int]]:
    """Return an answer in which `share` of the places, in its lower half, go to outfits that `fits` tells of; and those rows.

    `answer`: rows, best first. `fits`: rows to bool. The same `answer_id` gives the same result. If share times length is not whole,
    chance decides about the last place.
    """
    # Not numpy's: to seed that takes longer than all that is drawn.
    chance = random.Random(answer_id)
    places = range(math.ceil(len(answer) / 2), len(answer))
    number = min(int(share * len(answer) + chance.random()), len(places))
    taken = list(answer)
    chosen: list[int] = []
    for _ in range(number):
        row = _first_after(np.uint64(chance.getrandbits(64)), columns, fits, taken)
        if row is not None:
            taken.append(row)
            chosen.append(row)
    result = list(answer)
    for place, row in zip(sorted(chance.sample(places, len(chosen))), chosen, strict=True):
        result[place] = row
    return result, frozenset(chosen)


def _first_after(
    start: np.uint64,
    columns: Columns,
    fits: Callable[[NDArray[np.intp]], NDArray[np.bool_]],
    taken: list[int],
) -> int | None:
    """Return the first row at or after `start` in the circle of ties that fits and is not taken; None if there is none.

    By growing parts of the circle, so that nearly always a small part of the catalog is looked at.
    """
    part = np.uint8(start >> np.uint64(_PART_BITS))
    for parts in _PARTS:
        rows = np.flatnonzero(columns.tie_part - part < parts)
        after = columns.tie[rows] - start
        # What lies before the start, in the first part, is the end of the circle.
        if parts < _PARTS[-1]:
            near = after < np.uint64(parts << _PART_BITS)
            rows, after = rows[near], after[near]
        found = fits(rows) & ~np.isin(rows, taken)
        if found.any():
            return int(rows[found][np.argmin(after[found])])
    return None
