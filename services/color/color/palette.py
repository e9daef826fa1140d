"""The palette: named colours, the retail family of each, and the families' labels.

`data/palette.csv` holds the names of the XKCD colour survey (CC0; crude ones and misspellings left out), those of CSS3, and
some that shops use and both lack (source `retail`: shades of black, white, nude, camel, khaki, denim, navy). Families were
assigned by the nearest of a few typical shades a family, then corrected by hand. `data/families.csv` lists the families.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from color import lab

VERSION = "xkcd-css3-1"
# Grows with every change of the palette's data or of the method that measures and names.
GENERATION = 1


@dataclass(frozen=True)
class Family:
    """A retail colour family: the key used everywhere, its Korean name, a typical colour 0xRRGGBB for swatches."""

    name: str
    name_ko: str
    rgb: int


@dataclass(frozen=True)
class Palette:
    """n named colours. `rgb` uint8 n x 3 and `lab` n x 3 belong to `names`; `family` indexes `families`."""

    names: tuple[str, ...]
    rgb: NDArray[np.uint8]
    lab: lab.Float
    family: NDArray[np.int64]
    families: tuple[Family, ...]


def build(colors: Sequence[tuple[str, int, str]], families: Sequence[Family]) -> Palette:
    """A palette of (name, 0xRRGGBB, family name) rows. Raises ValueError on an unknown family or a repeated name."""
    position = {family.name: index for index, family in enumerate(families)}
    names = tuple(name for name, _, _ in colors)
    if len(set(names)) != len(names):
        raise ValueError("a name occurs twice in the palette")
    if unknown := {family for _, _, family in colors} - set(position):
        raise ValueError(f"families that are not listed: {sorted(unknown)}")
    codes = np.array([code for _, code, _ in colors], dtype=np.uint32)
    rgb = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(np.uint8)
    return Palette(
        names,
        rgb,
        lab.from_rgb(rgb),
        np.array([position[family] for _, _, family in colors], dtype=np.int64),
        tuple(families),
    )


@cache
def standard() -> Palette:
    """The palette of this package."""
    return build(
        [(row["name"], int(row["rgb"], 16), row["family"]) for row in _rows("palette.csv")],
        [Family(r["name"], r["name_ko"], int(r["rgb"], 16)) for r in _rows("families.csv")],
    )


def _rows(file: str) -> list[dict[str, str]]:
    text = (resources.files("color") / "data" / file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
