"""Distinct contributors by stratum, day and value: what cells add up to, and what answers are read from.

The cost of a query is values x days, never photos.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from trends.core.cell import ANYONE, Cell, CellKey, Fact, Tally
from trends.core.observation import Stratum, Value

Counted = NDArray[np.int64]
_ALL_DAYS = 127


@dataclass(frozen=True)
class Week:
    """One stratum's ISO week, over all shards. `value`, `mask` and `count` as in Tally, but `value` numbers `Counts.values`.

    `days` int64 (7, values so far): distinct contributors of each weekday.
    """

    value: NDArray[np.intp]
    mask: NDArray[np.uint8]
    count: Counted
    days: Counted
    facts: frozenset[Fact]

    def contributors(self, days: int, values: int) -> Counted:
        """Return the distinct contributors over the weekdays whose bits are set in `days`: int64 (values,)."""
        inside = (self.mask & days) != 0
        return np.asarray(np.bincount(self.value[inside], self.count[inside], values), np.int64)


class Counts:
    """The sum of all cells, kept as tallies of a week each."""

    def __init__(self) -> None:
        self.values: list[Value] = [ANYONE]
        """The values that were ever seen; counts are numbered by their place here."""
        self._place = {ANYONE: 0}
        self._dimensions: dict[int, list[int]] = {}
        self._tallies: dict[tuple[Stratum, date], dict[int, Tally]] = {}
        self._weeks: dict[tuple[Stratum, date], Week] = {}
        self._strata: dict[Stratum, set[date]] = {}

    @property
    def strata(self) -> list[Stratum]:
        """Those in which any photo counts, sorted."""
        return sorted(self._strata)

    def put(self, cells: Mapping[CellKey, Cell]) -> None:
        """Take cells in place of those of the same key; an empty one counts nothing."""
        for (stratum, week, shard), cell in cells.items():
            shards = self._tallies.setdefault((stratum, week), {})
            shards.pop(shard, None)
            if cell:
                shards[shard] = cell.tally
                for value in cell.values:
                    self._number(value)
                self._strata.setdefault(stratum, set()).add(week)
            if not shards:
                del self._tallies[stratum, week]
                weeks = self._strata.get(stratum, set())
                weeks.discard(week)
                if not weeks:
                    self._strata.pop(stratum, None)
            self._weeks.pop((stratum, week), None)

    def places(self, dimension: int) -> NDArray[np.intp]:
        """Return the places in `values` of a dimension's values, in the order of these."""
        return np.array(self._dimensions.get(dimension, ()), np.intp)

    def place(self, value: Value) -> int | None:
        """Return the place in `values`, or None if the value was never seen."""
        return self._place.get(value)

    def week(self, stratum: Stratum, monday: date) -> Week | None:
        """Return what a stratum shows in a week; None if it has no photo there."""
        key = (stratum, monday)
        if key not in self._weeks and key in self._tallies:
            self._weeks[key] = self._summed(self._tallies[key].values())
        return self._weeks.get(key)

    def _summed(self, tallies: Iterable[Tally]) -> Week:
        found = list(tallies)
        places = [np.array([self._place[v] for v in t.values], np.intp)[t.value] for t in found]
        pairs = np.concatenate(places) * 128 + np.concatenate([t.mask for t in found])
        distinct, row = np.unique(pairs, return_inverse=True)
        count = np.bincount(row, np.concatenate([t.count for t in found])).astype(np.int64)
        value, mask = distinct // 128, (distinct % 128).astype(np.uint8)
        days = np.zeros((7, len(self.values)), np.int64)
        for day in range(7):
            inside = (mask >> day) & 1 == 1
            days[day] = np.bincount(value[inside], count[inside], len(self.values))
        return Week(value, mask, count, days, frozenset().union(*(t.facts for t in found)))

    def _number(self, value: Value) -> None:
        if value not in self._place:
            self._place[value] = len(self.values)
            self.values.append(value)
            insort(
                self._dimensions.setdefault(value.dimension, []),
                self._place[value],
                key=self.values.__getitem__,
            )


class Span:
    """The days of some strata from `first` to `last`, both included."""

    def __init__(self, counts: Counts, strata: Sequence[Stratum], first: date, last: date) -> None:
        self.first, self.last = first, last
        self.strata = list(strata)
        self._weeks = {
            (stratum, monday): week
            for stratum in self.strata
            for monday in self.mondays()
            if (week := counts.week(stratum, monday)) is not None
        }
        self._values = len(counts.values)

    def mondays(self) -> Iterator[date]:
        """Yield the Monday of each ISO week that the span touches."""
        monday = self.first - timedelta(days=self.first.weekday())
        while monday <= self.last:
            yield monday
            monday += timedelta(days=7)

    @cached_property
    def daily(self) -> Counted:
        """Distinct contributors: int64 (strata, days, values)."""
        daily = np.zeros(
            (len(self.strata), (self.last - self.first).days + 1, self._values), np.int64
        )
        row = {stratum: i for i, stratum in enumerate(self.strata)}
        for (stratum, monday), week in self._weeks.items():
            start = (monday - self.first).days
            inside = range(max(start, 0), min(start + 7, daily.shape[1]))
            part = week.days[inside.start - start : inside.stop - start]
            daily[row[stratum], inside.start : inside.stop, : part.shape[1]] = part
        return daily

    @cached_property
    def weekly(self) -> Counted:
        """Distinct contributors of each ISO week, over the days of it that are in the span: int64 (weeks, values)."""
        return np.array(
            [
                sum(
                    (
                        self._weeks[stratum, monday].contributors(self._days(monday), self._values)
                        for stratum in self.strata
                        if (stratum, monday) in self._weeks
                    ),
                    start=np.zeros(self._values, np.int64),
                )
                for monday in self.mondays()
            ]
        )

    @cached_property
    def by_value(self) -> Counted:
        """Contributor-days that show each value: int64 (strata, values). A contributor counts once a day."""
        return np.asarray(self.daily.sum(axis=1))

    @property
    def totals(self) -> Counted:
        """Contributor-days of each stratum: int64 (strata,)."""
        return np.asarray(self.by_value[:, 0])

    @cached_property
    def best(self) -> Counted:
        """Contributors that show each value on its best day or in its best week, over all strata: int64 (values,)."""
        days = self.daily.sum(axis=0).max(axis=0, initial=0)
        return np.asarray(np.maximum(days, self.weekly.max(axis=0)))

    @cached_property
    def facts(self) -> dict[Stratum, set[Fact]]:
        """What is known of the photos of each stratum on the days of the span."""
        found: dict[Stratum, set[Fact]] = {stratum: set() for stratum in self.strata}
        for (stratum, monday), week in self._weeks.items():
            days = self._days(monday)
            found[stratum].update(fact for fact in week.facts if days >> fact.day & 1)
        return found

    def _days(self, monday: date) -> int:
        """Return the weekdays of a week that are in the span, as bits."""
        before = max((self.first - monday).days, 0)
        after = max((monday - self.last).days + 6, 0)
        return _ALL_DAYS >> after & (_ALL_DAYS << before)
