"""The colors of one garment from its pixels and its mask. Only the pixels are known, so black counts as a color too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from color.core.clusters import colors_of
from fashion.lab import Float, chroma, from_rgb, to_rgb

SAMPLE = 1600
MAX_COLORS = 4
# A fixed jitter within each stratum of the mask: it covers the mask evenly, does not fall in step with stripes, and is
# the same every time.
_JITTER = np.random.default_rng(0).random(SAMPLE)

# Pixels at the border mix with the background. Those within 2 pixels of it are left out, or within 1, if at least this
# part of the pixels remains.
BORDER_KEEPS = 0.4
# Skin-like and clipped pixels are dropped only if they are a smaller part than this. Otherwise beige, nude, white and
# black clothes would vanish.
SMALL_PART = 0.2

# Hues of 35 to 78 degrees, as b* / a*.
_SKIN_HUE = np.tan(np.radians((35, 78)))

# Shadows, folds and seams take more light from a cloth than highlights add. So its own color is lighter than the median
# pixel: it is measured between these percentiles of L*.
LIT = (40, 80)
# White and ivory can't be much lighter than they are: shading only darkens them, so their color is in the lighter half.
PALE_LIT = (60, 95)
PALE_LIGHTNESS = 87.0
PALE_CHROMA = 16.0


@dataclass(frozen=True)
class MeasuredColor:
    """One color of a garment: L*a*b* (3,), sRGB uint8 (3,), and its share of the pixels in (0, 1]."""

    lab: Float
    rgb: NDArray[np.uint8]
    share: float


@dataclass(frozen=True)
class GarmentColors:
    """At most four colors, the main one first; shares add up to 1."""

    colors: tuple[MeasuredColor, ...]


def extract(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], gains: Float | None = None
) -> GarmentColors:
    """Measure a garment.

    `pixels`: RGB uint8 H x W x 3; `mask`: bool H x W, its visible pixels; `gains`: factors for linear R, G and B that
    remove colored light, see white_balance. Deterministic. Raise ValueError if the sizes differ or the mask is empty.
    """
    if mask.shape != pixels.shape[:2]:
        raise ValueError(f"the mask is {mask.shape}, the photo {pixels.shape[:2]}")
    lab = from_rgb(pixels.reshape(-1, 3)[_sample(mask)], gains)
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
    )


def _sample(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return flat indices of at most SAMPLE pixels, spread evenly over the mask, away from its border if enough are."""
    flat = mask.ravel()
    step = _step(int(np.count_nonzero(flat)), mask.shape[1])
    inside: NDArray[np.int64] = np.flatnonzero(flat[::step]) * step
    if not inside.size:  # an empty mask, or one in step with the sample
        inside = np.flatnonzero(flat)
    if not inside.size:
        raise ValueError("the mask is empty")
    if inside.size > SAMPLE:
        inside = inside[((np.arange(SAMPLE) + _JITTER) * (inside.size / SAMPLE)).astype(np.int64)]
    for reach in (2, 1):
        around = inside[:, None] + _ring(reach, mask.shape[1])
        inner: NDArray[np.bool_] = flat[np.minimum(np.maximum(around, 0), flat.size - 1)].all(
            axis=1
        )
        if np.count_nonzero(inner) >= BORDER_KEEPS * inner.size:
            return inside[inner]
    return inside


def _step(area: int, width: int) -> int:
    """Return n so that every n-th pixel is enough: at least twice SAMPLE remain of the mask, and no column is missed."""
    step = max(area // (2 * SAMPLE), 1)
    while step > 1 and width % step in (0, 1, step - 1):
        step -= 1
    return step


def _ring(reach: int, width: int) -> NDArray[np.int64]:
    """Return the offsets of the pixels at city-block distance `reach` in a photo of this width."""
    return np.array(
        [
            down * width + across
            for down in range(-reach, reach + 1)
            for across in {reach - abs(down), abs(down) - reach}
        ]
    )


def _without_small(lab: Float, unwanted: NDArray[np.bool_]) -> Float:
    count = np.count_nonzero(unwanted)
    return lab[~unwanted] if 0 < count < SMALL_PART * len(lab) else lab


def _skin_like(lab: Float) -> NDArray[np.bool_]:
    """Return which pixels may be skin: hues and chromas of the ten Monk Skin Tone Scale tones, widened for shading."""
    a, b = lab[:, 1], lab[:, 2]
    chroma2 = a * a + b * b
    hue = (a > 0) & (b > _SKIN_HUE[0] * a) & (b < _SKIN_HUE[1] * a)
    skin: NDArray[np.bool_] = hue & (chroma2 > 9**2) & (chroma2 < 42**2) & (lab[:, 0] > 15)
    return skin


def _clipped(lab: Float) -> NDArray[np.bool_]:
    """Return which pixels are at the ends of the sensor's range, where the hue is lost."""
    return (lab[:, 0] > 98.5) | (lab[:, 0] < 1.5)


def _typical(lab: Float) -> Float:
    """Return the median of the pixels in the lit part of the cloth: neither fold nor highlight."""
    by_light = lab[np.argsort(lab[:, 0])]
    middle = _between(by_light, *LIT)
    if middle[0] > PALE_LIGHTNESS and chroma(middle) < PALE_CHROMA:
        return _between(by_light, *PALE_LIT)
    return middle


def _between(by_light: Float, low: int, high: int) -> Float:
    first = len(by_light) * low // 100
    last = max(len(by_light) * high // 100, first + 1)
    return np.asarray(np.median(by_light[first:last], axis=0))
