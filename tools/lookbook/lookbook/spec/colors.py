"""The retail color families of the look-book: typical sRGB values, jittered a little when sampled."""

import numpy as np

from lookbook.spec.photo import ClothColor

FAMILIES: dict[str, tuple[int, int, int]] = {
    "black": (26, 26, 28),
    "charcoal": (66, 68, 72),
    "grey": (140, 141, 143),
    "white": (244, 244, 242),
    "ivory": (243, 234, 212),
    "beige": (219, 200, 168),
    "camel": (186, 137, 84),
    "khaki": (163, 148, 104),
    "brown": (104, 66, 42),
    "navy": (31, 40, 82),
    "blue": (34, 88, 190),
    "light blue": (158, 198, 232),
    "denim": (78, 108, 148),
    "teal": (16, 118, 122),
    "mint": (164, 224, 198),
    "green": (34, 132, 62),
    "olive": (104, 106, 48),
    "yellow": (247, 218, 60),
    "mustard": (206, 156, 34),
    "orange": (238, 126, 32),
    "coral": (246, 128, 108),
    "red": (202, 28, 38),
    "burgundy": (112, 22, 42),
    "pink": (244, 182, 196),
    "hot pink": (230, 50, 132),
    "purple": (112, 52, 140),
    "lavender": (190, 170, 222),
}
"""Family name -> typical sRGB."""

NAMES: tuple[str, ...] = tuple(FAMILIES)

_JITTER = 5
"""Largest shift of a channel: small enough that a color stays in its family."""


def sample_color(rng: np.random.Generator, name: str) -> ClothColor:
    """A color of the family `name`, each channel within 5 of its typical value."""
    common = int(rng.integers(-_JITTER + 2, _JITTER - 1))
    own = rng.integers(-2, 3, 3)
    r, g, b = (
        int(np.clip(v + common + d, 4, 251)) for v, d in zip(FAMILIES[name], own, strict=True)
    )
    return ClothColor(rgb=(r, g, b), name=name)
