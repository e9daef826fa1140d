"""Colours of one garment from its pixels and its mask: nothing is known but the pixels, so black is a colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from color.lab import Float, ciede2000, from_rgb, to_rgb
from color.naming import Named, Namer

SAMPLE = 4000
MAX_COLORS = 4
# A fixed jitter within each stratum of the mask: even cover without falling in step with stripes, the same every time.
_JITTER = np.random.default_rng(0).random(SAMPLE)

# Pixels at the border mix with what is behind; as many layers are eroded as leave at least this part.
ERODE_PIXELS = 2
ERODE_KEEPS = 0.4
# Skin-like and clipped pixels are dropped only below this part, or beige, nude, white and black clothes would vanish.
SMALL_PART = 0.2

CLUSTERS = 8
ITERATIONS = 12
# Clusters closer than this are one colour. Light counts for half (k_L = 2, as for textiles), so folds stay one colour.
MERGE_BELOW = 8.0
# Clusters further apart are still one colour up to here if the pixels between them are as many as in the smaller one:
# a fold or a shadow shades off, a print has an edge.
SHADES_BELOW = 30.0
# In less light L*, a* and b* shrink alike; two colours that are so within this much may be one.
SHADE_WITHIN = 6.0
# A colour with a smaller part is a shadow, a seam or a print too small to name.
MIN_SHARE = 0.05
# Threads or edges of two colours mix to one on the line between them. It is no colour of its own if it has a small part,
# or the part that weaving gives it: of a check of two colours with parts p and q, 2 sqrt(pq) of the cloth is mixed.
MIX_WITHIN = 10.0
MIX_SMALL = 0.12
WEAVE_TOLERANCE = 0.1
# A pale cloth can't be much lighter than it is, so shading only darkens it: its colour is in its lighter half.
PALE_LIGHTNESS = 75.0
PALE_CHROMA = 22.0


@dataclass(frozen=True)
class MeasuredColor:
    """One colour of a garment: median L*a*b* and sRGB uint8 (3,), name, part of the pixels in (0, 1]."""

    lab: Float
    rgb: NDArray[np.uint8]
    named: Named
    share: float


@dataclass(frozen=True)
class GarmentColors:
    """At most four colours, the main one first, shares adding up to 1. `patterned`: there is more than one."""

    colors: tuple[MeasuredColor, ...]
    patterned: bool


def extract(pixels: NDArray[np.uint8], mask: NDArray[np.bool_], namer: Namer) -> GarmentColors:
    """Measures a garment.

    `pixels`: RGB uint8 H x W x 3; `mask`: bool H x W, its visible pixels. Deterministic. Raises ValueError if the sizes
    differ or the mask is empty.
    """
    if mask.shape != pixels.shape[:2]:
        raise ValueError(f"the mask is {mask.shape}, the photo {pixels.shape[:2]}")
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        raise ValueError("the mask is empty")
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    chosen = _sample(_eroded(mask[box]))
    lab = from_rgb(pixels[box].reshape(-1, 3)[chosen])
    lab = _without_small(lab, _skin_like(lab))
    lab = _without_small(lab, _clipped(lab))
    centres, labels = _merge(lab, *_cluster(lab))
    labels, pure = _without_mixtures(centres, labels)
    shares = np.bincount(labels, minlength=len(centres)) / len(labels)
    colors = []
    for index in np.argsort(-shares, kind="stable")[:MAX_COLORS]:
        if not shares[index]:
            break
        middle = _median(lab[pure == index])
        colors.append((middle, namer.name(middle), float(shares[index])))
    total = sum(share for _, _, share in colors)
    return GarmentColors(
        tuple(
            MeasuredColor(middle, to_rgb(middle), named, share / total)
            for middle, named, share in colors
        ),
        patterned=len(colors) > 1,
    )


def _eroded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    area = np.count_nonzero(mask)
    for _ in range(ERODE_PIXELS):
        inner = np.zeros_like(mask)
        inner[1:-1, 1:-1] = (
            mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
        )
        if np.count_nonzero(inner) < ERODE_KEEPS * area:
            return mask
        mask = inner
    return mask


def _sample(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Flat indices of at most SAMPLE pixels, spread evenly over the mask."""
    inside = np.flatnonzero(mask)
    if inside.size <= SAMPLE:
        return inside
    return inside[((np.arange(SAMPLE) + _JITTER) * (inside.size / SAMPLE)).astype(np.int64)]


def _without_small(lab: Float, unwanted: NDArray[np.bool_]) -> Float:
    return lab[~unwanted] if unwanted.mean() < SMALL_PART else lab


def _skin_like(lab: Float) -> NDArray[np.bool_]:
    """Pixels that may be skin: the hues and chromas of the Monk Skin Tone Scale's ten tones, widened by shading."""
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1]))
    return (hue > 35) & (hue < 78) & (chroma > 9) & (chroma < 42) & (lab[:, 0] > 15)


def _clipped(lab: Float) -> NDArray[np.bool_]:
    """Pixels at the ends of the sensor's range: their hue is lost."""
    return (lab[:, 0] > 98.5) | (lab[:, 0] < 1.5)


def _cluster(lab: Float) -> tuple[Float, NDArray[np.int64]]:
    """k-means of n x 3 in L*a*b* with L* halved, from centres that lie farthest apart: centres (with full L*), labels.

    Centres are found on every fourth pixel: finding them takes most of the time, and a thousand pixels place them well.
    """
    points = lab * (0.5, 1, 1)
    few = points[:: max(1, len(points) * 4 // SAMPLE)]
    nearest = ((few - np.median(few, axis=0)) ** 2).sum(axis=1)
    centres = [few[int(np.argmin(nearest))]]
    nearest = ((few - centres[0]) ** 2).sum(axis=1)
    while len(centres) < CLUSTERS and nearest.max() > 1:
        centres.append(few[int(np.argmax(nearest))])
        nearest = np.minimum(nearest, ((few - centres[-1]) ** 2).sum(axis=1))
    middle = np.array(centres)
    labels = np.full(len(few), -1)
    for _ in range(ITERATIONS):
        before, labels = labels, _nearest(few, middle)
        if (before == labels).all():
            break
        count = np.bincount(labels, minlength=len(middle))
        for axis in range(3):
            total = np.bincount(labels, weights=few[:, axis], minlength=len(middle))
            middle[:, axis] = np.where(count, total / np.maximum(count, 1), middle[:, axis])
    return middle * (2, 1, 1), _nearest(points, middle)


def _nearest(points: Float, centres: Float) -> NDArray[np.int64]:
    # Squared distance without the points' own norms, which don't change which centre is nearest.
    distance = (centres**2).sum(axis=1) - 2 * points @ centres.T
    return np.asarray(np.argmin(distance, axis=1))


def _merge(
    lab: Float, centres: Float, labels: NDArray[np.int64]
) -> tuple[Float, NDArray[np.int64]]:
    """Joins clusters until all are MERGE_BELOW apart and none is a shade of another, then small ones to their nearest."""
    weight = np.bincount(labels, minlength=len(centres)).astype(float)
    used = weight > 0
    labels = (np.cumsum(used) - 1)[labels]
    centres, weight = centres[used], weight[used]
    while len(centres) > 1:
        apart = ciede2000(centres[:, None], centres[None], k_l=2.0)
        np.fill_diagonal(apart, np.inf)
        pair = _closest(lab, centres, labels, apart)
        if pair is None:
            small = int(np.argmin(weight))
            if weight[small] >= MIN_SHARE * weight.sum():
                break
            pair = (small, int(np.argmin(apart[small])))
        kept, gone = sorted(pair)
        both = [kept, gone]
        centres[kept] = np.average(centres[both], axis=0, weights=weight[both])
        weight[kept] += weight[gone]
        centres, weight = np.delete(centres, gone, axis=0), np.delete(weight, gone)
        labels = np.where(labels == gone, kept, labels)
        labels = labels - (labels > gone)
    return centres, labels


def _closest(
    lab: Float, centres: Float, labels: NDArray[np.int64], apart: Float
) -> tuple[int, int] | None:
    """The closest pair of clusters that are one colour, if any."""
    upper = np.triu(apart, 1)
    first, second = np.nonzero((upper > 0) & (upper < SHADES_BELOW))
    for index in np.argsort(upper[first, second], kind="stable"):
        a, b = int(first[index]), int(second[index])
        if upper[a, b] < MERGE_BELOW or _shade_off(lab, centres, labels, a, b):
            return a, b
    return None


def _shade_off(lab: Float, centres: Float, labels: NDArray[np.int64], a: int, b: int) -> bool:
    """Whether b is a in another light: the same chromaticity, and no gap between their pixels."""
    dark, light = sorted((centres[a], centres[b]), key=lambda centre: float(centre[0]))
    dimmed = light * (dark[0] / max(light[0], 1e-9))
    if ciede2000(dimmed, dark) > SHADE_WITHIN:
        return False
    line = centres[b] - centres[a]
    members = lab[(labels == a) | (labels == b)]
    at = (members - centres[a]) @ line / (line @ line)
    ends = min(np.count_nonzero(np.abs(at) < 0.15), np.count_nonzero(np.abs(at - 1) < 0.15))
    return bool(np.count_nonzero(np.abs(at - 0.5) < 0.15) >= 0.6 * ends)


def _without_mixtures(
    centres: Float, labels: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Gives clusters that are mixtures of two others to the nearer one.

    Returns the labels by which shares count, and those of pure pixels only (-1 elsewhere), from which colours are measured.
    """
    pure = labels
    rgb = to_rgb(centres).astype(float)
    share = np.bincount(labels, minlength=len(centres)) / len(labels)
    for mixed in np.argsort(share, kind="stable")[::-1]:
        ends = _ends(int(mixed), centres, rgb, share)
        if ends is not None:
            labels = np.where(labels == mixed, ends, labels)
            pure = np.where(pure == mixed, -1, pure)
            share[ends] += share[mixed]
            share[mixed] = 0
    return labels, pure


def _ends(mixed: int, centres: Float, rgb: Float, share: Float) -> int | None:
    """The nearer of the two colours that cluster `mixed` is a mixture of, or None."""
    others = [i for i in range(len(rgb)) if i != mixed and share[i]]
    for a in others:
        for b in others:
            line = rgb[b] - rgb[a]
            at = float((rgb[mixed] - rgb[a]) @ line / max(line @ line, 1e-9))
            if not 0.1 < at <= 0.5:
                continue
            on_line = from_rgb((rgb[a] + at * line).round().astype(np.uint8))
            woven = abs(np.sqrt(share[a]) + np.sqrt(share[b]) - 1) < WEAVE_TOLERANCE
            if ciede2000(on_line, centres[mixed]) < MIX_WITHIN and (
                share[mixed] < MIX_SMALL or woven
            ):
                return a
    return None


def _median(lab: Float) -> Float:
    """The median of the pixels between the 20th and 80th percentile of L*: neither fold nor highlight."""
    low, high = np.percentile(lab[:, 0], (20, 80))
    pale = lab[:, 0] > PALE_LIGHTNESS
    if pale.mean() > 0.5 and np.hypot(*np.median(lab[:, 1:], axis=0)) < PALE_CHROMA:
        low, high = np.percentile(lab[:, 0], (60, 95))
    inside = lab[(lab[:, 0] >= low) & (lab[:, 0] <= high)]
    return np.asarray(np.median(inside, axis=0))
