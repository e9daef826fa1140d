"""Garments as served: at a score threshold, one to one with the truth."""

from collections.abc import Sequence

import numpy as np
import pycocotools.mask as coco_mask
from numpy.typing import NDArray

from fashion.words import CATEGORIES
from segmenter.core.detection import Detection, one_garment_a_pixel
from segmenter.evaluation.coco import Scored, Truth

NOTHING = "nothing"


def served(photo: Scored, threshold: float, most_shared: float) -> list[Detection]:
    """Return what the service answers: detections at the threshold, with one garment for each pixel."""
    return one_garment_a_pixel([d for d in photo.detections if d.score >= threshold], most_shared)


def match(
    true: Sequence[Truth], detections: Sequence[Detection], *, category: bool
) -> dict[int, int]:
    """Return which detection found which garment, as indices: one to one at mask IoU >= 0.5.

    Detections choose in their order. `category`: only garments of their own category count.
    """
    if not true or not detections:
        return {}
    overlap: NDArray[np.float64] = coco_mask.iou(
        [d.mask for d in detections], [t.mask for t in true], [0] * len(true)
    )
    if category:
        overlap = overlap * [[d.category == t.category for t in true] for d in detections]
    found: dict[int, int] = {}
    for detection, row in enumerate(overlap):
        best = int(row.argmax())
        if row[best] >= 0.5:
            found[detection] = best
            overlap[:, best] = 0
    return found


def at_threshold(
    scored: Sequence[Scored], threshold: float, most_shared: float
) -> dict[str, float]:
    """Return recall, precision and F1 of garments as served, and the share of photos with any garment."""
    served_by_photo = [served(photo, threshold, most_shared) for photo in scored]
    hits = sum(
        len(match(photo.true, answer, category=True))
        for photo, answer in zip(scored, served_by_photo, strict=True)
    )
    garments, answers = sum(len(p.true) for p in scored), sum(map(len, served_by_photo))
    return {
        "threshold": threshold,
        "photos": len(scored),
        "garments": garments,
        "item_recall": round(hits / max(garments, 1), 4),
        "item_precision": round(hits / max(answers, 1), 4),
        "item_f1": round(2 * hits / max(garments + answers, 1), 4),
        "photos_with_garment": round(sum(map(bool, served_by_photo)) / max(len(scored), 1), 4),
    }


def best_threshold(scored: Sequence[Scored], most_shared: float) -> tuple[float, dict[str, float]]:
    """Return the score threshold with the best F1, and the figures there."""
    options = np.arange(0.2, 0.9, 0.05).round(2).tolist()
    figures = [at_threshold(scored, threshold, most_shared) for threshold in options]
    best = max(figures, key=lambda option: option["item_f1"])
    return best["threshold"], best


def confusion(
    scored: Sequence[Scored], threshold: float, most_shared: float
) -> dict[str, dict[str, int]]:
    """Count how often a garment (outer name) was served as which (inner name), matched by pixels alone.

    "nothing" as the inner name: not found; as the outer name: answered where there is no garment.
    """
    table: dict[str, dict[str, int]] = {}
    for photo in scored:
        detections = served(photo, threshold, most_shared)
        found = match(photo.true, detections, category=False)
        pairs = [(photo.true[t].category, detections[d].category) for d, t in found.items()]
        pairs += [(t.category, 0) for i, t in enumerate(photo.true) if i not in found.values()]
        pairs += [(0, d.category) for i, d in enumerate(detections) if i not in found]
        for true, answer in pairs:
            row = table.setdefault(_name(true), {})
            name = _name(answer)
            row[name] = row.get(name, 0) + 1
    return table


def called_dress(
    scored: Sequence[Scored], threshold: float, most_shared: float
) -> dict[str, float]:
    """Return which share of the garments that are no dress was served as one, matched by pixels alone; 0 of 0 is 0."""
    dresses = {category.name for category in CATEGORIES.values() if category.name.endswith("dress")}
    rows = confusion(scored, threshold, most_shared)
    others = [row for name, row in rows.items() if name not in {*dresses, NOTHING}]
    garments = sum(sum(row.values()) for row in others)
    called = sum(row.get(dress, 0) for row in others for dress in dresses)
    return {"share": round(called / max(garments, 1), 4), "garments": garments}


def _name(category: int) -> str:
    """Return the name of a category, or of 0."""
    return CATEGORIES[category].name if category else NOTHING
