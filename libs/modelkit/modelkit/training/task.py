"""What a network does differently from the other one in a training: the hooks of `loop.Loop`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

Batch = TypeVar("Batch")


@dataclass(frozen=True)
class Judgment:
    """How good the averaged weights are on photos that are held out."""

    figures: dict[str, float]  # a row of the curve
    loss: float | None = None  # the average with the least loss is exported; None: the last average


class Task(ABC, Generic[Batch]):
    """A network, its optimizer, and what the loop asks about both."""

    network: nn.Module  # what is trained, on its device
    served: nn.Module  # the part of it that is averaged and exported
    optimizer: torch.optim.Optimizer  # a group's "scale" multiplies the learning rate

    def prepare(self, step: int) -> None:
        """Set up the network, which is in training mode, for the step with this number."""

    def usable(self, batch: Batch) -> tuple[Batch | None, Sequence[str]]:
        """Return what of a loaded batch can be trained on, or None, and a line for each photo that can't."""
        return batch, ()

    @abstractmethod
    def names(self, batch: Batch) -> Sequence[str]:
        """Return the names of a batch's photos."""

    @abstractmethod
    def losses(self, forward: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the parts of a batch's loss, scalars that are summed.

        `forward` is `network`, with its gradients averaged over the processes of the training. Runs
        in the precision of the loop.
        """

    @abstractmethod
    def judge(self, served: nn.Module) -> Judgment:
        """Judge a copy of `served` with averaged weights, in evaluation mode, by held-out photos."""
