"""Which values are worn most, and which rise: shares, intervals, a shrunk bound on growth, a false-discovery limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc
from scipy.stats import false_discovery_control

from trends.core.counts import Counted, Counts, Span
from trends.core.observation import Stratum, Value

# Shrinks the ratio of small counts towards 1 (chosen among rankers on 400 heavy-tailed series: recall@10 .90).
SHRINK = 4.0
# One-sided 95%.
Z_RISE = 1.645
# Two-sided 95%.
Z_SHARE = 1.96
# The rate of false ones among the values that are said to rise (Benjamini and Hochberg 1995).
FALSE_DISCOVERY_RATE = 0.10

Floats = NDArray[np.float64]


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
    comparable: bool
    lift: float


@dataclass(frozen=True)
class Ranking:
    """The n values of a dimension that are told, in their own order; arrays (n,) of what RankedValue holds, in safe numbers.

    `withheld`: how many more there are in the weeks that the window touches.
    """

    values: Sequence[Value]
    count: Counted
    total: int
    baseline_count: Counted
    baseline_total: int
    rise: Floats
    rising: NDArray[np.bool_]
    comparable: bool
    lift: Floats
    withheld: int

    def by_share(self) -> NDArray[np.intp]:
        """Return the places of all, the greatest share first; equal ones by their values."""
        return np.argsort(-self.count, kind="stable")

    def by_rise(self) -> NDArray[np.intp]:
        """Return the places of those that rise, the greatest bound first; equal ones by their values."""
        risen = np.flatnonzero(self.rising)
        return np.asarray(risen[np.argsort(-self.rise[risen], kind="stable")])

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
            self.comparable,
            float(self.lift[place]),
        )


@dataclass(frozen=True)
class Growth:
    """Counts of n values in strata that have a baseline, arrays (n,).

    `now` in the window, `before` in the baseline, and `expected` now if each stratum had kept its share. `exposure` is the
    window's part of all contributor-days.
    """

    now: Counted
    before: Counted
    expected: Floats
    exposure: float

    def bound(self) -> Floats:
        """Return the lower bounds of the shrunk log ratio of now to expected; above 0 a value has grown."""
        spread = np.sqrt(1 / (self.now + SHRINK) + 1 / (self.before + 0.5))
        return np.asarray(np.log((self.now + SHRINK) / (self.expected + SHRINK)) - Z_RISE * spread)

    def p_values(self) -> Floats:
        """Return the chance of `now` or more if nothing grew: given now + before, the count of a steady value is binomial."""
        # A value that is new has no expected count: then it is the part of contributor-days that are now.
        known = self.before > 0
        chance_now = np.where(
            known, self.expected / np.where(known, self.expected + self.before, 1), self.exposure
        )
        # bdtrc(k, n, p) is the chance of more than k; of 0 or more it is certain.
        chance = bdtrc(
            np.maximum(self.now - 1, 0), np.maximum(self.now + self.before, 1), chance_now
        )
        return np.where(self.now > 0, chance, 1.0)


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


def significant(p_values: Floats) -> NDArray[np.bool_]:
    """Tell which hypotheses Benjamini and Hochberg's procedure rejects at FALSE_DISCOVERY_RATE."""
    return np.asarray(false_discovery_control(p_values, method="bh") <= FALSE_DISCOVERY_RATE)


def is_comparable(window: Span, baseline: Span) -> bool:
    """Tell whether one generation of models described all photos of both; the revision of the provenance does not matter."""
    models = {
        fact.order[1:]
        for span in (window, baseline)
        for facts in span.facts.values()
        for fact in facts
    }
    return len(models) <= 1


def dated_strata(window: Span, baseline: Span) -> set[Stratum]:
    """Return the strata in which every photo has a date of its own: days of a crawl would make false rises."""
    return {
        stratum
        for stratum in window.strata
        if all(fact.dated for span in (window, baseline) for fact in span.facts.get(stratum, ()))
    }


def rank_values(
    counts: Counts, window: Span, baseline: Span, dimension: int, min_support: int
) -> Ranking:
    """Rank every value of a dimension that the window shows. Both spans are of `counts` and of the same strata.

    `min_support`: contributor-days of window and baseline together that make a value a candidate for a rise.
    """
    places = counts.places(dimension)
    now, before = window.by_value[:, places], baseline.by_value[:, places]
    shown = now.sum(axis=0)
    rises, bounds = _rises(window, baseline, now, before, min_support)
    comparable = is_comparable(window, baseline)
    lifts = _lifts([counts.values[place] for place in places], shown)
    told = np.flatnonzero(shown)
    return Ranking(
        values=[counts.values[place] for place in places[told]],
        count=shown[told],
        total=int(window.totals.sum()),
        baseline_count=before.sum(axis=0)[told],
        baseline_total=int(baseline.totals.sum()),
        rise=bounds[told],
        rising=(rises & (bounds > 0))[told] & comparable,
        comparable=comparable,
        lift=lifts[told],
        withheld=int((np.asarray(window.present.any(axis=0))[places] & (shown == 0)).sum()),
    )


def _rises(
    window: Span, baseline: Span, now: Counted, before: Counted, min_support: int
) -> tuple[NDArray[np.bool_], Floats]:
    """Return which of n values rose significantly, and the bounds of their growth; `now` and `before` int64 (strata, n).

    By stratum, so that crawling more of one is not growth, and only in strata that can tell.
    """
    tells = dated_strata(window, baseline)
    here = np.array([s in tells for s in window.strata], np.bool_)
    here &= (window.totals > 0) & (baseline.totals > 0)
    if not here.any():
        return np.zeros(now.shape[1], np.bool_), np.zeros(now.shape[1])
    totals, totals_before = window.totals[here, None], baseline.totals[here, None]
    growth = Growth(
        now=now[here].sum(axis=0),
        before=before[here].sum(axis=0),
        expected=(before[here] / totals_before * totals).sum(axis=0),
        exposure=float(totals.sum() / (totals.sum() + totals_before.sum())),
    )
    support = growth.now + growth.before
    candidates = (support >= min_support) & (support > 0)
    rises = np.zeros(now.shape[1], np.bool_)
    rises[candidates] = significant(growth.p_values()[candidates])
    return rises, growth.bound()


def _lifts(values: Sequence[Value], shown: Counted) -> Floats:
    """Return how much more often a category and a color meet in one garment than by chance; 0 for a value that is not such a pair.

    A garment is a distinct (contributor-day, category, color), so that no contributor weighs more by posting more.
    """
    is_pair = np.array([bool(v.category and v.color) for v in values], np.bool_)
    if not is_pair.any():
        return np.zeros(len(values))
    _, item = np.unique([v.category for v in values], return_inverse=True)
    _, color = np.unique([v.color for v in values], return_inverse=True)
    count = np.where(is_pair, shown, 0)
    chance = np.bincount(item, count)[item] * np.bincount(color, count)[color]
    return np.asarray(count * count.sum() / np.maximum(chance, 1))
