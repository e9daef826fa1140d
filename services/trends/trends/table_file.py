"""A table of series in a file that other programs read: CSV or Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path

from trends.core.series import SeriesRow

ENDINGS = (".csv", ".parquet")
_NAMES = [field.name for field in fields(SeriesRow)]


def write(table: Iterable[SeriesRow], file: Path) -> int:
    """Write a CSV or a Parquet file, by its ending; return the number of rows.

    Raise ValueError for another ending, OSError, and ModuleNotFoundError for Parquet without pyarrow.
    """
    if file.suffix not in ENDINGS:
        raise ValueError(f"{file.name} must end in {' or '.join(ENDINGS)}")
    found = list(table)
    if file.suffix == ".csv":
        _write_csv(found, file)
    else:
        _write_parquet(found, file)
    return len(found)


def _write_csv(table: list[SeriesRow], file: Path) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, _NAMES)
        writer.writeheader()
        writer.writerows(map(asdict, table))


def _write_parquet(table: list[SeriesRow], file: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, whole, part, flag = pa.string(), pa.int64(), pa.float64(), pa.bool_()
    words = [text] * 5
    types = [*words, pa.date32(), whole, whole, part, part, part, flag, flag]
    columns = {
        name: pa.array([getattr(row, name) for row in table], kind)
        for name, kind in zip(_NAMES, types, strict=True)
    }
    pq.write_table(pa.table(columns), file)
