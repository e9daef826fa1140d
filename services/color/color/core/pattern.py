"""Which pattern a garment of several colors has: stripes, checks, dots, or none of these.

Edges between the colors tell it. In stripes, all edges of a neighborhood run one way. In checks, they run two ways that are
perpendicular. Dots are many separate, round spots of about one size. Directions are judged in neighborhoods and not over the
whole garment, because sleeves, legs and folds turn the cloth. Where the answer is not clear, the garment is only patterned:
a wrong "striped" is worse than none.

The measures of direction are the lengths of the mean of e^(2it) and e^(4it) over edges with direction t, weighted by their
strength: the structure tensor's coherence (Bigun and Granlund 1987) and its counterpart for crossings. The thresholds lie in
the gaps between the patterns of look-book photos.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, label, uniform_filter

from fashion.lab import Float, from_rgb

Mask = NDArray[np.bool_]
Map = NDArray[np.float32]

# The garment is looked at with its longer side at most this many pixels. With fewer, small dots are lost.
SIDE = 256
# Directions are summed in blocks of this many pixels; a neighborhood is 5 x 5 blocks.
BLOCK = 14
NEIGHBORHOOD = 5
# Pixels with the same upper bits in R, G and B get one label.
_BITS = 5
# A smaller garment does not show how its colors repeat.
LEAST_PIXELS = 400
LEAST_BLOCKS = 6
# A straight edge through a block of side n gives about 2 x 0.28 n; a block with a quarter of it has an edge.
_EDGE = 0.25 * 2 * 0.28 / BLOCK
# The part of the blocks that must have an edge. Borders, prints and panels leave more cloth without one.
COVER = 0.8
STRIPED_FROM = 0.85
CROSSED_BELOW = 0.25
CHECKED_FROM = 0.25
# Dots: how many, the part of whole spots that are round and of one size, and the part of the cloth that has them near.
DOTS = 7
ROUND_PART = 0.75
SPREAD = 0.75
# A spot is round if its axes differ by less than this, and it fills at least this part of the ellipse with its moments.
LONGEST = 1.6
FILL = 0.85
LEAST_SPOT = 6


class Pattern(Enum):
    """The arrangement of a garment's colors."""

    PLAIN = auto()
    PATTERNED = auto()
    STRIPED = auto()
    CHECKED = auto()
    DOTTED = auto()


@dataclass(frozen=True)
class _Directions:
    """Over blocks with an edge: `cover`, their part; medians of `one` (all edges run one way) and `crossed`, in [0, 1]."""

    cover: float
    one: float
    crossed: float


def find(
    pixels: NDArray[np.uint8], mask: Mask, colors: Float, gains: Float | None = None
) -> Pattern:
    """Return the pattern of a garment.

    `pixels`: RGB uint8 H x W x 3; `mask`: bool H x W, not empty; `colors`: n x 3, its L*a*b* colors after white balance;
    `gains`: the factors of white balance for linear R, G and B. Deterministic.
    """
    if len(colors) < 2:
        return Pattern.PLAIN
    small, inside = _shrunk(pixels, mask)
    inner = uniform_filter(inside.astype(np.float32), 5) > 0.999
    area = _blocks(inner.astype(np.float32))
    cloth = area > BLOCK * BLOCK / 2
    if np.count_nonzero(inner) < LEAST_PIXELS or np.count_nonzero(cloth) < LEAST_BLOCKS:
        return Pattern.PATTERNED
    labels = _labels(small, colors, gains)
    edges = _directions(labels, len(colors), inner, area, cloth)
    if edges.cover >= COVER and edges.one >= STRIPED_FROM:
        return Pattern.STRIPED
    if edges.one >= CROSSED_BELOW:
        return Pattern.PATTERNED
    if edges.crossed >= CHECKED_FROM:
        return Pattern.CHECKED if edges.cover >= COVER else Pattern.PATTERNED
    ground = int(np.bincount(labels[inner], minlength=len(colors)).argmax())
    if _is_dotted((labels != ground) & inside, inner, cloth):
        return Pattern.DOTTED
    return Pattern.PATTERNED


def _shrunk(pixels: NDArray[np.uint8], mask: Mask) -> tuple[NDArray[np.uint8], Mask]:
    """Return the pixels and the mask of the garment's box, each shrunk by the same whole factor to at most SIDE."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cut, inside = pixels[box], mask[box]
    factor = -(-max(inside.shape) // SIDE)
    if factor == 1:
        return cut, inside
    whole = Image.fromarray(inside.view(np.uint8) * np.uint8(255)).reduce(factor)
    return np.asarray(Image.fromarray(cut).reduce(factor)), np.asarray(whole) == 255


def _labels(pixels: NDArray[np.uint8], colors: Float, gains: Float | None) -> NDArray[np.int8]:
    """Return the nearest color of each pixel, with L* halved as in `clusters`."""
    high = (pixels >> (8 - _BITS)).astype(np.int32)
    code = high[..., 0] << 2 * _BITS | high[..., 1] << _BITS | high[..., 2]
    present = np.flatnonzero(np.bincount(code.ravel()))
    parts = np.stack([present >> 2 * _BITS, present >> _BITS, present], axis=1) % (1 << _BITS)
    middle = (parts << (8 - _BITS)) + (1 << (7 - _BITS))
    apart = (from_rgb(middle.astype(np.uint8), gains)[:, None] - colors) * (0.5, 1, 1)
    table = np.zeros(int(present[-1]) + 1, np.int8)
    table[present] = (apart**2).sum(axis=2).argmin(axis=1)
    return np.asarray(table[code])


def _directions(
    labels: NDArray[np.int8], count: int, inner: Mask, area: Map, cloth: Mask
) -> _Directions:
    strength, along, across = (np.zeros(labels.shape, np.float32) for _ in range(3))
    for index in range(count):
        member = gaussian_filter((labels == index).astype(np.float32), 1, truncate=2.5)
        down, right = np.gradient(member)
        strength += right * right + down * down
        along += right * right - down * down
        across += 2 * right * down
    strength *= inner
    along *= inner
    across *= inner
    least = np.maximum(strength, 1e-9)
    sums = _blocks(strength)
    edged = (sums > _EDGE * area) & cloth
    if not edged.any():
        return _Directions(0.0, 0.0, 0.0)
    near = np.maximum(_around(sums), 1e-9)

    def median(cosine: NDArray[np.floating], sine: NDArray[np.floating]) -> float:
        length = np.hypot(_around(_blocks(cosine)), _around(_blocks(sine))) / near
        return float(np.median(length[edged]))

    return _Directions(
        cover=float(np.count_nonzero(edged) / np.count_nonzero(cloth)),
        one=median(along, across),
        crossed=median((along * along - across * across) / least, 2 * along * across / least),
    )


def _blocks(values: NDArray[np.floating]) -> Map:
    """Return the sums over blocks of BLOCK x BLOCK; the last ones may reach beyond the picture."""
    height, width = (-(-side // BLOCK) for side in values.shape)
    padded = np.zeros((height * BLOCK, width * BLOCK), np.float32)
    padded[: values.shape[0], : values.shape[1]] = values
    return np.asarray(padded.reshape(height, BLOCK, width, BLOCK).sum(axis=(1, 3)))


def _around(blocks: Map) -> Map:
    """Return the mean over each block's neighborhood."""
    return np.asarray(uniform_filter(blocks, NEIGHBORHOOD, mode="constant"))


def _is_dotted(spots: Mask, inner: Mask, cloth: Mask) -> bool:
    """Tell whether the spots that the mask does not cut are many, mostly round and of one size, and spread over the cloth."""
    marks, count = label(spots)
    y, x = np.nonzero(marks)
    of = marks[y, x]

    def mean(values: NDArray[np.number]) -> Float:
        return np.asarray(np.bincount(of, values, count + 1) / area)

    size = np.bincount(of, minlength=count + 1)
    area = np.maximum(size, 1)
    middle_y, middle_x = mean(y), mean(x)
    off_y, off_x = y - middle_y[of], x - middle_x[of]
    # A pixel is a square with a spread of its own of 1/12.
    yy, xx, yx = mean(off_y**2) + 1 / 12, mean(off_x**2) + 1 / 12, mean(off_y * off_x)
    determinant = np.maximum(yy * xx - yx**2, 1e-9)
    half = (yy + xx) / 2
    root = np.sqrt(np.maximum(half**2 - determinant, 0))
    longer = np.sqrt((half + root) / np.maximum(half - root, 1e-9))
    filled = size / (4 * np.pi * np.sqrt(determinant))
    cut = np.bincount(marks[~inner], minlength=count + 1) > 0
    cut[0] = True
    whole = ~cut & (size >= LEAST_SPOT)
    if np.count_nonzero(whole) < DOTS:
        return False
    typical = np.median(size[whole])
    alike = (size > typical / 2) & (size < typical * 2)
    dots = whole & alike & (longer < LONGEST) & (filled > FILL)
    has = np.zeros(cloth.shape, np.float32)
    has[(middle_y[dots] // BLOCK).astype(int), (middle_x[dots] // BLOCK).astype(int)] = 1
    spread = np.count_nonzero((uniform_filter(has, 3, mode="constant") > 0.01) & cloth)
    return bool(
        np.count_nonzero(dots) >= max(DOTS, ROUND_PART * np.count_nonzero(whole))
        and size[dots].sum() >= ROUND_PART * size[~cut].sum()
        and spread >= SPREAD * np.count_nonzero(cloth)
    )
