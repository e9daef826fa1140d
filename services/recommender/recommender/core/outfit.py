"""An outfit as the ranking sees it. Category, style and personal color are the contract's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core.personal_color import NEUTRAL, SUITS_FROM, TYPES, suitability_of
from snsfashion.fashion.v1.fashion_pb2 import CATEGORY_SHORTS, CATEGORY_SKIRT, CATEGORY_TROUSERS

# Tops, jackets and dresses lie next to the face; shorts, trousers and skirts don't. What Korean practice calls the
# "near the face" rule; the figure is a choice, not a measurement.
BELOW_THE_WAIST = frozenset((CATEGORY_SHORTS, CATEGORY_TROUSERS, CATEGORY_SKIRT))
_WEIGHT_BELOW = 0.4
# Not declared, number 0, is no color that something could suit.
_BITS = np.array([0, *(1 << number for number in range(1, TYPES))])
_NO_COLOR = np.full(TYPES, NEUTRAL, dtype=np.float32)


@dataclass(frozen=True)
class GarmentColor:
    """One color of a garment."""

    rgb: int
    """sRGB 0xRRGGBB."""
    family: str
    family_ko: str
    share: float
    """Part of the garment, in (0, 1]."""


@dataclass(frozen=True)
class Garment:
    """A garment; `colors` has the main color first."""

    category: int
    colors: tuple[GarmentColor, ...]

    @property
    def family(self) -> str:
        """Family of the main color; "" if no color could be measured."""
        return self.colors[0].family if self.colors else ""

    @property
    def face_weight(self) -> float:
        """How much its color matters to the face: 1 next to it, 0.4 below the waist."""
        return _WEIGHT_BELOW if self.category in BELOW_THE_WAIST else 1.0


@dataclass(frozen=True)
class Outfit:
    """An outfit photo of a shop."""

    image_id: str
    site: str
    garments: tuple[Garment, ...]
    style: int
    posted_at: float
    """Unix time in seconds."""
    author_key: str = ""
    product_id: str = ""
    season: str = ""
    price_micros: int = 0
    """In 1/1,000,000 of `currency`; 0 if unknown."""
    currency: str = ""
    available: bool = True
    dated: bool = True
    """False if `posted_at` is only when it was first seen."""
    brand: str = ""
    gender: int = 0
    """Gender number."""
    age_group: int = 0
    """AgeGroup number."""
    sizes: tuple[str, ...] = ()
    group: str = ""
    """The shop's id of all variants of the product; "" if it is the only one."""
    said_families: frozenset[str] = frozenset()
    """Color families that the shop's title and color attribute name."""
    said_categories: frozenset[int] = frozenset()
    """Category numbers that the title may mean."""
    disagrees: bool | None = None
    """Whether the shop's words name what was not found in the photo; None if they name nothing."""


def outfit_suitability(garments: tuple[Garment, ...]) -> NDArray[np.float32]:
    """Return how well an outfit suits each PersonalColor; garments near the face weigh more: float32 (15,) in [0, 1]."""
    weights, rows = [], []
    for garment in garments:
        total = sum(color.share for color in garment.colors)
        if total <= 0:
            weights.append(garment.face_weight)
            rows.append(_NO_COLOR)
        for color in garment.colors if total > 0 else ():
            weights.append(garment.face_weight * color.share / total)
            rows.append(suitability_of(color.rgb))
    all_weights = np.array(weights, dtype=np.float32)
    return np.asarray((all_weights @ np.array(rows) / all_weights.sum()).clip(0, 1))


def suiting_garment(garments: Sequence[Garment], personal_color: int) -> Garment | None:
    """Return the garment whose color suits a PersonalColor and is best seen beside the face; None if no color suits.

    The main color, which is what a sentence names, must suit by itself: others in a pattern do not make up for it.
    """
    named = [garment for garment in garments if garment.family]
    if not named or not personal_color:
        return None
    suits = [float(_suits_of(garment)[personal_color]) for garment in named]
    best = max(range(len(named)), key=lambda n: suits[n] * named[n].face_weight)
    return named[best] if suits[best] >= SUITS_FROM else None


def suited_types(garments: Sequence[Garment]) -> int:
    """Return the PersonalColor numbers that `suiting_garment` finds a garment for, as bits."""
    named = [garment for garment in garments if garment.family]
    if not named:
        return 0
    suits = _suits(named)
    weights = np.array([garment.face_weight for garment in named])
    best = np.argmax(suits * weights[:, None], axis=0)
    found = suits[best, np.arange(TYPES)] >= SUITS_FROM
    return int(_BITS[found].sum())


def _suits(garments: Sequence[Garment]) -> NDArray[np.float64]:
    """Return how well each garment suits each PersonalColor, by its main color and by all of them: (garments, 15) in [0, 1]."""
    return np.array([_suits_of(garment) for garment in garments], dtype=np.float64)


def _suits_of(garment: Garment) -> NDArray[np.floating]:
    main = suitability_of(garment.colors[0].rgb)
    if len(garment.colors) == 1:
        return main
    colors = np.array([suitability_of(color.rgb) for color in garment.colors])
    shares = np.array([color.share for color in garment.colors])
    return np.asarray(np.minimum(main, shares / shares.sum() @ colors))
