"""What is true of nearly the whole catalog, and therefore says nothing about one outfit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.core import season
from recommender.core.catalog import (
    CATEGORY_BITS,
    CATEGORY_MASK,
    FAMILY_BITS,
    NO_GARMENT,
    Catalog,
)
from recommender.core.personal_color import TYPES
from recommender.core.score import STYLES, Moment
from recommender.core.trend_table import Level

NEARLY_ALL = 0.9
"""Part of the catalog from which on something is no reason any more."""
_LEAST_OUTFITS = 12
FRESH_S = 14 * 86400.0
"""What is new for a customer: since two weeks."""


class Common:
    """What nearly all outfits that are offered have in common."""

    def __init__(self, catalog: Catalog, offered: NDArray[np.intp], moment: Moment) -> None:
        """`offered`: rows."""
        columns = catalog.columns
        # Of a few outfits, what all have in common still tells them from what else there is.
        most = NEARLY_ALL * max(len(offered), _LEAST_OUTFITS)
        by_style = np.bincount(columns.style[offered], minlength=STYLES)
        self.styles = frozenset(np.flatnonzero(by_style >= most).tolist())
        """Style numbers."""
        categories, families = columns.categories[offered], columns.families[offered]
        self._items = _bits_of(categories, most)
        # Families that share a bit seem more common than they are: then a reason less is given, never a wrong one.
        bits = _bits_of(families, most)
        self._families = frozenset(
            name for n, name in enumerate(catalog.families) if n % FAMILY_BITS in bits
        )
        codes = columns.garments[offered]
        found, counts = np.unique(codes[codes != NO_GARMENT], return_counts=True)
        names = list(catalog.families)
        self._pairs = frozenset(
            (code & CATEGORY_MASK, names[code >> CATEGORY_BITS])
            for code in found[counts >= most].tolist()
        )
        fresh = moment.hour - columns.posted_at[offered] <= FRESH_S
        self.fresh = bool(fresh.sum() >= most)
        suits = columns.suits[offered]
        self.suits = frozenset(
            color for color in range(1, TYPES) if ((suits >> color) & 1).sum() >= most
        )
        """PersonalColor numbers that something in nearly every outfit suits."""
        in_season = np.array(
            [bool(season.season_at(s, moment.hour, moment.southern)) for s in catalog.seasons]
        )
        seasons = np.minimum(columns.season[offered], len(in_season) - 1)
        self.in_season = bool(in_season[seasons].sum() >= most)

    def has(self, level: Level, category: int, family: str) -> bool:
        """Tell whether nearly all outfits have such a garment."""
        if level is Level.ITEM_COLOR:
            return (category, family) in self._pairs
        return category in self._items if level is Level.ITEM else family in self._families


def _bits_of(masks: NDArray[np.uint16] | NDArray[np.uint64], most: float) -> frozenset[int]:
    """Return the bits that are set in `most` of the masks or more."""
    one = masks.dtype.type(1)
    width = 8 * masks.dtype.itemsize
    return frozenset(
        bit
        for bit in range(width)
        if np.count_nonzero(masks & (one << masks.dtype.type(bit))) >= most
    )
