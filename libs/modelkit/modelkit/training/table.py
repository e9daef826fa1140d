"""Tables of labels, as spreadsheets and other people's scripts write them."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TRUE = frozenset({"1", "1.0", "true", "yes"})
FALSE = frozenset({"0", "0.0", "false", "no"})
_DELIMITERS = ",;\t"
# What a file without a byte order mark may be in, tried in this order: CP949 is what Korean Windows writes.
_ENCODINGS = ("utf-8", "cp949")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which begins in the same way
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class BadTable(Exception):
    """The table as a whole can't be used."""


@dataclass(frozen=True)
class Row:
    """One row: the number of its last line in the file, and its values without spaces around them."""

    line: int
    values: Mapping[str, str]


def read_table(
    file: Path, columns: Mapping[str, Sequence[str]], optional: Sequence[str] = ()
) -> list[Row]:
    """Return the rows of a CSV file that are not empty, with a value for each of `columns` and `optional`.

    `columns`: the names that each may have in the file, in any capitals. `optional`: columns that it may lack. UTF-8, UTF-16 and UTF-32 with a byte order mark, UTF-8
    and CP949 without one; commas, semicolons or tabs. A value that a row lacks is "". Raise BadTable.
    """
    text = _decode(file)
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        names = [name.strip() for name in next(reader, [])]
        places = _places(file, names, columns)
        plain = [name.casefold() for name in names]
        places |= {name: plain.index(name) for name in optional if name in plain}
        for cells in reader:
            if any(cell.strip() for cell in cells):
                padded = cells + [""] * (len(names) - len(cells))
                values = dict.fromkeys(optional, "")
                values |= {wanted: padded[place].strip() for wanted, place in places.items()}
                rows.append(Row(reader.line_num, values))
    except csv.Error as error:
        raise BadTable(f"{file}:{reader.line_num} can't be read: {error}") from error
    return rows


def relative_path(text: str) -> str:
    """Return a path of a table with this system's separators: tables from Windows have its own."""
    return text.replace("\\", "/")


def truth_value(text: str) -> bool | None:
    """Return what a label says: 1, 1.0, true and yes, or 0, 0.0, false and no, in any capitals; None for anything else."""
    plain = text.casefold()
    return True if plain in TRUE else False if plain in FALSE else None


def _decode(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadTable(f"{file} can't be read: {error}") from error
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    for encoding in (marked,) if marked else _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # UTF-16 without a mark passes for UTF-8: every second byte of it is 0.
        if "\0" not in text:
            return text
    raise BadTable(f"{file} can't be read: it is neither UTF-8 nor CP949; save it as UTF-8")


def _places(
    file: Path, names: Sequence[str], columns: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """Return where each of the wanted columns is."""
    plain = [name.casefold() for name in names]
    places = {
        wanted: plain.index(name.casefold())
        for wanted, known in columns.items()
        for name in reversed(known)
        if name.casefold() in plain
    }
    if len(places) < len(columns):
        most = max(map(len, columns.values()))
        filled = [[*known, *[known[-1]] * (most - len(known))] for known in columns.values()]
        needed = " or ".join(",".join(choice) for choice in zip(*filled, strict=True))
        raise BadTable(f"{file}: needs columns {needed}, has {','.join(names) or 'none'}")
    return places
