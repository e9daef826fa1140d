"""COCO average precision of detections against the truth, by pycocotools."""

import contextlib
import io
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pycocotools.mask as coco_mask
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from fashion.words import CATEGORIES
from segmenter.core.detection import Detection, Rle

# What DeepFashion2 notes about a garment, and its names for the three values.
ATTRIBUTES = {
    "scale": {1: "small", 2: "modest", 3: "large"},
    "occlusion": {1: "slight", 2: "medium", 3: "heavy"},
}


@dataclass(frozen=True)
class Truth:
    """A labeled garment; scale and occlusion are 1-3, or 0 where the annotation has none."""

    category: int
    mask: Rle
    scale: int = 0
    occlusion: int = 0


@dataclass(frozen=True)
class Scored:
    """A photo's truth and what the engine answered, before any threshold."""

    name: str
    size: tuple[int, int]  # height, width
    true: list[Truth]
    detections: list[Detection]


def results(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    """Return detections in COCO's results format: boxes [x, y, width, height], masks as run lengths.

    `image_id` as in `image_ids`; `file_name` names the photo.
    """
    ids = image_ids([photo.name for photo in scored])
    return [
        {
            "image_id": ids[number],
            "file_name": photo.name,
            "category_id": detection.category,
            "score": detection.score,
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "segmentation": {**detection.mask, "counts": detection.mask["counts"].decode()},
        }
        for number, photo in enumerate(scored)
        for detection in photo.detections
        for x1, y1, x2, y2 in [detection.box]
    ]


LEAST_SUPPORT = 15
"""Garments that a category must have to count in a mean, unless the caller says another number."""


def image_ids(names: Sequence[str]) -> list[int]:
    """Return an id for each photo: the number that its file is named by, as in DeepFashion2's official files, or else its place."""
    stems = [Path(name).stem for name in names]
    if all(stem.isdecimal() for stem in stems) and len({int(stem) for stem in stems}) == len(stems):
        return [int(stem) for stem in stems]
    return list(range(len(names)))


def figures(scored: Sequence[Scored], least_support: int = LEAST_SUPPORT) -> dict[str, Any]:
    """Return mask and box AP, AP50 and AP75 over the categories with at least `least_support` garments; None if no category has.

    Also return mask AP50 and support of every category, and mask AP50 by scale and occlusion. In
    these rows garments of other values count neither as missed nor as found, but a false alarm
    counts in each row: compare a row between two models, not with another row.
    """
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints its progress
        truth = _reference(scored)
        annotations = truth.dataset["annotations"]
        support = {c: sum(a["category_id"] == c for a in annotations) for c in CATEGORIES}
        counted = [c for c in CATEGORIES if support[c] >= least_support]
        detections = (
            truth.loadRes(results(scored)) if any(photo.detections for photo in scored) else None
        )
        masks, boxes = (_average_precision(truth, detections, kind) for kind in ("segm", "bbox"))
        found: dict[str, Any] = {
            "photos": len(scored),
            "categories_counted": [CATEGORIES[c].name for c in counted],
            "mask_ap": _mean(masks, counted),
            "mask_ap50": _mean(masks, counted, 0.5),
            "mask_ap75": _mean(masks, counted, 0.75),
            "box_ap": _mean(boxes, counted),
            "box_ap50": _mean(boxes, counted, 0.5),
            "box_ap75": _mean(boxes, counted, 0.75),
            "per_category": {
                CATEGORIES[c].name: {"mask_ap50": _mean(masks, [c], 0.5), "support": support[c]}
                for c in CATEGORIES
                if support[c]
            },
        }
        for attribute, names in ATTRIBUTES.items():
            found[f"by_{attribute}"] = rows = {}
            for value, name in names.items():
                wanted = [a for a in annotations if a[attribute] == value]
                wanted = [a for a in wanted if a["category_id"] in counted]
                if wanted:
                    among = {a["id"] for a in wanted}
                    precision = _average_precision(truth, detections, "segm", among)
                    rows[name] = {
                        "mask_ap50": _mean(precision, counted, 0.5),
                        "support": len(wanted),
                    }
    return found


def _reference(scored: Sequence[Scored]) -> COCO:
    reference = COCO()
    ids = image_ids([photo.name for photo in scored])
    pairs = [(ids[n], garment) for n, photo in enumerate(scored) for garment in photo.true]
    reference.dataset = {
        "images": [
            {"id": number, "height": photo.size[0], "width": photo.size[1]}
            for number, photo in zip(ids, scored, strict=True)
        ],
        "annotations": [
            {
                "id": identity,
                "image_id": number,
                "category_id": garment.category,
                "iscrowd": 0,
                "segmentation": garment.mask,
                "area": float(coco_mask.area(garment.mask)),
                "bbox": coco_mask.toBbox(garment.mask).tolist(),
                "scale": garment.scale,
                "occlusion": garment.occlusion,
            }
            for identity, (number, garment) in enumerate(pairs, 1)
        ],
        "categories": [{"id": c, "name": category.name} for c, category in CATEGORIES.items()],
    }
    reference.createIndex()
    return reference


class _Among(COCOeval):  # type: ignore[misc]
    """COCOeval that looks for some of the garments and ignores the others."""

    among: Set[int] | None = None

    def _prepare(self) -> None:
        super()._prepare()
        if self.among is not None:
            for garments in self._gts.values():
                for garment in garments:
                    garment["ignore"] = garment["id"] not in self.among


def _average_precision(
    truth: COCO, detections: COCO | None, kind: str, among: Set[int] | None = None
) -> NDArray[np.float64]:
    """Return AP at the IoU thresholds .50, .55, ... .95, for categories 1-13: float64 10 x 13.

    NaN for a category without a garment.
    """
    if detections is None:
        present = {a["category_id"] for a in truth.dataset["annotations"]}
        return np.array([[0.0 if c in present else np.nan for c in CATEGORIES]] * 10)
    evaluation = _Among(truth, detections, kind)
    evaluation.among = among
    evaluation.params.catIds = list(CATEGORIES)
    evaluation.evaluate()
    evaluation.accumulate()
    # precision[IoU threshold, recall, category, area, most detections]: all areas, 100
    precision: NDArray[np.float64] = evaluation.eval["precision"][:, :, :, 0, 2]
    average: NDArray[np.float64] = np.where(precision < 0, np.nan, precision).mean(axis=1)
    return average


def _mean(
    average: NDArray[np.float64], categories: Sequence[int], iou: float | None = None
) -> float | None:
    """Return the mean over categories, and over IoU thresholds unless one is named; None if all are NaN."""
    columns = average[:, [c - 1 for c in categories]]
    if iou is not None:
        columns = columns[[round((iou - 0.5) / 0.05)]]
    known = columns[~np.isnan(columns)]
    return round(float(known.mean()), 4) if known.size else None
