"""Careful white balance: colored light is removed only as far as the photo clearly shows it.

Five classical estimates of the light are made from what is outside the garments: gray world, shades of gray (Finlayson and
Trezzi 2004), the brightest pixels, and gray edge with two norms (van de Weijer, Gevers and Gijsenij 2007). Each relies
on something else. Where they agree, they hardly see just one colored thing. But a colored room misleads all of them in the
same way. So a shift that surroundings alone may cause stays, and only what exceeds it is removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fashion.lab import LINEAR, Float, to_code

# Estimates are made on about this many blocks of the photo: noise averages out, small things remain.
BLOCKS = 12_000
# A garment's color spills over to what is beside it, and masks are not exact: a border of this many blocks is left out.
MARGIN = 3
# Blocks brighter than this hold clipped pixels, whose chromaticity is lost.
CLIPPED = 245
# A photo that is nearly all garment, or nearly all clipped, tells nothing: at least this part must remain.
ENOUGH = 0.15
# All five must be within this of their mean. Chromaticity is (ln R/G, ln B/G) in linear light.
AGREE = 0.15
# The 10th and 90th percentile of the blocks' chromaticities must be this far apart: a room of one color tells nothing.
VARIETY = 0.8
# In white light, the colors of surroundings alone may shift the mean by this much: the 99th percentile of look-book photos
# that pass the two tests above.
SURROUNDINGS = 0.3
# Farther from white than this, it is probably the room and not the light.
EXTREME = 0.6
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


class Outcome(Enum):
    """What was done about the light."""

    APPLIED = auto()
    NEUTRAL = auto()
    UNCERTAIN = auto()
    EXTREME = auto()


@dataclass(frozen=True)
class Balance:
    """`gains`: factors for linear R, G and B that remove the light, or None. `light`: its sRGB 0xRRGGBB, 0 if unknown."""

    outcome: Outcome
    gains: Float | None = None
    light: int = 0


def estimate(pixels: NDArray[np.uint8], garments: Sequence[NDArray[np.bool_]]) -> Balance:
    """Estimate the light of a photo (RGB uint8 H x W x 3) from what is outside the garments (masks bool H x W)."""
    step = max(1, int(np.sqrt(pixels.shape[0] * pixels.shape[1] / BLOCKS)))
    blocks = np.asarray(Image.fromarray(pixels).reduce(step))
    use = blocks.max(axis=2) < CLIPPED
    for mask in garments:
        inside = np.asarray(Image.fromarray(mask.view(np.uint8) * np.uint8(255)).reduce(step)) > 0
        use &= ~_grown(inside, MARGIN)
    if np.count_nonzero(use) < ENOUGH * use.size:
        return Balance(Outcome.UNCERTAIN)
    linear = LINEAR[blocks]
    estimates = _estimates(linear, use)
    if estimates is None or _variety(linear[use]) < VARIETY:
        return Balance(Outcome.UNCERTAIN)
    mean = estimates.mean(axis=0)
    if np.hypot(*(estimates - mean).T).max() > AGREE:
        return Balance(Outcome.UNCERTAIN)
    size = float(np.hypot(*mean))
    if size > EXTREME:
        return Balance(Outcome.EXTREME, light=_code(mean))
    if size <= SURROUNDINGS:
        return Balance(Outcome.NEUTRAL, light=_code(mean))
    light = mean * (1 - SURROUNDINGS / size)
    # Von Kries in linear light, with luminance kept: exposure is not the light's color.
    gains = 1 / _factors(light)
    return Balance(Outcome.APPLIED, gains / (gains @ _LUMINANCE), _code(light))


def _estimates(linear: Float, use: NDArray[np.bool_]) -> Float | None:
    """Return five estimates, 5 x 2 chromaticities, from the blocks (linear RGB h x w x 3) in use; None if a channel is dark."""
    x = linear[use]
    bright = x @ _LUMINANCE
    edges = use[1:, 1:] & use[:-1, 1:] & use[1:, :-1]
    across, down = linear[1:, 1:] - linear[1:, :-1], linear[1:, 1:] - linear[:-1, 1:]
    edge = np.sqrt(across**2 + down**2)[edges]
    if not len(edge):
        return None
    light = np.array(
        [
            x.mean(axis=0),
            (x**6).mean(axis=0) ** (1 / 6),
            x[bright >= np.percentile(bright, 97)].mean(axis=0),
            edge.mean(axis=0),
            (edge**6).mean(axis=0) ** (1 / 6),
        ]
    )
    if light.min() < 1e-5:
        return None
    return np.asarray(np.log(light[:, [0, 2]] / light[:, 1:2]))


def _variety(linear: Float) -> float:
    """Return how far apart the chromaticities of blocks (linear RGB n x 3) are."""
    logs = np.log(np.maximum(linear, 1e-4))
    low, high = np.percentile(logs[:, [0, 2]] - logs[:, 1:2], (10, 90), axis=0)
    return float(np.hypot(*(high - low)))


def _grown(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Return the mask with all that is within city-block distance `reach` of it."""
    grown = mask
    for _ in range(reach):
        wider = grown.copy()
        wider[1:] |= grown[:-1]
        wider[:-1] |= grown[1:]
        wider[:, 1:] |= grown[:, :-1]
        wider[:, :-1] |= grown[:, 1:]
        grown = wider
    return grown


def _factors(light: Float) -> Float:
    return np.asarray(np.exp(np.array([light[0], 0.0, light[1]])))


def _code(light: Float) -> int:
    factors = _factors(light)
    return int.from_bytes(to_code(factors / factors.max()).tobytes(), "big")
