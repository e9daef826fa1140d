"""Values over time, by day or by week; what fewer than K contributors show is withheld."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.core.counts import Counted, Counts, Span
from trends.core.observation import Value
from trends.core.ranking import K, wilson


@dataclass(frozen=True)
class Point:
    """One value on one day or in one week: of `total` contributors `count` showed it.

    If it is withheld, all but `start` and `total` is 0.
    """

    start: date
    total: int
    withheld: bool
    count: int = 0
    share: float = 0.0
    share_low: float = 0.0
    share_high: float = 0.0


@dataclass(frozen=True)
class SeriesRow:
    """A point of one value as a row of a table; the words are those of the contract in lower case, "" for none."""

    dimension: str
    category: str
    color_family: str
    style: str
    start: date
    count: int
    total: int
    share: float
    share_low: float
    share_high: float


def points(span: Span, place: int | None, weekly: bool) -> list[Point]:
    """Return the points of the value at `place` in `Counts.values` (None: it was never seen), oldest first.

    The first and the last week hold only the days in the span.
    """
    return [_point(start, counted, place) for start, counted in _steps(span, weekly)]


def rows(counts: Counts, span: Span, weekly: bool) -> Iterator[SeriesRow]:
    """Yield the points of every value that are not withheld, in the order of values, then oldest first."""
    steps = _steps(span, weekly)
    for value in sorted(counts.values[1:]):  # the first stands for everybody
        place = counts.place(value)
        for start, counted in steps:
            point = _point(start, counted, place)
            if not point.withheld:
                yield SeriesRow(
                    dimension=_word(trends_pb2.Dimension, value.dimension),
                    category=_word(fashion_pb2.Category, value.category),
                    color_family=value.color,
                    style=_word(fashion_pb2.Style, value.style),
                    start=point.start,
                    count=point.count,
                    total=point.total,
                    share=point.share,
                    share_low=point.share_low,
                    share_high=point.share_high,
                )


def daily_shares(counts: Counts, value: Value, spans: Sequence[Span]) -> tuple[float, ...]:
    """Return the value's share on each day of the spans, in their order; 0 on days without photos."""
    place = counts.place(value)
    daily = np.concatenate([span.daily.sum(axis=0) for span in spans])
    shown = daily[:, place] if place is not None else np.zeros(len(daily), np.int64)
    return tuple((shown / np.maximum(daily[:, 0], 1)).tolist())


def _steps(span: Span, weekly: bool) -> list[tuple[date, Counted]]:
    """Return the start of each day or week, and its contributors by value: int64 (values,)."""
    if weekly:
        return list(zip(span.mondays(), span.weekly, strict=True))
    return [
        (span.first + timedelta(days=day), counted)
        for day, counted in enumerate(span.daily.sum(axis=0))
    ]


def _point(start: date, counted: Counted, place: int | None) -> Point:
    count, total = 0 if place is None else int(counted[place]), int(counted[0])
    if count < K:
        return Point(start, total, withheld=True)
    return Point(start, total, False, count, count / total, *wilson(count, total))


def _word(enum: type[object], number: int) -> str:
    """Return the contract's name of a number without its prefix, in lower case; "" for 0."""
    if not number:
        return ""
    descriptor = enum.DESCRIPTOR  # type: ignore[attr-defined]
    prefix = len(descriptor.values_by_number[0].name) - len("UNSPECIFIED")
    return str(descriptor.values_by_number[number].name[prefix:].lower())
