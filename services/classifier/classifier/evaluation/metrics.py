"""Figures of a yes/no classifier."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Interval = tuple[float, float]

BINS = 15  # of the calibration error, as in Guo et al. 2017
RESAMPLES = 1000


@dataclass(frozen=True)
class Figures:
    """Figures in [0, 1], and counts: support is the number of photos."""

    support: int
    positives: int
    accuracy: float
    balanced_accuracy: float
    precision: float
    recall: float
    f1: float
    roc_auc: float
    average_precision: float
    ece: float


def figures(labels: Labels, probabilities: Floats, threshold: float) -> Figures:
    """Return the figures at a threshold; needs both classes."""
    once = np.ones((1, len(labels)))
    found = _weighted(labels, probabilities, threshold, once)
    return Figures(
        support=len(labels),
        positives=int((labels == 1).sum()),
        **{name: float(values[0]) for name, values in found.items()},
    )


def intervals(
    labels: Labels, probabilities: Floats, threshold: float, *, seed: int = 0
) -> dict[str, Interval]:
    """Return the middle 95% of each figure over 1000 draws of as many photos, with replacement.

    Fashion and other photos are drawn separately, so that each draw has both.
    """
    rng = np.random.default_rng(seed)
    times = np.zeros((RESAMPLES, len(labels)))  # that a photo was drawn
    for label in (0, 1):
        part = np.flatnonzero(labels == label)
        times[:, part] = rng.multinomial(len(part), np.full(len(part), 1 / len(part)), RESAMPLES)
    found = _weighted(labels, probabilities, threshold, times)
    return {name: _middle(values) for name, values in found.items()}


def _weighted(
    labels: Labels, probabilities: Floats, threshold: float, times: Floats
) -> dict[str, Floats]:
    """Return each figure for each row of `times`, draws x photos: how often each photo counts.

    Areas are taken over the distinct probabilities, highest first, so that ties count as in
    scikit-learn's roc_auc_score and average_precision_score.
    """
    true = labels == 1
    predicted = probabilities >= threshold
    positives, negatives = times[:, true].sum(1), times[:, ~true].sum(1)
    hit, false_alarm = times[:, true & predicted].sum(1), times[:, ~true & predicted].sum(1)
    recall, specificity = hit / positives, 1 - false_alarm / negatives
    precision = hit / np.maximum(hit + false_alarm, 1)

    order = np.argsort(-probabilities, kind="stable")
    last = np.flatnonzero(np.diff(probabilities[order], append=-1.0))  # of equal probabilities
    found = np.cumsum(times[:, order] * true[order], axis=1)[:, last]
    taken = np.cumsum(times[:, order] * ~true[order], axis=1)[:, last]
    new_found = np.diff(found, prepend=0.0, axis=1)
    new_taken = np.diff(taken, prepend=0.0, axis=1)
    area = (new_taken * (found - new_found / 2)).sum(1) / (positives * negatives)
    average = (new_found * found / np.maximum(found + taken, 1)).sum(1) / positives

    member = _bins(probabilities)[:, None] == np.arange(BINS)
    gap = np.abs((times * (probabilities - labels)) @ member)
    return {
        "accuracy": (hit + negatives - false_alarm) / (positives + negatives),
        "balanced_accuracy": (recall + specificity) / 2,
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / np.maximum(precision + recall, 1e-9),
        "roc_auc": area,
        "average_precision": average,
        "ece": gap.sum(1) / (positives + negatives),
    }


def _bins(probabilities: Floats) -> Labels:
    return np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)


def reliability(labels: Labels, probabilities: Floats) -> tuple[Floats, Floats, Labels]:
    """Return mean probability, share of fashion and number of photos of each bin that has any.

    There are 15 bins of equal width over the probability of fashion, in [0, 1]. The expected
    calibration error (Guo et al. 2017) is the mean distance of the first two, weighted by photos.
    This is the form for two classes: the bins are of the probability of fashion, not of the likelier
    answer, so that errors of the two sides can't cancel each other.
    """
    bins = _bins(probabilities)
    counts = np.bincount(bins, minlength=BINS)
    predicted = np.bincount(bins, probabilities, BINS)
    true = np.bincount(bins, labels, BINS)
    some = counts > 0
    return predicted[some] / counts[some], true[some] / counts[some], counts[some]


def share_right(right: NDArray[np.bool_], *, seed: int = 0) -> tuple[float, Interval]:
    """Return the share of photos that were judged right, and its 95% interval as in `intervals`."""
    rng = np.random.default_rng(seed)
    drawn = rng.choice(right, (RESAMPLES, len(right))).mean(axis=1)
    return float(right.mean()), _middle(drawn)


def _middle(values: Floats) -> Interval:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def best_threshold(labels: Labels, probabilities: Floats) -> float:
    """Return the threshold nearest to 0.5 with a balanced accuracy within a standard error of the best.

    This is the one-standard-error rule (Breiman et al. 1984, Classification and Regression Trees).
    Where nearly all answers are right, one or two photos decide the very best threshold, and it
    would be extreme for calibrated probabilities.
    """
    values = np.unique(np.concatenate([[0.0], probabilities, [1.0]]))
    cuts = np.append((values[1:] + values[:-1]) / 2, 0.5)
    positives, negatives = probabilities[labels == 1], probabilities[labels == 0]
    recall = 1 - np.searchsorted(np.sort(positives), cuts) / len(positives)
    specificity = np.searchsorted(np.sort(negatives), cuts) / len(negatives)
    balanced = (recall + specificity) / 2
    best = int(np.argmax(balanced))
    variance = recall[best] * (1 - recall[best]) / len(positives)
    variance += specificity[best] * (1 - specificity[best]) / len(negatives)
    good = cuts[balanced >= balanced[best] - np.sqrt(variance) / 2 - 1e-9]
    return float(good[np.argmin(np.abs(good - 0.5))])
