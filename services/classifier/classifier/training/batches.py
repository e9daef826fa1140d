"""Batches of a training: photos in proportion to their shares, at a side that follows the progress."""

from collections.abc import Iterator, Sequence

import numpy as np

from classifier.data.dataset import Draw, Example
from modelkit.training.draws import draw
from modelkit.training.schedule import Budget


def input_side(progress: float, serving: int) -> int:
    """Return the input side, a multiple of 32, at a progress in [0, 1].

    Small pictures come first, at two thirds of the cost, then the serving side, and larger ones at
    the end, so that the network doesn't depend on one scale.
    """
    scale = 0.8 if progress < 0.55 else 1.0 if progress < 0.9 else 1.2
    return max(32, round(serving * scale / 32) * 32)


def draws(
    examples: Sequence[Example], budget: Budget, *, batch: int, side: int, seed: str
) -> Iterator[list[Draw]]:
    """Yield endless batches of draws from the budget's step on; see `modelkit.training.draws`."""
    shares = np.array([example.share for example in examples])
    for chosen in draw(shares, batch, seed, budget.steps):
        now = input_side(budget.progress, side)
        yield [Draw(index, now, number) for index, number in chosen]
