"""Whether the change of a category, a color or a pattern is that of one kind of garment: "red trousers" is told, not "red" too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from snsfashion.trends.v1 import trends_pb2
from trends.core.counts import Counted, Counts
from trends.core.growth import Changed, Comparison, Test
from trends.core.observation import Value

# The dimensions that are more specific.
_FINER: dict[int, tuple[int, ...]] = {
    trends_pb2.DIMENSION_ITEM: (
        trends_pb2.DIMENSION_ITEM_COLOR,
        trends_pb2.DIMENSION_ITEM_PATTERN,
    ),
    trends_pb2.DIMENSION_COLOR: (trends_pb2.DIMENSION_ITEM_COLOR,),
    trends_pb2.DIMENSION_PATTERN: (trends_pb2.DIMENSION_ITEM_PATTERN,),
}


def explain(
    counts: Counts, compared: Comparison, dimension: int, changed: Changed, test: Test
) -> list[Value | None]:
    """Return what explains the change of each value of a dimension, in the order of `Counts.places`; None if nothing does.

    `changed` is what `test` says of them. The counts of all more specific values that changed are taken away; if what is left
    has not changed by the same test, the strongest of them explains it. Counts of a person who shows two of them are taken
    away twice, so the rest may be too small, never too large.
    """
    found: list[Value | None] = [None] * len(changed.certain)
    strongest = np.full(len(found), -np.inf)
    if not changed.certain.any():
        return found
    places = counts.places(dimension)
    row = {counts.values[place]: i for i, place in enumerate(places)}
    for finer in _FINER.get(dimension, ()):
        pairs = counts.places(finer)
        parts = compared.window.by_value[:, pairs], compared.baseline.by_value[:, pairs]
        moved = test(pairs, *parts)
        chosen = np.flatnonzero(moved.certain)
        whole = np.array(
            [row[_coarse(counts.values[pairs[i]], dimension)] for i in chosen], np.intp
        )
        rest = test(
            places,
            _without(compared.window.by_value[:, places], whole, parts[0][:, chosen]),
            _without(compared.baseline.by_value[:, places], whole, parts[1][:, chosen]),
        )
        for i, value in zip(whole.tolist(), chosen.tolist(), strict=True):
            is_explained = changed.certain[i] and not rest.certain[i]
            if is_explained and moved.bound[value] > strongest[i]:
                strongest[i], found[i] = moved.bound[value], counts.values[pairs[value]]
    return found


def unexplained(changed: Changed, explanations: Sequence[Value | None]) -> NDArray[np.bool_]:
    """Tell which values have changed by themselves: bool (n,)."""
    return changed.certain & np.array([value is None for value in explanations], np.bool_)


def _coarse(value: Value, dimension: int) -> Value:
    if dimension == trends_pb2.DIMENSION_ITEM:
        return Value(dimension, value.category)
    return Value(dimension, color=value.color, pattern=value.pattern)


def _without(counted: Counted, whole: NDArray[np.intp], parts: Counted) -> Counted:
    """Return counts without those of their parts; `whole` is the column that each part belongs to."""
    rest = counted.T.copy()
    np.subtract.at(rest, whole, parts.T)
    return np.maximum(rest.T, 0)
