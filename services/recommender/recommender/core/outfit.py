"""An outfit as the ranking sees it. Category, style and personal color are the contract's numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core.personal_color import NEUTRAL, TYPES, suitability_of
from snsfashion.fashion.v1.fashion_pb2 import CATEGORY_SHORTS, CATEGORY_SKIRT, CATEGORY_TROUSERS

# Tops, jackets and dresses lie next to the face; shorts, trousers and skirts don't. What Korean practice calls the
# "near the face" rule; the figure is a choice, not a measurement.
BELOW_THE_WAIST = frozenset((CATEGORY_SHORTS, CATEGORY_TROUSERS, CATEGORY_SKIRT))
_WEIGHT_BELOW = 0.4
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


def garment_suits(garment: Garment, personal_color: int) -> float:
    """Return how well a garment's colors suit one PersonalColor, weighted by share, in [0, 1]."""
    total = sum(color.share for color in garment.colors)
    if total <= 0:
        return NEUTRAL
    return sum(
        color.share / total * float(suitability_of(color.rgb)[personal_color])
        for color in garment.colors
    )


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
