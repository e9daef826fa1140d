"""Which pixels of a garment have one colour: clusters in L*a*b*, joined as an eye joins light, fold and thread."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from fashion.lab import Float, ciede2000, from_rgb, to_rgb

Labels = NDArray[np.int64]

CLUSTERS = 6
ITERATIONS = 3
# Centres are found on this many pixels: a colour of the smallest part that is told still has a score of them.
PLACED_BY = 400
# No further centre is placed nearer than this to all that are there: it would be merged again.
PLACE_APART = 8.0
# Clusters closer than this are one colour. Light counts for half (k_L = 2, as for textiles), so folds stay one colour.
MERGE_BELOW = 8.0
# Clusters further apart are still one colour up to here if the pixels between them are as many as in the smaller one:
# a fold or a shadow shades off, a print has an edge.
SHADES_BELOW = 30.0
# In less light L*, a* and b* shrink alike; two colours that are so within this much may be one.
SHADE_WITHIN = 6.0
# A gap: fewer pixels than this part of the smaller heap on either side.
GAP = 0.6
# Without clusters: chromaticities within this of the garment's are one, and lightness is looked at in steps of this.
ONE_WITHIN = 8.0
LIGHT_STEP = 4.0
GAP_NOISE = 0.02
# A colour with a smaller part is a shadow, a seam or a print too small to name.
MIN_SHARE = 0.05
# Threads or edges of two colours mix to one on the line between them. It is no colour of its own if it has a small part,
# or the part that weaving gives it: of a check of two colours with parts p and q, 2 sqrt(pq) of the cloth is mixed.
MIX_WITHIN = 10.0
MIX_SMALL = 0.16
WEAVE_TOLERANCE = 0.1


def colors_of(lab: Float) -> tuple[Labels, Labels]:
    """Which colour each pixel has (`lab`: n x 3, n > 0).

    Two arrays of n labels from 0, not all of which need occur: by the first shares are counted; in the second pixels
    that mix two colours, from which none is to be measured, are -1. Deterministic.
    """
    if _one_shade(lab):
        one = np.zeros(len(lab), np.int64)
        return one, one
    centres, labels = _merge(lab, *_cluster(lab))
    if len(centres) < 3:
        return labels, labels
    return _without_mixtures(lab, centres, labels)


def _one_shade(lab: Float) -> bool:
    """Whether almost all pixels are one chromaticity in more or less light, with no gap between: most plain cloth.

    Then clusters need not be looked for. In less light L*, a* and b* shrink alike.
    """
    middle = np.median(lab[::4], axis=0)
    apart = lab[:, 1:] - middle[1:] * (lab[:, :1] / max(float(middle[0]), 1.0))
    if np.count_nonzero(_squared(apart) < ONE_WITHIN**2) < (1 - MIN_SHARE) * len(lab):
        return False
    height = np.bincount((lab[:, 0] / LIGHT_STEP).astype(np.int64))
    peaks = np.minimum(np.maximum.accumulate(height), np.maximum.accumulate(height[::-1])[::-1])
    return bool((height >= GAP * peaks - GAP_NOISE * len(lab)).all())


def _cluster(lab: Float) -> tuple[Float, Labels]:
    """k-means in L*a*b* with L* halved, from centres that lie farthest apart: centres (with full L*), labels."""
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
    centres = few[chosen]
    every = np.arange(len(centres))[:, None]
    labels = np.full(len(few), -1)
    for _ in range(ITERATIONS):
        before, labels = labels, _nearest(few, centres)
        if (before == labels).all():
            break
        members = (labels == every).astype(float)
        count = members.sum(axis=1)[:, None]
        centres = np.where(count, members @ few / np.maximum(count, 1), centres)
    return centres * (2, 1, 1), _nearest(points, centres)


def _squared(apart: Float) -> Float:
    return np.asarray(np.einsum("ij,ij->i", apart, apart))


def _nearest(points: Float, centres: Float) -> Labels:
    # Squared distance without the points' own norms, which don't change which centre is nearest.
    return np.asarray((_squared(centres) - 2 * points @ centres.T).argmin(axis=1))


def _merge(lab: Float, centres: Float, labels: Labels) -> tuple[Float, Labels]:
    """Joins clusters until all are MERGE_BELOW apart and none is a shade of another, then small ones to their nearest."""
    weight = np.bincount(labels, minlength=len(centres)).astype(float)
    used = weight > 0
    labels = (used.cumsum() - 1)[labels]
    centres, weight = centres[used], weight[used]
    while True:
        apart, dimmed = _apart(centres)
        pairs = _mutual(apart) or _shades(lab, centres, labels, apart, dimmed)
        if not pairs:
            break
        into = np.arange(len(centres))
        for kept, gone in pairs:
            both = [kept, gone]
            total = weight[both].sum()
            centres[kept] = weight[both] @ centres[both] / total
            weight[kept] = total
            into[gone] = kept
        left = into == np.arange(len(centres))
        labels = (left.cumsum() - 1)[into][labels]
        centres, weight = centres[left], weight[left]
    return _without_small(centres, labels, weight, apart)


def _apart(centres: Float) -> tuple[Float, Float]:
    """Two k x k of differences, infinite on the diagonal: of the centres, and of the darker one to the lighter one dimmed
    to its lightness."""
    first, second = _pairs(len(centres))
    one, other = centres[first], centres[second]
    darker = (one[:, 0] < other[:, 0])[:, None]
    dark, light = np.where(darker, one, other), np.where(darker, other, one)
    dimmed = light * (dark[:, :1] / np.maximum(light[:, :1], 1e-9))
    # Both in one call: for so few pairs its cost is that of calling.
    halves = np.repeat((2.0, 1.0), len(first))
    both = ciede2000(np.concatenate([one, dimmed]), np.concatenate([other, dark]), halves)
    result = np.full((2, len(centres), len(centres)), np.inf)
    result[:, first, second] = result[:, second, first] = both.reshape(2, -1)
    return result[0], result[1]


@cache
def _pairs(count: int) -> tuple[Labels, Labels]:
    return np.triu_indices(count, 1)


def _mutual(apart: Float) -> list[tuple[int, int]]:
    """Pairs that are one colour by their distance and each other's nearest: joining one does not touch another."""
    nearest = apart.argmin(axis=1)
    return [
        (one, int(other))
        for one, other in enumerate(nearest)
        if one < other and nearest[other] == one and apart[one, other] < MERGE_BELOW
    ]


def _shades(
    lab: Float, centres: Float, labels: Labels, apart: Float, dimmed: Float
) -> list[tuple[int, int]]:
    """The closest pair of which one is the other in less light, if any: the same chromaticity, and no gap between them."""
    first, second = np.nonzero(np.triu((apart < SHADES_BELOW) & (dimmed <= SHADE_WITHIN)))
    for index in np.argsort(apart[first, second], kind="stable"):
        a, b = int(first[index]), int(second[index])
        if _no_gap(lab, centres, labels, a, b):
            return [(a, b)]
    return []


def _no_gap(lab: Float, centres: Float, labels: Labels, a: int, b: int) -> bool:
    """Whether pixels lie between two clusters about as densely as at the thinner of their centres."""
    line = centres[b] - centres[a]
    members = lab[(labels == a) | (labels == b)]
    at = (members - centres[a]) @ (line / (line @ line))
    ends = min(np.count_nonzero(np.abs(at) < 0.15), np.count_nonzero(np.abs(at - 1) < 0.15))
    return bool(np.count_nonzero(np.abs(at - 0.5) < 0.15) >= GAP * ends)


def _without_small(
    centres: Float, labels: Labels, weight: Float, apart: Float
) -> tuple[Float, Labels]:
    """Gives clusters with less than MIN_SHARE to their nearest, the smallest first."""
    least = MIN_SHARE * weight.sum()
    while True:
        alive = np.flatnonzero(np.isfinite(apart).any(axis=1))
        if not alive.size:
            return centres, labels
        small = int(alive[weight[alive].argmin()])
        if weight[small] >= least:
            return centres, labels
        near = int(apart[small].argmin())
        weight[near] += weight[small]
        labels = np.where(labels == small, near, labels)
        apart[small] = apart[:, small] = np.inf


def _without_mixtures(lab: Float, centres: Float, labels: Labels) -> tuple[Labels, Labels]:
    """Gives the pixels of clusters that mix two others to the nearer of those; they are -1 in the second labels."""
    pure = labels
    rgb = to_rgb(centres).astype(float)
    share = np.bincount(labels, minlength=len(centres)) / len(labels)
    for mixed in np.argsort(-share, kind="stable"):
        ends = _ends(int(mixed), centres, rgb, share)
        if ends is not None:
            near, far = ends
            closer = _squared(lab - centres[near]) <= _squared(lab - centres[far])
            labels = np.where(labels == mixed, np.where(closer, near, far), labels)
            pure = np.where(pure == mixed, -1, pure)
            share = np.bincount(labels, minlength=len(centres)) / len(labels)
    return labels, pure


def _ends(mixed: int, centres: Float, rgb: Float, share: Float) -> tuple[int, int] | None:
    """The two colours that cluster `mixed` is a mixture of, the nearer one first, or None."""
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
            if ciede2000(on_line, centres[mixed]) < MIX_WITHIN:
                return a, b
    return None
