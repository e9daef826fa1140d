"""Which values are worn most, and which rise or fall: shares and their intervals, orders and rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from trends.core.counts import Counted, Counts, Span
from trends.core.explaining import explain, unexplained
from trends.core.growth import Comparison, Floats
from trends.core.observation import Value

# Two-sided 95%.
Z_SHARE = 1.96


@dataclass(frozen=True)
class RankedValue:
    """One value with its numbers; the fields are those of the contract's `Trend`, without `series`."""

    value: Value
    count: int
    share: float
    share_low: float
    share_high: float
    baseline_count: int
    baseline_share: float
    rise: float
    rising: bool
    fall: float
    falling: bool
    explained_by: Value | None
    comparable: bool
    lift: float


@dataclass(frozen=True)
class Ranking:
    """The n values of a dimension that are told, in their own order; arrays (n,) of what RankedValue holds, in safe numbers.

    What the baseline alone shows can only have fallen: its count is 0.

    `withheld`: how many more there are in the weeks that the window touches.
    """

    values: Sequence[Value]
    count: Counted
    total: int
    baseline_count: Counted
    baseline_total: int
    rise: Floats
    rising: NDArray[np.bool_]
    fall: Floats
    falling: NDArray[np.bool_]
    explained_by: Sequence[Value | None]
    comparable: bool
    lift: Floats
    withheld: int

    def by_share(self) -> NDArray[np.intp]:
        """Return the places of those that the window shows, the greatest share first; equal ones by their values."""
        shown = np.flatnonzero(self.count)
        return np.asarray(shown[np.argsort(-self.count[shown], kind="stable")])

    def by_rise(self) -> NDArray[np.intp]:
        """Return the places of those that rise, the greatest bound first; equal ones by their values."""
        risen = np.flatnonzero(self.rising)
        return np.asarray(risen[np.argsort(-self.rise[risen], kind="stable")])

    def by_fall(self) -> NDArray[np.intp]:
        """Return the places of those that fall, the greatest bound first; equal ones by their values."""
        fallen = np.flatnonzero(self.falling)
        return np.asarray(fallen[np.argsort(-self.fall[fallen], kind="stable")])

    def by_growth(self) -> NDArray[np.intp]:
        """Return the places of those that may rise: whose bound is above 0, the greatest first; equal ones by their values."""
        grown = np.flatnonzero((self.rise > 0) & self.comparable)
        return np.asarray(grown[np.argsort(-self.rise[grown], kind="stable")])

    def rows(self, places: NDArray[np.intp]) -> list[RankedValue]:
        """Return the values at these places."""
        return [self._row(place) for place in places.tolist()]

    def _row(self, place: int) -> RankedValue:
        count, before = int(self.count[place]), int(self.baseline_count[place])
        return RankedValue(
            self.values[place],
            count,
            part(count, self.total),
            *wilson(count, self.total),
            before,
            part(before, self.baseline_total),
            float(self.rise[place]),
            bool(self.rising[place]),
            float(self.fall[place]),
            bool(self.falling[place]),
            self.explained_by[place],
            self.comparable,
            float(self.lift[place]),
        )


def part(count: int, total: int) -> float:
    """Return the share count / total, at most 1: safe numbers of a part may be above those of the whole."""
    return count / max(count, total, 1)


def wilson(count: int, total: int) -> tuple[float, float]:
    """Return the 95% interval of the share `part(count, total)` (Wilson 1927); (0, 1) if both are 0."""
    total = max(count, total)
    if not total:
        return 0.0, 1.0
    share, z2 = count / total, Z_SHARE**2 / total
    middle = (share + z2 / 2) / (1 + z2)
    half = Z_SHARE * sqrt(share * (1 - share) / total + z2 / 4 / total) / (1 + z2)
    # At the ends the formula gives 0 and 1, except for rounding.
    return min(max(0.0, middle - half), share), max(min(1.0, middle + half), share)


def rank_values(
    counts: Counts, window: Span, baseline: Span, dimension: int, min_support: int
) -> Ranking:
    """Rank every value of a dimension that the window or the baseline shows. Both spans are of `counts` and of the same strata.

    `min_support`: contributor-days of window and baseline together that make a value a candidate for a rise or a fall.
    """
    places = counts.places(dimension)
    now, before = window.by_value[:, places], baseline.by_value[:, places]
    shown, shown_before = now.sum(axis=0), before.sum(axis=0)
    compared = Comparison(window, baseline, min_support)
    rises, falls = compared.rises(places, now, before), compared.falls(places, now, before)
    why_up = explain(counts, compared, dimension, rises, compared.rises)
    why_down = explain(counts, compared, dimension, falls, compared.falls)
    values = [counts.values[place] for place in places]
    told = np.flatnonzero((shown > 0) | (shown_before > 0))
    return Ranking(
        values=[values[i] for i in told],
        count=shown[told],
        total=int(window.totals.sum()),
        baseline_count=shown_before[told],
        baseline_total=int(baseline.totals.sum()),
        rise=rises.bound[told],
        rising=unexplained(rises, why_up)[told],
        fall=falls.bound[told],
        falling=unexplained(falls, why_down)[told],
        explained_by=[why_up[i] or why_down[i] for i in told],
        comparable=compared.comparable,
        lift=_lifts(values, shown)[told],
        withheld=int((np.asarray(window.present.any(axis=0))[places] & (shown == 0)).sum()),
    )


def _lifts(values: Sequence[Value], shown: Counted) -> Floats:
    """Return how much more often a category meets a color or pattern in one garment than by chance; 0 for what is not a pair.

    A garment is a distinct (contributor-day, category, color or pattern), so that no contributor weighs more by posting more.
    """
    is_pair = np.array([bool(v.category and (v.color or v.pattern)) for v in values], np.bool_)
    if not is_pair.any():
        return np.zeros(len(values))
    _, item = np.unique([v.category for v in values], return_inverse=True)
    _, other = np.unique([v.color or str(v.pattern) for v in values], return_inverse=True)
    count = np.where(is_pair, shown, 0)
    chance = np.bincount(item, count)[item] * np.bincount(other, count)[other]
    return np.asarray(count * count.sum() / np.maximum(chance, 1))
