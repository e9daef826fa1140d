"""Pixels of a garment that have one color: clusters in L*a*b*, joined as an eye joins light, fold and thread."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from fashion.lab import Float, ciede2000, from_rgb, to_rgb

Labels = NDArray[np.int64]

CLUSTERS = 6
ITERATIONS = 3
# Centers are found on this many pixels: the smallest color that is reported still has about 20 of them.
PLACED_BY = 400
# No more center is placed once all pixels are nearer than this to one that is there: it would be merged again.
PLACE_APART = 8.0
# Clusters closer than this are one color. Lightness counts half (k_L = 2, as for textiles), so folds stay one color.
MERGE_BELOW = 8.0
# Clusters farther apart than that, but closer than this, are still one color if about as many pixels lie between them as
# in the smaller one: a fold or a shadow changes gradually, a print has an edge.
SHADES_BELOW = 30.0
# In less light L*, a* and b* shrink by the same factor. Two colors that differ from this by no more may be one.
SHADE_WITHIN = 6.0
# A gap has fewer pixels than this part of the smaller peak beside it.
GAP = 0.6
# Without clusters: chromaticities within this of the garment's are the same, and lightness is counted in these steps.
ONE_WITHIN = 8.0
LIGHT_STEP = 4.0
GAP_NOISE = 0.02
# A color with a smaller share is a shadow, a seam, or a print that is too small to name.
MIN_SHARE = 0.05
# Threads or edges of two colors mix to a color on the line between them. It is not a color of its own if its share is
# small, or the share that weaving gives it: in a check of two colors with shares p and q, 2 sqrt(pq) of the cloth is mixed.
MIX_WITHIN = 10.0
MIX_SMALL = 0.16
WEAVE_TOLERANCE = 0.1


def colors_of(lab: Float) -> tuple[Labels, Labels]:
    """Return the color of each pixel (`lab`: n x 3, n > 0) as labels from 0; some numbers may not occur.

    There are two arrays of n labels. Count shares by the first. Measure colors by the second, in which pixels that mix
    two colors are -1. Deterministic.
    """
    if _is_one_shade(lab):
        one = np.zeros(len(lab), np.int64)
        return one, one
    centers, labels = _merge(lab, *_cluster(lab))
    if len(centers) < 3:
        return labels, labels
    return _without_mixtures(lab, centers, labels)


def _is_one_shade(lab: Float) -> bool:
    """Tell whether almost all pixels have one chromaticity in more or less light, without a gap: most plain cloth.

    Such pixels need no clusters. In less light L*, a* and b* shrink by the same factor.
    """
    middle = np.median(lab[::4], axis=0)
    apart = lab[:, 1:] - middle[1:] * (lab[:, :1] / max(float(middle[0]), 1.0))
    if np.count_nonzero(_squared(apart) < ONE_WITHIN**2) < (1 - MIN_SHARE) * len(lab):
        return False
    height = np.bincount((lab[:, 0] / LIGHT_STEP).astype(np.int64))
    peaks = np.minimum(np.maximum.accumulate(height), np.maximum.accumulate(height[::-1])[::-1])
    return bool((height >= GAP * peaks - GAP_NOISE * len(lab)).all())


def _cluster(lab: Float) -> tuple[Float, Labels]:
    """Run k-means in L*a*b* with L* halved, from centers that are farthest apart; return centers (with full L*) and labels."""
    points = lab * (0.5, 1, 1)
    few = points[:: -(-len(points) // PLACED_BY)]
    nearest = _squared(few - np.median(few, axis=0))
    at = int(nearest.argmin())
    chosen = [at]
    nearest = _squared(few - few[at])
    while len(chosen) < CLUSTERS:
        at = int(nearest.argmax())
        if nearest[at] <= PLACE_APART**2:
            break
        chosen.append(at)
        nearest = np.minimum(nearest, _squared(few - few[at]))
    centers = few[chosen]
    every = np.arange(len(centers))[:, None]
    labels = np.full(len(few), -1)
    for _ in range(ITERATIONS):
        before, labels = labels, _nearest(few, centers)
        if (before == labels).all():
            break
        members = (labels == every).astype(float)
        count = members.sum(axis=1)[:, None]
        centers = np.where(count, members @ few / np.maximum(count, 1), centers)
    return centers * (2, 1, 1), _nearest(points, centers)


def _squared(apart: Float) -> Float:
    return np.asarray(np.einsum("ij,ij->i", apart, apart))


def _nearest(points: Float, centers: Float) -> Labels:
    # Squared distance without the points' own norms, which don't change which center is nearest.
    return np.asarray((_squared(centers) - 2 * points @ centers.T).argmin(axis=1))


def _merge(lab: Float, centers: Float, labels: Labels) -> tuple[Float, Labels]:
    """Join clusters until all are MERGE_BELOW apart and none is a shade of another; then join small ones to the nearest."""
    weight = np.bincount(labels, minlength=len(centers)).astype(float)
    used = weight > 0
    labels = (used.cumsum() - 1)[labels]
    centers, weight = centers[used], weight[used]
    while True:
        apart, dimmed = _apart(centers)
        pairs = _mutual(apart) or _shades(lab, centers, labels, apart, dimmed)
        if not pairs:
            break
        into = np.arange(len(centers))
        for kept, gone in pairs:
            both = [kept, gone]
            total = weight[both].sum()
            centers[kept] = weight[both] @ centers[both] / total
            weight[kept] = total
            into[gone] = kept
        left = into == np.arange(len(centers))
        labels = (left.cumsum() - 1)[into][labels]
        centers, weight = centers[left], weight[left]
    return _without_small(centers, labels, weight, apart)


def _apart(centers: Float) -> tuple[Float, Float]:
    """Return two k x k arrays of CIEDE2000 differences, infinite on the diagonal.

    The first is between the centers. The second is between the darker one and the lighter one dimmed to its lightness.
    """
    first, second = _pairs(len(centers))
    one, other = centers[first], centers[second]
    darker = (one[:, 0] < other[:, 0])[:, None]
    dark, light = np.where(darker, one, other), np.where(darker, other, one)
    dimmed = light * (dark[:, :1] / np.maximum(light[:, :1], 1e-9))
    # Both in one call: with so few pairs, the call itself is what costs time.
    halves = np.repeat((2.0, 1.0), len(first))
    both = ciede2000(np.concatenate([one, dimmed]), np.concatenate([other, dark]), halves)
    result = np.full((2, len(centers), len(centers)), np.inf)
    result[:, first, second] = result[:, second, first] = both.reshape(2, -1)
    return result[0], result[1]


@cache
def _pairs(count: int) -> tuple[Labels, Labels]:
    return np.triu_indices(count, 1)


def _mutual(apart: Float) -> list[tuple[int, int]]:
    """Return the pairs that are one color by distance and each other's nearest: joining one does not affect another."""
    nearest = apart.argmin(axis=1)
    return [
        (one, int(other))
        for one, other in enumerate(nearest)
        if one < other and nearest[other] == one and apart[one, other] < MERGE_BELOW
    ]


def _shades(
    lab: Float, centers: Float, labels: Labels, apart: Float, dimmed: Float
) -> list[tuple[int, int]]:
    """Return the closest pair of which one is the other in less light, if any: same chromaticity, and no gap between."""
    first, second = np.nonzero(np.triu((apart < SHADES_BELOW) & (dimmed <= SHADE_WITHIN)))
    for index in np.argsort(apart[first, second], kind="stable"):
        a, b = int(first[index]), int(second[index])
        if _is_continuous(lab, centers, labels, a, b):
            return [(a, b)]
    return []


def _is_continuous(lab: Float, centers: Float, labels: Labels, a: int, b: int) -> bool:
    """Tell whether pixels lie between two clusters about as densely as at the less dense of their centers."""
    line = centers[b] - centers[a]
    members = lab[(labels == a) | (labels == b)]
    at = (members - centers[a]) @ (line / (line @ line))
    ends = min(np.count_nonzero(np.abs(at) < 0.15), np.count_nonzero(np.abs(at - 1) < 0.15))
    return bool(np.count_nonzero(np.abs(at - 0.5) < 0.15) >= GAP * ends)


def _without_small(
    centers: Float, labels: Labels, weight: Float, apart: Float
) -> tuple[Float, Labels]:
    """Join clusters with less than MIN_SHARE to their nearest, the smallest first."""
    least = MIN_SHARE * weight.sum()
    while True:
        alive = np.flatnonzero(np.isfinite(apart).any(axis=1))
        if not alive.size:
            return centers, labels
        small = int(alive[weight[alive].argmin()])
        if weight[small] >= least:
            return centers, labels
        near = int(apart[small].argmin())
        weight[near] += weight[small]
        labels = np.where(labels == small, near, labels)
        apart[small] = apart[:, small] = np.inf


def _without_mixtures(lab: Float, centers: Float, labels: Labels) -> tuple[Labels, Labels]:
    """Give the pixels of clusters that mix two others to the nearer of the two; they are -1 in the second labels."""
    pure = labels
    rgb = to_rgb(centers).astype(float)
    share = np.bincount(labels, minlength=len(centers)) / len(labels)
    for mixed in np.argsort(-share, kind="stable"):
        ends = _ends(int(mixed), centers, rgb, share)
        if ends is not None:
            near, far = ends
            closer = _squared(lab - centers[near]) <= _squared(lab - centers[far])
            labels = np.where(labels == mixed, np.where(closer, near, far), labels)
            pure = np.where(pure == mixed, -1, pure)
            share = np.bincount(labels, minlength=len(centers)) / len(labels)
    return labels, pure


def _ends(mixed: int, centers: Float, rgb: Float, share: Float) -> tuple[int, int] | None:
    """Return the two clusters that cluster `mixed` is a mixture of, the nearer one first, or None."""
    if not share[mixed]:
        return None
    others = [i for i in range(len(rgb)) if i != mixed and share[i]]
    for a in others:
        for b in others:
            woven = abs(np.sqrt(share[a]) + np.sqrt(share[b]) - 1) < WEAVE_TOLERANCE
            if a == b or not (share[mixed] < MIX_SMALL or woven):
                continue
            line = rgb[b] - rgb[a]
            at = float((rgb[mixed] - rgb[a]) @ line / max(line @ line, 1e-9))
            if not 0.1 < at <= 0.5:
                continue
            on_line = from_rgb((rgb[a] + at * line).round().astype(np.uint8))
            if ciede2000(on_line, centers[mixed]) < MIX_WITHIN:
                return a, b
    return None
