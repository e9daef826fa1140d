"""Which photos a step trains on."""

import random
from collections.abc import Iterator
from itertools import count

import numpy as np
from numpy.typing import NDArray


def draw(
    weights: NDArray[np.float64], batch: int, seed: str, first: int
) -> Iterator[list[tuple[int, int]]]:
    """Yield endless batches of (index of a photo, seed of its augmentation), from step `first` on.

    Photos are drawn in proportion to their weights, with replacement. Each batch follows from
    `seed` and the number of its step, so a resumed training draws the same ones.
    """
    cumulative = np.cumsum(weights).tolist()
    for step in count(first):
        rng = random.Random(f"{seed} {step}")
        chosen = rng.choices(range(len(cumulative)), cum_weights=cumulative, k=batch)
        yield [(index, rng.getrandbits(32)) for index in chosen]
