"""Places for outfits that are not among the best, so that something can be learned about them."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

SHARE = 0.1
"""Part of the places unless the caller asks for another; 0 switches it off."""


def explore(
    answer: list[int],
    candidates: NDArray[np.intp],
    ties: NDArray[np.uint64],
    share: float,
    answer_id: str,
) -> tuple[list[int], frozenset[int]]:
    """Return an answer in which `share` of the places, in its lower half, go to outfits of `candidates`; and those rows.

    `answer`: rows, best first. `candidates`: rows; those of the answer are left out. `ties`: a number of each candidate that
    all replicas have, as `Columns.tie`. The same `answer_id` gives the same result. If share times length is not whole, chance decides about the last place.
    """
    random = np.random.default_rng(_seed(answer_id))
    places = np.arange(math.ceil(len(answer) / 2), len(answer))
    number = min(int(share * len(answer) + random.random()), len(places))
    taken = set(answer)
    chosen: list[int] = []
    # The first candidate after a random number, again and again: sorting all candidates takes too long.
    for start in random.integers(2**64, size=4 * number, dtype=np.uint64) if len(ties) else ():
        row = int(candidates[np.argmin(ties - start)])
        if len(chosen) < number and row not in taken:
            taken.add(row)
            chosen.append(row)
    if not chosen:
        return answer, frozenset()
    number = len(chosen)
    result = list(answer)
    for place, row in zip(
        sorted(random.choice(places, number, replace=False)), chosen, strict=True
    ):
        result[place] = row
    return result, frozenset(chosen)


def _seed(answer_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(answer_id.encode(), digest_size=8).digest(), "big")
