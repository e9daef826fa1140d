"""How good a ranking is. Functions of values; a gain is what a person got out of an outfit, at least 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def ndcg(ranked: Sequence[float], all_gains: Iterable[float], k: int) -> float:
    """Return the normalized discounted cumulative gain at k, in [0, 1] (Jarvelin and Kekalainen 2002), gains linear, discount log2.

    `ranked`: gains of the outfits in the order that is judged. `all_gains`: of all outfits that might have stood there.
    0 if there is nothing to gain.
    """
    ideal = _dcg(sorted(all_gains, reverse=True)[:k])
    return _dcg(ranked[:k]) / ideal if ideal > 0 else 0.0


def hit(ranked: Sequence[float], k: int) -> float:
    """Return 1 if there is anything to gain among the first k, else 0."""
    return float(any(gain > 0 for gain in ranked[:k]))


def coverage(lists: Iterable[Iterable[str]], catalog: int) -> float:
    """Return the share of `catalog` outfits that stand in any of the lists, in [0, 1]."""
    return len({name for one in lists for name in one}) / catalog if catalog else 0.0


def diversity(likeness: NDArray[np.float64]) -> float:
    """Return 1 minus the mean likeness of two different outfits of a list; `likeness` (n, n) in [0, 1]. 1 for one outfit."""
    n = len(likeness)
    if n < 2:
        return 1.0
    return float(1 - (likeness.sum() - np.trace(likeness)) / (n * (n - 1)))


def popularity_bias(ranked: Iterable[str], popularity: Mapping[str, float]) -> float:
    """Return the mean share of the catalog that is less popular than what was shown, in [0, 1]; ties count half, and 0.5 means no bias.

    `popularity`: of every outfit of the catalog.
    """
    order = np.sort(np.fromiter(popularity.values(), np.float64, len(popularity)))
    shown = np.array([popularity[name] for name in ranked])
    if not len(shown):
        return 0.5
    below = np.searchsorted(order, shown, "left") + np.searchsorted(order, shown, "right")
    return float((below / 2 / len(order)).mean())


def interval(
    values: Sequence[float], random: np.random.Generator, times: int = 1000
) -> tuple[float, float]:
    """Return the 95% interval of the mean, by drawing people with replacement (percentile bootstrap, Efron 1979)."""
    sample = np.asarray(values, dtype=np.float64)
    if not len(sample):
        return 0.0, 0.0
    means = [sample[random.integers(len(sample), size=len(sample))].mean() for _ in range(times)]
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def _dcg(gains: Sequence[float]) -> float:
    return float(sum(gain / np.log2(place + 2) for place, gain in enumerate(gains)))
