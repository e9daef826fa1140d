"""Figures of a yes/no classifier."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Figures:
    """All in [0, 1]; support is the number of photos."""

    support: int
    positives: int
    accuracy: float
    balanced_accuracy: float
    precision: float
    recall: float
    f1: float
    roc_auc: float


def figures(labels: Labels, probabilities: Floats, threshold: float) -> Figures:
    """Figures at a threshold; needs both classes."""
    said = probabilities >= threshold
    true = labels == 1
    hit, false_alarm = int((said & true).sum()), int((said & ~true).sum())
    positives, negatives = int(true.sum()), int((~true).sum())
    recall = hit / positives
    precision = hit / max(hit + false_alarm, 1)
    return Figures(
        support=len(labels),
        positives=positives,
        accuracy=float((said == true).mean()),
        balanced_accuracy=(recall + 1 - false_alarm / negatives) / 2,
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / max(precision + recall, 1e-9),
        roc_auc=roc_auc(labels, probabilities),
    )


def roc_auc(labels: Labels, probabilities: Floats) -> float:
    """Chance that a positive scores above a negative, ties counting half (Mann-Whitney U)."""
    _, inverse, counts = np.unique(probabilities, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    rank = (last - (counts - 1) / 2)[inverse]
    positives = int((labels == 1).sum())
    negatives = len(labels) - positives
    u = rank[labels == 1].sum() - positives * (positives + 1) / 2
    return float(u / (positives * negatives))


def best_threshold(labels: Labels, probabilities: Floats) -> float:
    """The threshold of best balanced accuracy; of several, the middle of the widest span."""
    values = np.unique(np.concatenate([[0.0], probabilities, [1.0]]))
    cuts = (values[1:] + values[:-1]) / 2
    positives, negatives = probabilities[labels == 1], probabilities[labels == 0]
    recall = 1 - np.searchsorted(np.sort(positives), cuts) / len(positives)
    specificity = np.searchsorted(np.sort(negatives), cuts) / len(negatives)
    balanced = (recall + specificity) / 2
    spans = np.where(balanced > balanced.max() - 1e-9, np.diff(values), -1)
    return float(cuts[int(np.argmax(spans))])
