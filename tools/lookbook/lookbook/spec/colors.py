"""The colors of cloth: the typical color of a family, jittered a little when sampled."""

import numpy as np

from fashion import words
from lookbook.spec.photo import ClothColor, Rgb

FAMILIES: dict[str, Rgb] = {
    family.name: (family.rgb >> 16, family.rgb >> 8 & 255, family.rgb & 255)
    for family in words.FAMILIES
}
"""Family name -> typical sRGB."""

NAMES: tuple[str, ...] = tuple(FAMILIES)

_JITTER = 5
"""Largest shift of a channel: small enough that a color stays in its family."""


def sample_color(rng: np.random.Generator, name: str) -> ClothColor:
    """Sample a color of the family `name`, each channel within 5 of its typical value."""
    common = int(rng.integers(-_JITTER + 2, _JITTER - 1))
    own = rng.integers(-2, 3, 3)
    r, g, b = (
        int(np.clip(v + common + d, 4, 251)) for v, d in zip(FAMILIES[name], own, strict=True)
    )
    return ClothColor(rgb=(r, g, b), name=name)
