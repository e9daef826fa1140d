"""Measures of how far a run is from what the look-book drew.

They prove plumbing and arithmetic, not skill on real photographs.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco

from lookbook.draw.render import render
from lookbook.spec.photo import PhotoSpec

MIN_IOU = 0.5


@dataclass(frozen=True)
class Matched:
    """One photo's true garments against what was found."""

    true: int
    found: int
    right_family: int


def balanced_accuracy(pairs: Iterable[tuple[bool, bool]]) -> float:
    """Return the mean of the recalls of fashion and of other photos, over (true, said) pairs of both kinds."""
    seen: Counter[bool] = Counter()
    right: Counter[bool] = Counter()
    for true, said in pairs:
        seen[true] += 1
        right[true] += true == said
    return float(np.mean([right[kind] / seen[kind] for kind in seen]))


def match(photo: tuple[PhotoSpec, Sequence[Mapping[str, Any]]]) -> Matched:
    """Compare the garments of a photo, given as lines of outfits.jsonl, with a fresh render.

    A true garment is found if a detection of its category covers it at mask IoU >= 0.5; each detection counts once.
    """
    spec, garments = photo
    true = render(spec).garments
    free = list(garments)
    found = right = 0
    for garment in true:
        best, best_iou = None, MIN_IOU
        rle = coco.encode(np.asfortranarray(garment.mask, dtype=np.uint8))
        for other in free:
            if other["category_id"] == garment.category:
                iou = float(coco.iou([_rle(other)], [rle], [0])[0, 0])
                if iou >= best_iou:
                    best, best_iou = other, iou
        if best is not None:
            free.remove(best)
            found += 1
            right += best["colors"][0]["family"] == garment.colors[0].name
    return Matched(len(true), found, right)


def _rle(garment: Mapping[str, Any]) -> dict[str, Any]:
    return {"size": garment["mask"]["size"], "counts": garment["mask"]["counts"].encode()}


def match_all(photos: Sequence[tuple[PhotoSpec, Sequence[Mapping[str, Any]]]]) -> list[Matched]:
    """Run `match` for many photos on two cores: rendering takes about 50 ms a photo."""
    # spawn: gRPC runs in this process, and a fork of it would hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        return list(pool.map(match, photos, chunksize=16))


def mean_error(
    true: Sequence[Mapping[int, float]], measured: Sequence[Mapping[int, float]]
) -> float:
    """Return the mean absolute error over weeks and categories; a share that is missing in `measured` counts as 0."""
    errors = [
        abs(share - said.get(category, 0.0))
        for shares, said in zip(true, measured, strict=True)
        for category, share in shares.items()
    ]
    return float(np.mean(errors))
