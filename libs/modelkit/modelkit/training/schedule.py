"""How far a training has come, and the learning rate there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

WARM_UP = 0.04  # of the budget


@dataclass
class Budget:
    """What a training may spend and has spent: minutes, or optimizer steps."""

    minutes: float | None = None
    most_steps: int | None = None
    seconds: float = 0.0  # spent
    steps: int = 0  # done

    @property
    def progress(self) -> float:
        """The share that is spent, in [0, 1]."""
        share = 0.0
        if self.minutes is not None:
            share = self.seconds / (self.minutes * 60)
        if self.most_steps is not None:
            share = max(share, self.steps / self.most_steps)
        return min(1.0, share)


def cosine(progress: float) -> float:
    """Return the share of the peak rate at a progress in [0, 1]: a linear warm-up, then a cosine to 1%."""
    if progress < WARM_UP:
        return max(progress / WARM_UP, 0.02)
    after = (progress - WARM_UP) / (1 - WARM_UP)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, after)))


def step(progress: float) -> float:
    """Return the share of the peak rate at a progress in [0, 1], after a linear warm-up in steps.

    10% from 2/3 on and 1% from 8/9 on: the shares of Detectron2's 1x schedule (60,000 and 80,000 of 90,000 steps).
    """
    if progress < WARM_UP:
        return max(progress / WARM_UP, 0.02)
    return 1.0 if progress < 2 / 3 else 0.1 if progress < 8 / 9 else 0.01


SCHEDULES: Mapping[str, Callable[[float], float]] = {"cosine": cosine, "step": step}
