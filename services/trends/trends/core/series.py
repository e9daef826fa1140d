"""Values over time, by day or by week, in safe numbers (`core.disclosure`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.core.counts import Counts, Span
from trends.core.disclosure import K, at_least
from trends.core.observation import OFFERED
from trends.core.ranking import wilson

TREND_DAYS = 7
"""Days that each point of a trend's series holds."""


@dataclass(frozen=True)
class Point:
    """One value on one day or in one week: of `total` contributors `count` showed it, in safe numbers.

    If it is withheld, all but `start` and `total` is 0; a day's total is 0 too if it can't be told. `partial`: the week is not
    over, or has days that were not asked for; it is told as a whole all the same.
    """

    start: date
    total: int
    withheld: bool
    partial: bool = False
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
    pattern: str
    start: date
    count: int | None
    """A multiple of K; None where withheld, 0 where nobody shows the value."""
    total: int | None
    """None where too few people posted for it to be told."""
    share: float | None
    share_low: float | None
    share_high: float | None
    withheld: bool
    partial: bool


def points(span: Span, place: int | None, weekly: bool, today: date) -> list[Point]:
    """Return the points of the value at `place` in `Counts.values` (None: it was never seen), oldest first.

    Weeks are whole ones: a week is told alike whichever of its days are asked for, so that no two answers differ by a few
    days. What ends after `today` or today is partial.
    """
    return _weeks(span, place, today) if weekly else _days(span, place, today)


def rows(counts: Counts, span: Span, weekly: bool, today: date) -> Iterator[SeriesRow]:
    """Yield a row for each value and each day or week, in the order of values, then oldest first."""
    # The first stands for everybody; offers have no series.
    for value in sorted(v for v in counts.values[1:] if v.dimension < OFFERED):
        for point in points(span, counts.place(value), weekly, today):
            told = not point.withheld
            has_share = told and point.total > 0
            yield SeriesRow(
                dimension=_word(trends_pb2.Dimension, value.dimension),
                category=_word(fashion_pb2.Category, value.category),
                color_family=value.color,
                style=_word(fashion_pb2.Style, value.style),
                pattern=_word(fashion_pb2.Pattern, value.pattern),
                start=point.start,
                count=point.count if told else None,
                total=point.total or None,
                share=point.share if has_share else None,
                share_low=point.share_low if has_share else None,
                share_high=point.share_high if has_share else None,
                withheld=point.withheld,
                partial=point.partial,
            )


def rolling_shares(span: Span, places: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the shares of the values at `places`, float64 (days - 6, places).

    Each is of the TREND_DAYS days that end with a day, from the seventh day of the span on; 0 without photos.
    """
    daily = span.daily.sum(axis=0)[:, np.concatenate(([0], places))]
    running = np.concatenate([np.zeros((1, daily.shape[1]), np.int64), np.cumsum(daily, axis=0)])
    held = running[TREND_DAYS:] - running[:-TREND_DAYS]
    shown, everybody = held[:, 1:], held[:, :1]
    return np.asarray(shown / np.maximum(np.maximum(shown, everybody), 1))


def _days(span: Span, place: int | None, today: date) -> list[Point]:
    """Return a point for each day, which is told if at least K are behind it, or if nobody shows the value in its week."""
    found: list[Point] = []
    present = dict(zip(span.mondays(), span.present, strict=True))
    for offset in range(span.daily.shape[1]):
        start = span.first + timedelta(days=offset)
        shown, everybody = (
            np.zeros(0, np.int64) if at is None else span.daily[:, offset, at] for at in (place, 0)
        )
        total = int(everybody.sum()) if at_least(everybody) >= K else 0
        partial = start >= today
        if at_least(shown) >= K:
            found.append(_told(start, partial, int(shown.sum()), total))
        else:
            monday = start - timedelta(days=start.weekday())
            withheld = place is not None and bool(present[monday][place])
            found.append(_nothing(start, partial, total, withheld))
    return found


def _weeks(span: Span, place: int | None, today: date) -> list[Point]:
    found: list[Point] = []
    for monday, shown, present in zip(span.mondays(), span.weekly, span.present, strict=True):
        sunday = monday + timedelta(days=6)
        partial = monday < span.first or sunday > span.last or sunday >= today
        count, total = 0 if place is None else int(shown[place]), int(shown[0])
        if count:
            found.append(_told(monday, partial, count, total))
        else:
            withheld = place is not None and bool(present[place])
            found.append(_nothing(monday, partial, total, withheld))
    return found


def _told(start: date, partial: bool, count: int, total: int) -> Point:
    total = max(count, total)
    return Point(start, total, False, partial, count, count / total, *wilson(count, total))


def _nothing(start: date, partial: bool, total: int, withheld: bool) -> Point:
    """Return a point that is withheld, or says that nobody shows the value."""
    if withheld or not total:
        return Point(start, total, withheld, partial)
    low, high = wilson(0, total)
    return Point(start, total, False, partial, 0, 0.0, low, high)


def _word(enum: type[object], number: int) -> str:
    """Return the contract's name of a number without its prefix, in lower case; "" for 0."""
    if not number:
        return ""
    descriptor = enum.DESCRIPTOR  # type: ignore[attr-defined]
    prefix = len(descriptor.values_by_number[0].name) - len("UNSPECIFIED")
    return str(descriptor.values_by_number[number].name[prefix:].lower())
