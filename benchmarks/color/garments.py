"""Rendered garments whose colors are known, for `python -m benchmarks.color`: the truth is the renderer's, never our measuring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter

from lookbook.draw.render import RenderedGarment, render
from lookbook.spec.colors import NAMES
from lookbook.spec.garment_sampling import sample_garment
from lookbook.spec.photo import ClothColor, GarmentSpec
from lookbook.spec.sampling import SKIN_TONES, sample_outfit

Mask = NDArray[np.bool_]

KEYS = ("black", "white", "beige", "camel", "nude")
"""Colors that pixel rules lose most easily: to the background, to highlights, to skin."""
TONES = len(SKIN_TONES)
# The look-book has no nude; it is the lighter skin tones' cloth, which shops list with beige.
_NUDE = (227, 190, 158)
_CATEGORIES = ((2, 8), (1, 9), (4, 8), (10,), (11,), (1, 7), (5, 9), (13,), (3, 8))
_PATTERNS = ("plain", "plain", "striped", "checked", "dotted")
# A color on less of the garment is not one that a person would count.
COUNTED_FROM = 0.05


@dataclass(frozen=True)
class Garment:
    """A garment and its truth. `key`: one of KEYS if the photo was made for it; `colors`: how many it has; `tone`: 0 to 9."""

    mask: Mask
    pattern: str
    key: str
    rgb: tuple[int, int, int]
    family: str
    colors: int
    tone: int


@dataclass(frozen=True)
class Photo:
    """RGB uint8 H x W x 3, and its garments."""

    pixels: NDArray[np.uint8]
    garments: tuple[Garment, ...]


def photos(count: int, seed: int) -> Iterator[Photo]:
    """Yield `count` photos. Every third is of plain garments in KEYS, on each skin tone in turn; the others draw all at random."""
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        for_keys = index % 3 == 0
        specs: list[GarmentSpec] = []
        keys: dict[int, str] = {}
        for place, category in enumerate(_CATEGORIES[index % len(_CATEGORIES)]):
            if for_keys:
                # Seven photos on: the colors go round against the tones and the categories.
                keys[category] = KEYS[(index // 3 + index // 30 + 2 * place) % len(KEYS)]
                specs.append(_of_key(rng, category, keys[category]))
            else:
                color, pattern = str(rng.choice(NAMES)), str(rng.choice(_PATTERNS))
                specs.append(sample_garment(rng, "run", category, color=color, pattern=pattern))
        spec = sample_outfit(seed + index, "run", garments=specs)
        assert spec.person is not None
        tone = index // 3 % TONES if for_keys else int(rng.integers(TONES))
        rendered = render(replace(spec, person=replace(spec.person, skin=SKIN_TONES[tone])))
        yield Photo(
            rendered.image,
            tuple(_truth(g, keys.get(g.category, ""), tone) for g in rendered.garments),
        )


def _of_key(rng: np.random.Generator, category: int, key: str) -> GarmentSpec:
    color = "beige" if key == "nude" else key
    spec = sample_garment(rng, "run", category, color=color, pattern="plain")
    if key == "nude":
        r, g, b = (int(v + d) for v, d in zip(_NUDE, rng.integers(-5, 6, 3), strict=True))
        spec = replace(spec, colors=(ClothColor((r, g, b), "beige"),))
    return spec


def _truth(garment: RenderedGarment, key: str, tone: int) -> Garment:
    main = garment.colors[0]
    counted = sum(color.share >= COUNTED_FROM for color in garment.colors)
    return Garment(garment.mask, garment.pattern, key, main.rgb, main.name, counted, tone)


def ragged(mask: Mask, pixels: float, rng: np.random.Generator) -> Mask:
    """Return the mask with its border moved in and out by about `pixels`, smoothly along it, as a segmenter's is."""
    inside = distance_transform_edt(mask) - distance_transform_edt(~mask)
    wave = gaussian_filter(rng.standard_normal(mask.shape), 6)
    return np.asarray(inside > pixels * wave / wave.std())


def grown(mask: Mask, pixels: float) -> Mask:
    """Return the mask with its border moved out by `pixels`, or in if negative."""
    if pixels < 0:
        return np.asarray(distance_transform_edt(mask) > -pixels)
    return np.asarray(distance_transform_edt(~mask) <= pixels)
