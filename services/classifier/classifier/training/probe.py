"""A linear probe: logistic regression on frozen ImageNet features."""

import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from classifier.data.augmentation import augment
from classifier.data.dataset import Example, read_photo
from classifier.nets import model
from classifier.nets.preprocess import to_square
from modelkit.imagenet_features import ImageNetFeatures
from modelkit.training.table import BadTable
from photokit.photo import BadPhoto

BATCH = 16
# Inverse strength of L2 in scikit-learn's terms, on standardized features: the decade from 1e-4 to
# 1e-1 with the least log loss on held-out training photos.
C = 1e-2

Features = NDArray[np.float32]


@dataclass(frozen=True)
class Probe:
    """Standardizes features and weighs them: positive logits mean fashion."""

    mean: Features  # of each feature over the training photos
    deviation: Features
    weight: Features
    bias: float  # of the logit

    def logits(self, features: Features) -> Features:
        """Return N logits for N x 1280 features."""
        standard = (features - self.mean) / self.deviation
        return (standard @ self.weight + self.bias).astype(np.float32)


def extract(
    network: ImageNetFeatures, examples: Sequence[Example], side: int, seed: int | None = None
) -> tuple[list[Example], Features]:
    """Return photos and their features, a row each: of whole photos squeezed to side x side, or of crops.

    With a seed, each photo is an augmented crop. Photos that can't be decoded are named on stderr and
    left out of both. Raise BadTable if none can be decoded.
    """
    kept, squares, rows = [], [], []
    for number, example in enumerate(tqdm(examples, desc="features", leave=False), start=1):
        try:
            photo = read_photo(example.path)
            rng = random.Random(f"{seed} {number}")
            squares.append(to_square(photo, side) if seed is None else augment(photo, side, rng))
            kept.append(example)
        except (OSError, BadPhoto) as error:
            print(f"skipped: {example.path}: {error}", file=sys.stderr)
        if squares and (len(squares) == BATCH or number == len(examples)):
            with torch.inference_mode():
                rows.append(network(torch.stack(squares)).numpy())
            squares = []
    if not kept:
        raise BadTable(f"none of {len(examples)} photos can be decoded")
    return kept, np.concatenate(rows)


def train(network: ImageNetFeatures, examples: Sequence[Example], side: int, seed: int) -> Probe:
    """Return the probe of training photos: each of them whole, and as an augmented crop."""
    views = [extract(network, examples, side), extract(network, examples, side, seed)]
    labels = np.array([example.label for kept, _ in views for example in kept])
    return fit(np.concatenate([features for _, features in views]), labels)


def fit(features: Features, labels: NDArray[np.int64]) -> Probe:
    """Return the probe of features, in which both labels count the same; raise BadTable without both."""
    from sklearn.linear_model import LogisticRegression

    if len(set(labels.tolist())) < 2:
        raise BadTable("training needs photos of both labels, 1 (fashion) and 0 (not)")
    mean, deviation = features.mean(0), features.std(0) + 1e-3
    regression = LogisticRegression(C=C, class_weight="balanced", max_iter=1000)
    regression.fit((features - mean) / deviation, labels)
    weight = regression.coef_[0].astype(np.float32)
    return Probe(mean, deviation, weight, float(regression.intercept_[0]))


def network(features: ImageNetFeatures, fitted: Probe) -> model.LinearProbe:
    """Return features and probe as the one network that is served."""
    joined = model.LinearProbe(features)
    weight = fitted.weight / fitted.deviation
    with torch.no_grad():
        joined.fc.weight.copy_(torch.from_numpy(weight)[None])
        joined.fc.bias.fill_(fitted.bias - float(weight @ fitted.mean))
    return joined.eval()
