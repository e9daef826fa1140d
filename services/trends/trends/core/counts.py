"""Safe numbers of contributors by stratum, day and value: what cells add up to, and what answers are read from.

Exact counts are in the tallies alone, which nothing but `Counts` reads (`core.disclosure`). The cost of a query is values x days,
never photos.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from snsfashion.trends.v1 import trends_pb2
from trends.core.cell import ANYONE, Cell, CellKey, Fact, Tally
from trends.core.disclosure import K, round_down, safe_days
from trends.core.observation import OFFERED, TOGETHER, Stratum, Value

Counted = NDArray[np.int64]


@dataclass(frozen=True)
class Week:
    """One stratum's ISO week, over all shards, in safe numbers; values are those of `Counts.values` so far.

    `days` int64 (7, values): contributors of each weekday. `distinct` int64 (values,): those of the whole week. `present` bool
    (values,): whether anybody shows the value. `facts`: what is known of the week's photos; none if too few people posted.
    `offers` int64 (values,): exact, and 0 but for what shops offer.
    """

    days: Counted
    distinct: Counted
    offers: Counted
    present: NDArray[np.bool_]
    facts: frozenset[Fact]


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

    def days(self, strata: Iterable[Stratum]) -> tuple[date, date] | None:
        """Return the first and the last day of which the total of all people is told; None if there is none."""
        found = [
            day
            for stratum in strata
            for backwards in (False, True)
            if (day := self._end(stratum, backwards))
        ]
        return (min(found), max(found)) if found else None

    def _end(self, stratum: Stratum, backwards: bool) -> date | None:
        """Return the first day of which a stratum's total is told, or the last one."""
        for monday in sorted(self._strata.get(stratum, ()), reverse=backwards):
            week = self.week(stratum, monday)
            if week is not None and week.days[:, 0].any():
                told = np.flatnonzero(week.days[:, 0])
                return monday + timedelta(days=int(told[-1 if backwards else 0]))
        return None

    def places(self, dimension: int) -> NDArray[np.intp]:
        """Return the places in `values` of a dimension's values, in the order of these."""
        return np.array(self._dimensions.get(dimension, ()), np.intp)

    @property
    def families(self) -> list[str]:
        """The color families that were ever seen."""
        return [self.values[place].color for place in self.places(trends_pb2.DIMENSION_COLOR)]

    def place(self, value: Value) -> int | None:
        """Return the place in `values`, or None if the value was never seen."""
        return self._place.get(value)

    def week(self, stratum: Stratum, monday: date) -> Week | None:
        """Return what a stratum shows in a week; None if it has no photo there."""
        key = (stratum, monday)
        if key not in self._weeks and key in self._tallies:
            self._weeks[key] = self._summed(self._tallies[key].values())
        return self._weeks.get(key)

    def offers(self, strata: Iterable[Stratum], places: NDArray[np.intp]) -> Counted:
        """Return how many photos of shops offer the values at `places` now: int64 (n,)."""
        found = np.zeros(len(self.values), np.int64)
        for stratum in strata:
            for monday in self._strata[stratum]:
                week = self.week(stratum, monday)
                if week is not None:
                    found[: len(week.offers)] += week.offers
        return found[places]

    def _summed(self, tallies: Iterable[Tally]) -> Week:
        found = list(tallies)
        places = [np.array([self._place[v] for v in t.values], np.intp)[t.value] for t in found]
        pairs = np.concatenate(places) * 128 + np.concatenate([t.mask for t in found])
        distinct, row = np.unique(pairs, return_inverse=True)
        count = np.bincount(row, np.concatenate([t.count for t in found])).astype(np.int64)
        value, mask = distinct // 128, distinct % 128
        days = np.zeros((7, len(self.values)), np.int64)
        for day in range(7):
            inside = (mask >> day) & 1 == 1
            days[day] = np.bincount(value[inside], count[inside], len(self.values))
        people = np.bincount(value, count, len(self.values)).astype(np.int64)
        is_told = people[self._place[ANYONE]] >= K
        facts = frozenset[Fact]().union(*(t.facts for t in found)) if is_told else frozenset[Fact]()
        is_offer = np.array([OFFERED <= v.dimension < TOGETHER for v in self.values], np.bool_)
        offers = np.where(is_offer, people, 0)
        return Week(safe_days(days, people), round_down(people), offers, people > 0, facts)

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
    """The days of some strata from `first` to `last`, both included, in safe numbers."""

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
        """Contributors of each day: int64 (strata, days, values)."""
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
        """Contributors of each whole ISO week that the span touches: int64 (weeks, values)."""
        return self._over_weeks(lambda week: week.distinct)

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Whether anybody shows a value in each whole ISO week that the span touches: bool (weeks, values)."""
        return np.asarray(self._over_weeks(lambda week: week.present.astype(np.int64)) > 0)

    @cached_property
    def weeks_present(self) -> Counted:
        """In how many of the whole ISO weeks that the span touches anybody shows a value: int64 (strata, values)."""
        found = np.zeros((len(self.strata), self._values), np.int64)
        row = {stratum: i for i, stratum in enumerate(self.strata)}
        for (stratum, _), week in self._weeks.items():
            found[row[stratum], : len(week.present)] += week.present
        return found

    def week(self, stratum: Stratum, monday: date) -> Week | None:
        """Return a week that the span touches; None if the stratum has no photo there."""
        return self._weeks.get((stratum, monday))

    def _over_weeks(self, part: Callable[[Week], Counted]) -> Counted:
        summed = np.zeros((len(list(self.mondays())), self._values), np.int64)
        for row, monday in enumerate(self.mondays()):
            for stratum in self.strata:
                if week := self._weeks.get((stratum, monday)):
                    counted = part(week)
                    summed[row, : len(counted)] += counted
        return summed

    @cached_property
    def by_value(self) -> Counted:
        """Contributor-days that show each value: int64 (strata, values). A contributor counts once a day."""
        return np.asarray(self.daily.sum(axis=1))

    @property
    def totals(self) -> Counted:
        """Contributor-days of each stratum: int64 (strata,)."""
        return np.asarray(self.by_value[:, 0])

    @cached_property
    def facts(self) -> dict[Stratum, set[Fact]]:
        """What is known of the photos of each stratum in the weeks that the span touches."""
        found: dict[Stratum, set[Fact]] = {stratum: set() for stratum in self.strata}
        for (stratum, _), week in self._weeks.items():
            found[stratum].update(week.facts)
        return found
