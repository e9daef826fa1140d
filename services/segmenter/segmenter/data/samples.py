"""Training photos: which are held out, how often each is drawn, and how it is read."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from fashion.words import CATEGORIES
from modelkit.training.held_out import is_held_out
from segmenter.data.augmentation import augment, targets
from segmenter.data.dataset import BadData, Entry, truth


def hold_out(entries: Sequence[Entry], share: float) -> tuple[list[Entry], list[Entry]]:
    """Split into training and held out by a hash of the name: stable when photos are added."""
    parts: tuple[list[Entry], list[Entry]] = ([], [])
    for entry in entries:
        parts[is_held_out(entry.photo.stem, share)].append(entry)
    return parts


def repeat_factors(entries: Sequence[Entry]) -> NDArray[np.float64]:
    """Return how often to draw each photo, by its rarest category: sqrt(1 / frequency), at most 4.

    After the repeat factors of LVIS (Gupta et al. 2019).
    """
    counts = dict.fromkeys(CATEGORIES, 0)
    for entry in entries:
        for category in entry.categories:
            counts[category] += 1
    return np.array(
        [
            min(4.0, max((len(entries) / counts[c]) ** 0.5 for c in entry.categories))
            for entry in entries
        ]
    )


@dataclass(frozen=True)
class Draw:
    """One draw of a training photo: everything random about it follows from the seed."""

    index: int
    seed: int


Sample = tuple[Tensor, dict[str, Tensor], str]


class TrainingPhotos(Dataset[Sample]):
    """Augmented photos and targets by `Draw`, as torchvision's detectors take them.

    A photo that can't be used comes without boxes; its name then says why.
    """

    def __init__(self, entries: Sequence[Entry], side: int) -> None:
        self.entries = entries
        self.side = side

    def __getitem__(self, draw: Draw) -> Sample:
        entry = self.entries[draw.index]
        try:
            photo, items, masks = truth(entry)
        except BadData as error:
            return torch.zeros(3, 32, 32), targets([], []), str(error)
        categories = [item.category for item in items]
        image, target = augment(photo, categories, masks, self.side, random.Random(draw.seed))
        return image, target, str(entry.photo)
