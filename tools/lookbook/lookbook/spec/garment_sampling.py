"""Sampling garments: cut, neckline, cloth and colors as a style has them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from fashion.words import CATEGORIES
from lookbook.spec.cells import draw_cell
from lookbook.spec.colors import FAMILIES, NAMES, sample_color
from lookbook.spec.photo import PATTERNS, STYLES, ClothColor, GarmentSpec, Split
from lookbook.spec.styles import STYLE, Style

_CONTRAST: dict[str, tuple[str, ...]] = {
    "dark": ("white", "ivory", "beige", "light blue", "yellow", "pink"),
    "light": ("black", "navy", "red", "green", "brown", "blue", "burgundy"),
}


_SLEEVE = {
    1: (0.08, 0.34),
    2: (0.86, 1.0),
    3: (0.12, 0.4),
    4: (0.88, 1.0),
    10: (0.08, 0.34),
    11: (0.86, 1.0),
}


_CUTS: dict[int, tuple[str, ...]] = {
    1: ("tucked", "regular", "boxy", "cropped"),
    2: ("tucked", "regular", "boxy", "cropped", "bell"),
    3: ("shirt", "jacket", "cardigan", "blazer"),
    4: ("jacket", "bomber", "blazer", "blazer", "cardigan", "coat", "trench"),
    5: ("tucked", "regular", "boxy", "cropped"),
    6: ("tucked", "regular", "cropped"),
    7: ("straight",),
    8: ("skinny", "straight", "straight", "wide", "jogger", "flare", "cropped"),
    9: ("mini", "midi", "pleated", "aline", "pencil"),
    10: ("mini", "midi", "aline", "pleated"),
    11: ("mini", "midi", "aline", "maxi"),
    12: ("mini", "midi", "aline", "pencil"),
    13: ("mini", "midi", "aline", "maxi"),
}


_NECKS: dict[int, tuple[str, ...]] = {
    1: ("crew", "crew", "v", "scoop", "collar", "boat"),
    2: ("crew", "turtle", "v", "collar", "boat", "hood"),
    3: ("crew",),
    4: ("crew",),
    5: ("crew", "scoop", "v", "square"),
    6: ("square", "v", "scoop"),
    7: ("crew",),
    8: ("crew",),
    9: ("crew",),
    10: ("crew", "v", "scoop", "collar", "square"),
    11: ("crew", "v", "turtle", "collar"),
    12: ("crew", "scoop", "v", "square"),
    13: ("square", "v", "scoop"),
}


_NECKS_UNDER: dict[int, tuple[str, ...]] = {
    1: ("crew", "crew", "scoop"),
    2: ("turtle", "collar"),
    6: ("square", "v"),
    10: ("crew", "scoop"),
    11: ("turtle", "collar"),
    13: ("square", "v"),
}
"""Necklines under outerwear, which hides sleeves: what is left still tells the category (not so for vests)."""


T = TypeVar("T")


def pick(rng: np.random.Generator, items: Sequence[T]) -> T:
    """Return one of the items, all equally likely."""
    return items[int(rng.integers(len(items)))]


def weighted(rng: np.random.Generator, weights: Mapping[T, float]) -> T:
    """Return a key, as likely as its weight."""
    keys, w = list(weights), np.array(list(weights.values()), float)
    return keys[int(rng.choice(len(keys), p=w / w.sum()))]


def sample_garment(
    rng: np.random.Generator,
    split: Split,
    category: int,
    style: str = "casual",
    color: str | None = None,
    pattern: str | None = None,
    under: bool = False,
) -> GarmentSpec:
    """Sample a garment of a DeepFashion2 category; color family and pattern as asked for, or as the style has them.

    With `under` it can be told apart when worn under outerwear.

    Raises:
        ValueError: unknown category, style, color family or pattern; a vest or vest dress under outerwear.
    """
    if under and category not in _NECKS_UNDER:
        raise ValueError(f"category {category}: can't be told apart under outerwear")
    if category not in CATEGORIES:
        raise ValueError(f"category {category}: must be 1 to 13")
    if style not in STYLE:
        raise ValueError(f"style {style!r}: must be one of {', '.join(STYLES)}")
    if color is not None and color not in FAMILIES:
        raise ValueError(f"color {color!r}: must be one of {', '.join(NAMES)}")
    if pattern is not None and pattern not in PATTERNS:
        raise ValueError(f"pattern {pattern!r}: must be one of {', '.join(PATTERNS)}")
    s = STYLE[style]
    pattern = pattern or weighted(rng, s.patterns)
    low, high = _SLEEVE.get(category, (0.0, 1.0))
    return GarmentSpec(
        category=category,
        cut=pick(rng, _CUTS[category]),
        neckline=pick(rng, (_NECKS_UNDER if under else _NECKS)[category]),
        fit=round(float(rng.uniform(*s.fit)), 3),
        length=round(float(rng.random()), 3),
        sleeve=round(float(rng.uniform(low, high)), 3),
        pattern=pattern,
        colors=_colors(rng, color or weighted(rng, s.colors), pattern),
        cloth_id=draw_cell(rng, "cloth", split),
    )


def _colors(rng: np.random.Generator, main: str, pattern: str) -> tuple[ClothColor, ...]:
    """Return the main color and, for a pattern, colors that stand out from it."""
    colors = [sample_color(rng, main)]
    if pattern != "plain":
        r, g, b = FAMILIES[main]
        tone = "dark" if 0.3 * r + 0.59 * g + 0.11 * b < 128 else "light"
        others = [c for c in _CONTRAST[tone] if c != main]
        for _ in range(2 if pattern == "checked" else 1):
            name = pick(rng, others)
            others.remove(name)
            colors.append(sample_color(rng, name))
    return tuple(colors)


def sample_garments(rng: np.random.Generator, split: Split, style: str) -> tuple[GarmentSpec, ...]:
    """Sample an outfit of a style: outerwear first, then top or dress, then bottom."""
    s: Style = STYLE[style]
    outfit = int(rng.choice(4, p=np.array(s.outfits) / sum(s.outfits)))
    out = []
    under = outfit in {1, 3}
    if under:
        out.append(sample_garment(rng, split, weighted(rng, s.outerwear), style))
    inner = s.tops if outfit < 2 else s.dresses
    weights = {c: w for c, w in inner.items() if not under or c in _NECKS_UNDER}
    out.append(sample_garment(rng, split, weighted(rng, weights), style, under=under))
    if outfit < 2:
        out.append(sample_garment(rng, split, weighted(rng, s.bottoms), style))
    return tuple(_apart(rng, out, s))


def _apart(rng: np.random.Generator, garments: list[GarmentSpec], s: Style) -> list[GarmentSpec]:
    """Sample colors again so that mostly no two garments have one family and can be told apart."""
    out: list[GarmentSpec] = []
    for garment in garments:
        for _ in range(4):
            if garment.colors[0].name not in {g.colors[0].name for g in out} or rng.random() < 0.1:
                break
            colors = _colors(rng, weighted(rng, s.colors), garment.pattern)
            garment = replace(garment, colors=colors)
        out.append(garment)
    return out
