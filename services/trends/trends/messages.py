"""The core's values as messages of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from servicekit.events import timestamp
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.core import ranking, series
from trends.core.co_worn import CoWorn
from trends.core.gaps import Gap
from trends.core.observation import Value


def trend(row: ranking.RankedValue, shares: Sequence[float]) -> trends_pb2.Trend:
    """Return a row of a ranking. `shares`: its series."""
    return trends_pb2.Trend(
        value=_value(row.value),
        count=row.count,
        share=row.share,
        share_low=row.share_low,
        share_high=row.share_high,
        baseline_count=row.baseline_count,
        baseline_share=row.baseline_share,
        rise=row.rise,
        rising=row.rising,
        fall=row.fall,
        falling=row.falling,
        explained_by=row.explained_by and _value(row.explained_by),
        comparable=row.comparable,
        series=shares,
        lift=row.lift,
    )


def _value(value: Value) -> trends_pb2.Value:
    return trends_pb2.Value(
        category=fashion_pb2.Category.ValueType(value.category),
        color_family=value.color,
        style=fashion_pb2.Style.ValueType(value.style),
        pattern=fashion_pb2.Pattern.ValueType(value.pattern),
    )


def point(point: series.Point) -> trends_pb2.Point:
    """Return a point of a series."""
    return trends_pb2.Point(
        start=timestamp(midnight(point.start)),
        total=point.total,
        withheld=point.withheld,
        count=point.count,
        share=point.share,
        share_low=point.share_low,
        share_high=point.share_high,
        partial=point.partial,
    )


def co_worn(row: CoWorn) -> trends_pb2.CoWorn:
    """Return a row of what is worn together."""
    return trends_pb2.CoWorn(
        value=_value(row.value),
        other=_value(row.other),
        count=row.count,
        share=row.share,
        share_low=row.share_low,
        share_high=row.share_high,
        lift=row.lift,
    )


def gap(found: Gap) -> trends_pb2.CatalogGap:
    """Return a row of a comparison with what shops offer, without photos."""
    row = trends_pb2.CatalogGap(
        value=_value(found.value),
        gap=found.gap,
        offered_count=found.offered_count,
        offered_share=found.offered_share,
        offered_share_low=found.offered_low,
        offered_share_high=found.offered_high,
    )
    if found.worn is not None:
        worn = found.worn
        row.worn_count, row.worn_share = worn.count, worn.share
        row.worn_share_low, row.worn_share_high = worn.share_low, worn.share_high
        row.rise, row.rising, row.falling = worn.rise, worn.rising, worn.falling
    return row


def contributors(authored: set[bool]) -> trends_pb2.ContributorKind.ValueType:
    """Return who contributors are, by whether their photos state an author."""
    if len(authored) > 1:
        return trends_pb2.CONTRIBUTOR_KIND_MIXED
    if not authored:
        return trends_pb2.CONTRIBUTOR_KIND_UNSPECIFIED
    if True in authored:
        return trends_pb2.CONTRIBUTOR_KIND_AUTHORS
    return trends_pb2.CONTRIBUTOR_KIND_PHOTOS


def midnight(day: date) -> datetime:
    """Return the start of a day, UTC."""
    return datetime.combine(day, time(), UTC)
