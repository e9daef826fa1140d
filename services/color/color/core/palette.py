"""Palettes: named colors, the retail family of each, and the families' labels.

`data/palette.csv` holds the names of the XKCD color survey (CC0; crude ones and misspellings left out), those of CSS3, and
some that shops use but both lack (source `retail`: shades of black, white, nude, camel, khaki, denim, navy). Each color got
the family with the nearest of a few typical shades; then the families were corrected by hand. Korean names are spelled as
in shops. The families are those of `fashion.words`. A company can add its own palette as a CSV of this form.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from fashion import lab
from fashion.words import FAMILIES, Family

PACKAGED = "xkcd-css3-2"
"""Version of the palette in this package. It changes with every change of its data."""
COLUMNS = ("name", "name_ko", "rgb", "family", "family_ko")
MAX_LINES = 20_000
MAX_BYTES = 4_000_000
MAX_NAME = 64
LEAST_COLORS = 12
LEAST_FAMILIES = 8
"""A palette with less does not go live: it is a file that was cut off, or a try.

Languages name eleven basic colors (Berlin and Kay 1969), and filters of shops show ten to fifteen. Eight families leave room for
a house whose clothes have few colors; with fewer, most garments would be in a family that is not their color.
"""
_RGB = re.compile(r"#?[0-9A-Fa-f]{6}")


class BadPalette(ValueError):
    """A CSV that is not a valid palette. The text names line and column."""


@dataclass(frozen=True)
class Palette:
    """n named colors: `rgb` (uint8 n x 3) and `lab` (n x 3) in the order of `names`; `family` (n) is an index of `families`.

    `names_ko` has "" where a color has no Korean name.
    """

    names: tuple[str, ...]
    names_ko: tuple[str, ...]
    rgb: NDArray[np.uint8]
    lab: lab.Float
    family: NDArray[np.int64]
    families: tuple[Family, ...]


@cache
def packaged_csv() -> str:
    """Return the CSV of this package's palette."""
    return (resources.files("color") / "data" / "palette.csv").read_text(encoding="utf-8")


@cache
def packaged() -> Palette:
    """Return this package's palette."""
    return parse(packaged_csv())


def parse(text: str) -> Palette:
    """Return the palette in a CSV with the columns name, rgb and family; name_ko and family_ko are optional.

    Other columns are ignored. A family of `fashion.words` keeps its typical color, and its Korean name unless the CSV gives
    one. The typical color of a new family is the median of its colors in L*a*b*. Families are in the order of
    `fashion.words`, then new ones in the order of the CSV. Raise BadPalette.
    """
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise BadPalette(f"a palette has at most {MAX_BYTES} bytes")
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    header = [column.strip() for column in rows.fieldnames or ()]
    if lacking := [c for c in ("name", "rgb", "family") if c not in header]:
        raise BadPalette(
            f"line 1: the header lacks {', '.join(lacking)}; the columns are {','.join(COLUMNS)}"
        )
    rows.fieldnames = header
    colors: dict[str, tuple[str, str, str]] = {}
    labels: dict[str, str] = {}
    first_line: dict[str, int] = {}
    try:
        for row in rows:
            _take({k: (row[k] or "").strip() for k in COLUMNS if k in row}, rows.line_num, colors)
            family, label = (row["family"] or "").strip(), (row.get("family_ko") or "").strip()
            if label and labels.setdefault(family, label) != label:
                raise _bad(
                    rows.line_num, "family_ko", f"{family!r} is {labels[family]!r} in a line above"
                )
            first_line.setdefault(family, rows.line_num)
            if rows.line_num > MAX_LINES:
                raise BadPalette(f"line {rows.line_num}: a palette has at most {MAX_LINES} lines")
    except csv.Error as error:
        raise BadPalette(f"line {rows.line_num + 1}: {error}") from error
    if not colors:
        raise BadPalette("line 2: the palette has no colors")
    return _build(colors, labels, first_line)


def check_size(palette: Palette) -> None:
    """Raise BadPalette, which tells how much is missing, if a palette is too small to name photos."""
    colors, families = len(palette.names), len(palette.families)
    lacking = [
        f"{what} missing: {least - has}"
        for least, has, what in (
            (LEAST_COLORS, colors, "colors"),
            (LEAST_FAMILIES, families, "families"),
        )
        if has < least
    ]
    if lacking:
        raise BadPalette(
            f"a palette has at least {LEAST_COLORS} colors in {LEAST_FAMILIES} families; this one has {colors} in {families} "
            f"({', '.join(lacking)})"
        )


def _take(row: dict[str, str], line: int, colors: dict[str, tuple[str, str, str]]) -> None:
    name, family = row["name"], row["family"]
    for column in ("name", "family"):
        if not 1 <= len(row[column]) <= MAX_NAME:
            raise _bad(line, column, f"must have 1 to {MAX_NAME} characters")
        if row[column] != row[column].lower():
            raise _bad(line, column, f"{row[column]!r} is not lower case")
    if name in colors:
        raise _bad(line, "name", f"{name!r} occurs twice")
    if not _RGB.fullmatch(row["rgb"]):
        raise _bad(line, "rgb", f"{row['rgb']!r} is not six hexadecimal digits such as 1f2a52")
    for column in ("name_ko", "family_ko"):
        if len(row.get(column, "")) > MAX_NAME:
            raise _bad(line, column, f"has more than {MAX_NAME} characters")
    colors[name] = (row.get("name_ko", ""), row["rgb"].removeprefix("#"), family)


def _bad(line: int, column: str, text: str) -> BadPalette:
    return BadPalette(f"line {line}, column {column}: {text}")


def _build(
    colors: dict[str, tuple[str, str, str]], labels: dict[str, str], first_line: dict[str, int]
) -> Palette:
    rgb = np.array([list(bytes.fromhex(code)) for _, code, _ in colors.values()], dtype=np.uint8)
    points = lab.from_rgb(rgb)
    known = {family.name: family for family in FAMILIES}
    order = [name for name in known if name in first_line]
    order += [name for name in first_line if name not in known]
    position = {name: index for index, name in enumerate(order)}
    family = np.array([position[name] for _, _, name in colors.values()], dtype=np.int64)
    families = []
    for name in order:
        if name in known:
            label, typical = labels.get(name, known[name].name_ko), known[name].rgb
        elif name in labels:
            middle = np.median(points[family == position[name]], axis=0)
            label, typical = labels[name], int.from_bytes(lab.to_rgb(middle).tobytes(), "big")
        else:
            raise _bad(
                first_line[name],
                "family_ko",
                f"the new family {name!r} needs a Korean name; these have one: {', '.join(known)}",
            )
        families.append(Family(name, label, typical))
    names_ko = tuple(name_ko for name_ko, _, _ in colors.values())
    return Palette(tuple(colors), names_ko, rgb, points, family, tuple(families))
