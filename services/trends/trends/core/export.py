"""The series of every value as a table: what GetTrendSeries says of each, to be read by other programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from pathlib import Path

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.core.counts import Counts, Span
from trends.core.ranking import K, wilson

FORMATS = (".csv", ".parquet")


@dataclass(frozen=True)
class Row:
    """One value on one day or in one week. `total` contributors were seen, `count` of them showed the value."""

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


def rows(counts: Counts, span: Span, weekly: bool) -> Iterator[Row]:
    """Every value's points that at least K contributors show, in the order of values, then oldest first.

    The first and the last week hold only the days in the span.
    """
    counted = span.weekly if weekly else span.daily.sum(axis=0)
    starts = (
        list(span.mondays())
        if weekly
        else [span.first + timedelta(days=day) for day in range(len(counted))]
    )
    for value in sorted(counts.values[1:]):  # the first stands for everybody
        place = counts.place(value)
        for start, point in zip(starts, counted, strict=True):
            count, total = int(point[place]), int(point[0])
            if count < K:
                continue
            yield Row(
                dimension=_word(trends_pb2.Dimension, value.dimension),
                category=_word(fashion_pb2.Category, value.category),
                color_family=value.color,
                style=_word(fashion_pb2.Style, value.style),
                start=start,
                count=count,
                total=total,
                share=count / total,
                share_low=wilson(count, total)[0],
                share_high=wilson(count, total)[1],
            )


def write(table: Iterable[Row], file: Path) -> int:
    """Writes a CSV or a Parquet file, by its ending; returns the number of rows.

    Raises ValueError on another ending, and ModuleNotFoundError for Parquet without pyarrow.
    """
    if file.suffix not in FORMATS:
        raise ValueError(f"{file.name} ends in neither {' nor '.join(FORMATS)}")
    found = list(table)
    if file.suffix == ".csv":
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, [field.name for field in fields(Row)])
            writer.writeheader()
            writer.writerows(map(asdict, found))
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        text, whole, part = pa.string(), pa.int64(), pa.float64()
        types = [text, text, text, text, pa.date32(), whole, whole, part, part, part]
        names = [field.name for field in fields(Row)]
        columns = {
            name: pa.array([getattr(row, name) for row in found], kind)
            for name, kind in zip(names, types, strict=True)
        }
        pq.write_table(pa.table(columns), file)
    return len(found)


def _word(enum: type[object], number: int) -> str:
    """The contract's name of a number without its prefix, lower case; "" for 0."""
    if not number:
        return ""
    descriptor = enum.DESCRIPTOR  # type: ignore[attr-defined]
    prefix = len(descriptor.values_by_number[0].name) - len("UNSPECIFIED")
    return str(descriptor.values_by_number[number].name[prefix:].lower())
