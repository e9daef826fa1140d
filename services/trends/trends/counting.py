"""Distinct contributors by stratum, day and value, with references, so that every change can be taken back exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TypeVar

from trends.observation import Observation, Order, Record, Stratum, Value

K = TypeVar("K")


@dataclass
class DayCounts:
    """One stratum on one day. Counters hold references (photos); a count of contributors is a counter's length."""

    contributors: Counter[str] = field(default_factory=Counter)
    authored: Counter[bool] = field(default_factory=Counter)
    orders: Counter[Order] = field(default_factory=Counter)
    undated: int = 0
    values: dict[Value, Counter[str]] = field(default_factory=dict)
    observations: dict[str, Observation] = field(default_factory=dict)
    """By image_id: the photos behind the counts."""

    def add(self, image_id: str, observation: Observation) -> None:
        """Counts a photo that is not counted yet."""
        self.observations[image_id] = observation
        self.contributors[observation.contributor] += 1
        self.authored[observation.authored] += 1
        self.orders[observation.order] += 1
        self.undated += not observation.dated
        for value in observation.values():
            self.values.setdefault(value, Counter())[observation.contributor] += 1

    def remove(self, image_id: str) -> None:
        """Takes a counted photo back."""
        observation = self.observations.pop(image_id)
        _release(self.contributors, observation.contributor)
        _release(self.authored, observation.authored)
        _release(self.orders, observation.order)
        self.undated -= not observation.dated
        for value in observation.values():
            _release(self.values[value], observation.contributor)
            if not self.values[value]:
                del self.values[value]


def _release(counter: Counter[K], key: K) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


class Counts:
    """Every photo's newest record, and the counts derived from them. The order of calls doesn't matter to the result."""

    def __init__(self) -> None:
        self.days: dict[Stratum, dict[date, DayCounts]] = {}
        self.records: dict[str, Record] = {}
        self._posts: dict[tuple[str, str], set[str]] = {}
        self._erased: set[tuple[str, str]] = set()

    def put(self, record: Record) -> None:
        """Takes in a record unless a greater or equal one stands or its post is erased."""
        post = (record.site, record.post)
        standing = self.records.get(record.image_id)
        if post in self._erased or (standing and standing.order >= record.order):
            return
        if standing:
            self._uncount(standing)
        self.records[record.image_id] = record
        self._posts.setdefault(post, set()).add(record.image_id)
        if record.observation:
            days = self.days.setdefault(record.observation.stratum, {})
            days.setdefault(record.observation.day, DayCounts()).add(
                record.image_id, record.observation
            )

    def erase(self, site: str, post: str) -> None:
        """Forgets a post's photos for ever."""
        self._erased.add((site, post))
        for image_id in self._posts.pop((site, post), ()):
            self._uncount(self.records.pop(image_id))

    def with_hashtag(self, hashtag: str) -> Counts:
        """Counts of only the photos that carry the hashtag; every record is known to it, so that it can be kept current."""
        chosen = Counts()
        chosen._erased = set(self._erased)
        for record in self.records.values():
            chosen.put(record.only_with(hashtag))
        return chosen

    def _uncount(self, record: Record) -> None:
        if not record.observation:
            return
        stratum, day = record.observation.stratum, record.observation.day
        counts = self.days[stratum][day]
        counts.remove(record.image_id)
        if not counts.observations:
            del self.days[stratum][day]
            if not self.days[stratum]:
                del self.days[stratum]


class Span:
    """The days of some strata from `first` to `last`, both included."""

    def __init__(self, counts: Counts, strata: Iterable[Stratum], first: date, last: date) -> None:
        self.first, self.last = first, last
        self.strata: dict[Stratum, Mapping[date, DayCounts]] = {
            stratum: {day: c for day, c in counts.days[stratum].items() if first <= day <= last}
            for stratum in strata
        }

    def cells(self) -> Iterator[DayCounts]:
        """Every stratum's days."""
        for days in self.strata.values():
            yield from days.values()

    def totals(self) -> dict[Stratum, int]:
        """Contributor-days by stratum: a contributor counts once a day."""
        return {
            stratum: sum(len(c.contributors) for c in days.values())
            for stratum, days in self.strata.items()
        }

    def by_value(self, dimension: int) -> dict[Value, Counter[Stratum]]:
        """Contributor-days that show each value of a dimension, by stratum."""
        found: dict[Value, Counter[Stratum]] = {}
        for stratum, days in self.strata.items():
            for cell in days.values():
                for value, contributors in cell.values.items():
                    if value.dimension == dimension:
                        found.setdefault(value, Counter())[stratum] += len(contributors)
        return found

    def daily(self, value: Value) -> dict[date, int]:
        """Contributors that show the value on each day that has any."""
        found: Counter[date] = Counter()
        for days in self.strata.values():
            for day, cell in days.items():
                if value in cell.values:
                    found[day] += len(cell.values[value])
        return dict(found)

    @cached_property
    def daily_totals(self) -> dict[date, int]:
        """Contributors seen on each day that has any."""
        found: Counter[date] = Counter()
        for days in self.strata.values():
            for day, cell in days.items():
                found[day] += len(cell.contributors)
        return dict(found)

    def weekly(self, value: Value | None) -> dict[tuple[int, int], int]:
        """Distinct contributors that show the value (None: seen at all) in each ISO (year, week), over the days in the span."""
        seen: dict[tuple[int, int], set[tuple[Stratum, str]]] = {}
        for stratum, days in self.strata.items():
            for day, cell in days.items():
                who = cell.contributors if value is None else cell.values.get(value, Counter())
                week = day.isocalendar()
                seen.setdefault((week.year, week.week), set()).update((stratum, w) for w in who)
        return {week: len(people) for week, people in seen.items()}

    def hides(self, value: Value, k: int) -> bool:
        """Whether fewer than k contributors show the value on its best day and in its best week: then it is not told."""
        if max(self.daily(value).values(), default=0) >= k:
            return False
        return max(self.weekly(value).values(), default=0) < k
