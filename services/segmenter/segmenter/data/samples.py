"""Training photos: which are held out, how often each is drawn, and how it is read."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from fashion.words import CATEGORIES
from modelkit.training.held_out import is_held_out
from segmenter.data.annotation import BadData
from segmenter.data.augmentation import augment, moved, targets
from segmenter.data.dataset import Entry, read_photo, truth


def hold_out(entries: Sequence[Entry], share: float) -> tuple[list[Entry], list[Entry]]:
    """Split into training and held out by a hash of the group: stable when photos are added."""
    parts: tuple[list[Entry], list[Entry]] = ([], [])
    for entry in entries:
        parts[is_held_out(entry.group, share)].append(entry)
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
            min(
                4.0, max(((len(entries) / counts[c]) ** 0.5 for c in entry.categories), default=1.0)
            )
            for entry in entries
        ]
    )


MOVED = 0.2
"""Part of the photos with garments that are shown in another place."""


@dataclass(frozen=True)
class Draw:
    """One draw of a training photo: everything random about it follows from the seed."""

    index: int
    seed: int


class Sample(NamedTuple):
    """An augmented photo as torchvision's detectors take it."""

    image: Tensor
    """float32 3 x h x w in [0, 1]."""
    target: dict[str, Tensor]
    name: str
    problem: str = ""
    """Why it can't be trained on."""


class TrainingPhotos(Dataset[Sample]):
    """Augmented photos and targets by `Draw`.

    Where there are photos without garments, a share of the others is shown before them: see `moved`.
    """

    def __init__(self, entries: Sequence[Entry], side: int) -> None:
        self.entries = entries
        self.side = side
        self._scenes = [entry for entry in entries if not entry.categories]

    def __getitem__(self, draw: Draw) -> Sample:
        entry, rng = self.entries[draw.index], random.Random(draw.seed)
        name = str(entry.photo)
        try:
            photo, items, masks = truth(entry)
            if masks and self._scenes and rng.random() < MOVED:
                photo = moved(photo, masks, self._background(rng), rng)
        except BadData as error:
            return Sample(torch.zeros(3, 32, 32), targets([], []), name, str(error))
        categories = [item.category for item in items]
        image, target = augment(photo, categories, masks, self.side, rng)
        if entry.categories and not len(target["labels"]):
            problem = f"{name}: none of its garments is 3 x 3 pixels large at the training's size"
            return Sample(image, target, name, problem)
        return Sample(image, target, name)

    def _background(self, rng: random.Random) -> NDArray[np.uint8] | None:
        """Return a photo without garments, or, as often, None: a plain wall."""
        return read_photo(rng.choice(self._scenes).photo) if rng.random() < 0.5 else None
