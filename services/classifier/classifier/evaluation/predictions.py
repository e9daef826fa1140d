"""What an engine answers about labeled photos."""

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from classifier.data.dataset import Example, read_photo
from classifier.evaluation.metrics import Floats, Labels
from classifier.nets.engine import Engine
from photokit.photo import BadPhoto


@dataclass(frozen=True)
class Predictions:
    """Photos, and the probability of fashion of each as served."""

    examples: list[Example]
    probabilities: Floats
    threshold: float

    @property
    def labels(self) -> Labels:
        """1 = fashion, 0 = not."""
        return np.array([example.label for example in self.examples])

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the answer at the threshold is the label."""
        right: NDArray[np.bool_] = (self.probabilities >= self.threshold) == (self.labels == 1)
        return right

    def write(self, file: Path) -> None:
        """Write a CSV with `image,label,probability,fashion,source`."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(["image", "label", "probability", "fashion", "source"])
            for example, probability in zip(self.examples, self.probabilities, strict=True):
                fashion = int(probability >= self.threshold)
                writer.writerow(
                    [example.name, example.label, f"{probability:.6f}", fashion, example.source]
                )


def logits(engine: Engine, examples: Sequence[Example]) -> tuple[list[Example], Floats]:
    """Return the photos that can be decoded, and the logit of each; others are named on stderr."""
    kept, scores = [], []
    for example in tqdm(examples, desc="predict", leave=False):
        try:
            scores += engine.logits([read_photo(example.path)])
            kept.append(example)
        except (OSError, BadPhoto) as error:
            print(f"skipped: {example.path}: {error}", file=sys.stderr)
    return kept, np.array(scores)


def predict(engine: Engine, examples: Sequence[Example]) -> Predictions:
    """Return the predictions as served; photos that can't be decoded are named on stderr and left out."""
    kept, scores = logits(engine, examples)
    probabilities = 1 / (1 + np.exp(-scores / engine.info.temperature))
    return Predictions(kept, probabilities, engine.threshold)
