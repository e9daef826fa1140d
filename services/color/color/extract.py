"""Colours of one garment from its pixels and its mask: nothing is known but the pixels, so black is a colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from color.clusters import colors_of
from color.lab import Float, from_rgb, to_rgb

SAMPLE = 1600
MAX_COLORS = 4
# A fixed jitter within each stratum of the mask: even cover without falling in step with stripes, the same every time.
_JITTER = np.random.default_rng(0).random(SAMPLE)

# Pixels at the border mix with what is behind: those within 2 pixels of it are left out, or within 1, if this part is left.
BORDER_KEEPS = 0.4
# Skin-like and clipped pixels are dropped only below this part, or beige, nude, white and black clothes would vanish.
SMALL_PART = 0.2

# Shadows, folds and seams take more light from a cloth than highlights add, so its own colour lies above the median of its
# lightness: it is measured between these percentiles of L*.
LIT = (40, 80)
# White and ivory can't be much lighter than they are: shading only darkens them, and their colour is in their lighter half.
PALE_LIT = (60, 95)
PALE_LIGHTNESS = 87.0
PALE_CHROMA = 16.0


@dataclass(frozen=True)
class MeasuredColor:
    """One colour of a garment: L*a*b* (3,), sRGB uint8 (3,), part of the pixels in (0, 1]."""

    lab: Float
    rgb: NDArray[np.uint8]
    share: float


@dataclass(frozen=True)
class GarmentColors:
    """At most four colours, the main one first, shares adding up to 1. `patterned`: there is more than one."""

    colors: tuple[MeasuredColor, ...]
    patterned: bool


def extract(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], gains: Float | None = None
) -> GarmentColors:
    """Measures a garment.

    `pixels`: RGB uint8 H x W x 3; `mask`: bool H x W, its visible pixels; `gains`: factors for linear R, G and B that take
    coloured light out, see white_balance. Deterministic. Raises ValueError if the sizes differ or the mask is empty.
    """
    if mask.shape != pixels.shape[:2]:
        raise ValueError(f"the mask is {mask.shape}, the photo {pixels.shape[:2]}")
    lab = from_rgb(pixels[_sample(mask)], gains)
    lab = _without_small(lab, _skin_like(lab))
    lab = _without_small(lab, _clipped(lab))
    labels, pure = colors_of(lab)
    shares = np.bincount(labels)
    found = [index for index in np.argsort(-shares, kind="stable")[:MAX_COLORS] if shares[index]]
    middles = np.array([_typical(lab[pure == index]) for index in found])
    total = shares[found].sum()
    return GarmentColors(
        tuple(
            MeasuredColor(middle, rgb, float(shares[index] / total))
            for middle, rgb, index in zip(middles, to_rgb(middles), found, strict=True)
        ),
        patterned=len(found) > 1,
    )


def _sample(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of at most SAMPLE pixels, spread evenly over the mask, away from its border if enough are."""
    inside = np.flatnonzero(mask)
    if not inside.size:
        raise ValueError("the mask is empty")
    if inside.size > SAMPLE:
        inside = inside[((np.arange(SAMPLE) + _JITTER) * (inside.size / SAMPLE)).astype(np.int64)]
    row, column = np.divmod(inside, mask.shape[1])
    for reach in (2, 1):
        inner = _all_around(mask, row, column, reach)
        if np.count_nonzero(inner) >= BORDER_KEEPS * inner.size:
            return row[inner], column[inner]
    return row, column


def _all_around(
    mask: NDArray[np.bool_], row: NDArray[np.int64], column: NDArray[np.int64], reach: int
) -> NDArray[np.bool_]:
    """Whether all pixels at city-block distance `reach` are in the mask. The photo's own edge is no border."""
    height, width = mask.shape
    reaches = range(-reach, reach + 1)
    rows = {by: np.minimum(np.maximum(row + by, 0), height - 1) for by in reaches}
    columns = {by: np.minimum(np.maximum(column + by, 0), width - 1) for by in reaches}
    inner = np.ones(row.size, np.bool_)
    for down in reaches:
        for across in {reach - abs(down), abs(down) - reach}:
            inner &= mask[rows[down], columns[across]]
    return inner


def _without_small(lab: Float, unwanted: NDArray[np.bool_]) -> Float:
    return lab[~unwanted] if 0 < unwanted.mean() < SMALL_PART else lab


def _skin_like(lab: Float) -> NDArray[np.bool_]:
    """Pixels that may be skin: the hues and chromas of the Monk Skin Tone Scale's ten tones, widened by shading."""
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1]))
    return (hue > 35) & (hue < 78) & (chroma > 9) & (chroma < 42) & (lab[:, 0] > 15)


def _clipped(lab: Float) -> NDArray[np.bool_]:
    """Pixels at the ends of the sensor's range: their hue is lost."""
    return (lab[:, 0] > 98.5) | (lab[:, 0] < 1.5)


def _typical(lab: Float) -> Float:
    """The median of the pixels in the lit part of the cloth: neither fold nor highlight."""
    by_light = lab[np.argsort(lab[:, 0])]
    middle = _between(by_light, *LIT)
    if middle[0] > PALE_LIGHTNESS and np.hypot(middle[1], middle[2]) < PALE_CHROMA:
        return _between(by_light, *PALE_LIT)
    return middle


def _between(by_light: Float, low: int, high: int) -> Float:
    first = len(by_light) * low // 100
    last = max(len(by_light) * high // 100, first + 1)
    return np.asarray(np.median(by_light[first:last], axis=0))
