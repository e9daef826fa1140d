"""Answers as labels in COCO's format, for tools that label.

Format: cocodataset.org, "Data format", object detection.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import contourpy
import numpy as np
import pycocotools.mask as coco_mask
from numpy.typing import NDArray

from fashion.words import CATEGORIES
from segmenter.evaluation.coco import Scored, image_ids

_LEAST_POINTS = 3


def to_coco(answers: Sequence[Scored]) -> dict[str, Any]:
    """Return detections as a COCO data set: images, categories, and an annotation with polygons and a score for each garment."""
    annotations: list[dict[str, Any]] = []
    ids = image_ids([photo.name for photo in answers])
    for number, photo in zip(ids, answers, strict=True):
        for found in photo.detections:
            outlines = polygons(np.asarray(coco_mask.decode(found.mask), dtype=bool))
            if outlines:
                x1, y1, x2, y2 = found.box
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": number,
                        "category_id": found.category,
                        "segmentation": outlines,
                        "area": float(coco_mask.area(found.mask)),
                        "bbox": [x1, y1, x2 - x1, y2 - y1],
                        "iscrowd": 0,
                        "score": round(found.score, 4),
                    }
                )
    return {
        "images": [
            {"id": number, "file_name": one.name, "height": one.size[0], "width": one.size[1]}
            for number, one in zip(ids, answers, strict=True)
        ],
        "annotations": annotations,
        "categories": [{"id": n, "name": c.name} for n, c in CATEGORIES.items()],
    }


def polygons(mask: NDArray[np.bool_]) -> list[list[float]]:
    """Return the outer outlines of a mask, bool H x W, as flat [x, y, ...] lists in pixels; holes are filled."""
    padded = np.pad(mask, 1).astype(np.float64)
    generator = contourpy.contour_generator(z=padded, fill_type=contourpy.FillType.OuterOffset)
    found: Any = generator.filled(0.5, np.inf)
    outlines = []
    for own, starts in zip(*found, strict=True):
        # Without the padding. The middle of the pixel in column 0 is at 0.5.
        outer = _simplified(own[: starts[1] - 1] - 0.5)
        if len(outer) >= _LEAST_POINTS:
            outlines.append([round(float(v), 1) for v in outer.ravel()])
    return outlines


def _simplified(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a closed outline without the points that lie on the way from one neighbor to the other."""
    from_before, to_after = (
        points - np.roll(points, 1, axis=0),
        np.roll(points, -1, axis=0) - points,
    )
    turn = from_before[:, 0] * to_after[:, 1] - from_before[:, 1] * to_after[:, 0]
    return np.asarray(points[turn != 0])
