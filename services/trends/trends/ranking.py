"""Which values are worn most, and which rise: shares, intervals, a shrunk bound on growth, a false-discovery limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import log, sqrt

import numpy as np
from scipy.stats import binom

from trends.counting import Span
from trends.observation import Stratum, Value

# k-anonymity: a value that fewer contributors show on its best day or week is withheld.
K = 5
# Shrinks the ratio of small counts towards 1 (chosen among rankers on 400 heavy-tailed series: recall@10 .90).
SHRINK = 4.0
# One-sided 95%.
Z_RISE = 1.645
# Two-sided 95%.
Z_SHARE = 1.96
# Part of false ones among the values said to rise (Benjamini and Hochberg 1995).
FALSE_DISCOVERY_RATE = 0.10


@dataclass(frozen=True)
class Row:
    """One value with its numbers; the fields are those of the contract's `Trend`; see `series` for that."""

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
    """Rows, greatest share first, and how many more are withheld because too few contributors show them."""

    rows: tuple[Row, ...]
    withheld: int


@dataclass(frozen=True)
class Growth:
    """A value's counts in strata that have a baseline: `now` in the window, `before` in the baseline, and `expected`
    now if each stratum had kept its share. `exposure` is the window's part of all contributor-days."""

    now: int
    before: int
    expected: float
    exposure: float

    def bound(self) -> float:
        """Lower bound of the shrunk log ratio of now to expected; above 0 it has grown."""
        spread = sqrt(1 / (self.now + SHRINK) + 1 / (self.before + 0.5))
        return log((self.now + SHRINK) / (self.expected + SHRINK)) - Z_RISE * spread

    @property
    def part(self) -> float:
        """The part of now + before that would be now if nothing grew."""
        return self.expected / (self.expected + self.before) if self.before else self.exposure


def wilson(count: int, total: int) -> tuple[float, float]:
    """95% interval of the share count / total (Wilson 1927); (0, 1) if total is 0."""
    if not total:
        return 0.0, 1.0
    share, z2 = count / total, Z_SHARE**2 / total
    middle = (share + z2 / 2) / (1 + z2)
    half = Z_SHARE * sqrt(share * (1 - share) / total + z2 / 4 / total) / (1 + z2)
    return max(0.0, middle - half), min(1.0, middle + half)


def p_values(growths: Sequence[Growth]) -> list[float]:
    """For each, the chance of `now` or more if nothing grew: given their sum, the counts of a steady value are binomial."""
    now = np.array([g.now for g in growths])
    total = np.array([g.now + g.before for g in growths])
    part = np.array([g.part for g in growths])
    return [float(p) for p in binom.sf(now - 1, total, part)]


def significant(p_values: Sequence[float]) -> list[bool]:
    """Which hypotheses Benjamini and Hochberg's procedure rejects at FALSE_DISCOVERY_RATE."""
    ranked = sorted(p_values)
    limit = max(
        (p for i, p in enumerate(ranked, 1) if p <= FALSE_DISCOVERY_RATE * i / len(ranked)),
        default=-1.0,
    )
    return [p <= limit for p in p_values]


def comparable(window: Span, baseline: Span) -> bool:
    """Whether one generation of models described all photos of both; the revision of the provenance is no matter."""
    models = {
        rank[1:] for span in (window, baseline) for cell in span.cells() for rank in cell.orders
    }
    return len(models) <= 1


def dated(window: Span, baseline: Span) -> set[Stratum]:
    """The strata in which every photo has a date of its own: days of a crawl would make false rises."""
    return {
        stratum
        for stratum in window.strata
        if not any(
            cell.undated
            for span in (window, baseline)
            for cell in span.strata.get(stratum, {}).values()
        )
    }


def rank(window: Span, baseline: Span, dimension: int, min_support: int) -> Ranking:
    """Ranks every value of a dimension that the window shows.

    `min_support`: contributor-days of window and baseline together that make a value a candidate for a rise.
    """
    now, before = window.by_value(dimension), baseline.by_value(dimension)
    totals, totals_before = window.totals(), baseline.totals()
    tells_growth = [s for s in dated(window, baseline) if totals.get(s) and totals_before.get(s)]
    growths = {
        value: _growth(
            now.get(value, Counter()),
            before.get(value, Counter()),
            {s: totals[s] for s in tells_growth},
            {s: totals_before[s] for s in tells_growth},
        )
        for value in {*now, *before}
    }
    candidates = {v: g for v, g in growths.items() if g and g.now + g.before >= min_support}
    verdicts = significant(p_values(list(candidates.values())))
    grown = {value for value, yes in zip(candidates, verdicts, strict=True) if yes}
    tellable = comparable(window, baseline)
    total, total_before = sum(totals.values()), sum(totals_before.values())
    lifts = _lifts(now)
    rows = []
    for value, strata in now.items():
        if window.hides(value, K):
            continue
        count, count_before = strata.total(), before.get(value, Counter()).total()
        low, high = wilson(count, total)
        growth = growths[value]
        bound = growth.bound() if growth else 0.0
        rows.append(
            Row(
                value,
                count,
                count / total,
                low,
                high,
                count_before,
                count_before / total_before if total_before else 0.0,
                bound,
                tellable and value in grown and bound > 0,
                tellable,
                lifts.get(value, 0.0),
            )
        )
    rows.sort(key=lambda row: (-row.count, row.value))
    return Ranking(tuple(rows), withheld=len(now) - len(rows))


def rising(rows: Sequence[Row]) -> list[Row]:
    """Only what rises, the greatest bound first."""
    return sorted((row for row in rows if row.rising), key=lambda row: (-row.rise, row.value))


def _growth(
    now: Counter[Stratum],
    before: Counter[Stratum],
    totals: Mapping[Stratum, int],
    totals_before: Mapping[Stratum, int],
) -> Growth | None:
    """By stratum, so that crawling more of one is no growth. `totals`: of the strata that can tell; None if none can."""
    if not totals:
        return None
    total, total_before = sum(totals.values()), sum(totals_before.values())
    return Growth(
        now=sum(now[s] for s in totals),
        before=sum(before[s] for s in totals),
        expected=sum(before[s] / totals_before[s] * totals[s] for s in totals),
        exposure=total / (total + total_before),
    )


def series(value: Value, baseline: Span, window: Span) -> tuple[float, ...]:
    """Share of each day of baseline and window, oldest first; 0 on days without photos."""
    shares = []
    for span in (baseline, window):
        shown, seen = span.daily(value), span.daily_totals
        for offset in range((span.last - span.first).days + 1):
            day = span.first + timedelta(days=offset)
            shares.append(shown.get(day, 0) / seen[day] if day in seen else 0.0)
    return tuple(shares)


def _lifts(now: Mapping[Value, Counter[Stratum]]) -> dict[Value, float]:
    """How much more often a category and a colour meet in one garment than by chance.

    A garment is a distinct (contributor-day, category, colour), so that no contributor weighs more by posting more.
    """
    pairs = {
        value: strata.total() for value, strata in now.items() if value.category and value.color
    }
    items: Counter[int] = Counter()
    colors: Counter[str] = Counter()
    for value, count in pairs.items():
        items[value.category] += count
        colors[value.color] += count
    total = sum(pairs.values())
    return {
        value: count * total / (items[value.category] * colors[value.color])
        for value, count in pairs.items()
    }
