"""Figures of a yes/no classifier."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Interval = tuple[float, float]

BINS = 15  # of the calibration error, as in Guo et al. 2017
RESAMPLES = 1000


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
    average_precision: float
    ece: float


def figures(labels: Labels, probabilities: Floats, threshold: float) -> Figures:
    """Figures at a threshold; needs both classes."""
    from sklearn.metrics import average_precision_score, roc_auc_score

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
        roc_auc=float(roc_auc_score(labels, probabilities)),
        average_precision=float(average_precision_score(labels, probabilities)),
        ece=expected_calibration_error(labels, probabilities),
    )


def reliability(labels: Labels, probabilities: Floats) -> tuple[Floats, Floats, Labels]:
    """Mean probability, share of fashion and number of photos of each bin that has any.

    15 bins of equal width over the probability of fashion, in [0, 1].
    """
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    said = np.bincount(bins, probabilities, BINS)
    true = np.bincount(bins, labels, BINS)
    some = counts > 0
    return said[some] / counts[some], true[some] / counts[some], counts[some]


def expected_calibration_error(labels: Labels, probabilities: Floats) -> float:
    """Mean distance of probability and share of fashion over the bins, by their photos (Guo et al. 2017).

    The form for two classes: bins of the probability of fashion, not of the likelier answer, so
    that errors of the two sides can't cancel out.
    """
    said, true, counts = reliability(labels, probabilities)
    return float(np.abs(said - true) @ counts / counts.sum())


def intervals(
    labels: Labels, probabilities: Floats, threshold: float, *, seed: int = 0
) -> dict[str, Interval]:
    """The middle 95% of each figure over 1000 draws of as many photos, with replacement.

    Fashion and the rest are drawn apart, so that each draw has both.
    """
    rng = np.random.default_rng(seed)
    parts = [np.flatnonzero(labels == label) for label in (0, 1)]
    rows = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([rng.choice(part, len(part)) for part in parts])
        rows.append(asdict(figures(labels[drawn], probabilities[drawn], threshold)))
    return {
        name: _middle(np.array([row[name] for row in rows]))
        for name in rows[0]
        if name not in ("support", "positives")
    }


def share_right(right: NDArray[np.bool_], *, seed: int = 0) -> tuple[float, Interval]:
    """Share of photos that were judged right, and its 95% interval as in `intervals`."""
    rng = np.random.default_rng(seed)
    drawn = rng.choice(right, (RESAMPLES, len(right))).mean(axis=1)
    return float(right.mean()), _middle(drawn)


def _middle(values: Floats) -> Interval:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


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
