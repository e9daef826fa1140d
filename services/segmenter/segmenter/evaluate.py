"""Evaluate the segmenter: `python -m segmenter.evaluate --weights DIR --data DIR`."""

import argparse
import contextlib
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pycocotools.mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from tqdm import tqdm

from segmenter.categories import CATEGORIES
from segmenter.dataset import BadData, Entry, scan, truth
from segmenter.detection import Detection, Rle, encode_mask
from segmenter.engine import Engine, SegmenterEngine
from segmenter.model import BadWeights


@dataclass(frozen=True)
class Scored:
    """One photo's truth beside what the engine said."""

    name: str
    size: tuple[int, int]  # height, width
    true: list[tuple[int, Rle]]  # category, mask
    said: list[Detection]


def predict_all(engine: SegmenterEngine, entries: Sequence[Entry]) -> list[Scored]:
    """Run the engine over photos; photos that can't be decoded are named on stderr and skipped."""
    scored = []
    for entry in tqdm(entries, desc="predict", leave=False):
        try:
            photo, categories, masks = truth(entry)
        except BadData as error:
            print(f"skipped: {error}", file=sys.stderr)
            continue
        true = [(c, encode_mask(m)) for c, m in zip(categories, masks, strict=True)]
        height, width = photo.shape[:2]
        scored.append(Scored(entry.photo.name, (height, width), true, engine.predict([photo])[0]))
    return scored


def found(photo: Scored, threshold: float) -> tuple[int, int, int]:
    """True garments, detections at the threshold, and garments found.

    Found means matched one to one with the right category at mask IoU >= 0.5.
    """
    said = [d for d in photo.said if d.score >= threshold]
    free = set(range(len(photo.true)))
    hits = 0
    for detection in said:
        best, best_iou = None, 0.5
        for index in free:
            category, mask = photo.true[index]
            if category == detection.category:
                iou = float(coco_mask.iou([detection.mask], [mask], [0])[0, 0])
                if iou >= best_iou:
                    best, best_iou = index, iou
        if best is not None:
            free.remove(best)
            hits += 1
    return len(photo.true), len(said), hits


def at_threshold(scored: Sequence[Scored], threshold: float) -> dict[str, float]:
    """Recall, precision and F1 of garments, and the share of photos with any garment."""
    true, said, hits = (int(n) for n in np.sum([found(p, threshold) for p in scored], axis=0))
    with_garment = np.mean([any(d.score >= threshold for d in photo.said) for photo in scored])
    return {
        "threshold": threshold,
        "photos": len(scored),
        "garments": int(true),
        "item_recall": round(hits / max(true, 1), 4),
        "item_precision": round(hits / max(said, 1), 4),
        "item_f1": round(2 * hits / max(true + said, 1), 4),
        "photos_with_garment": round(float(with_garment), 4),
    }


def best_threshold(scored: Sequence[Scored]) -> tuple[float, dict[str, float]]:
    """The score threshold of best F1, and the figures there."""
    options = [at_threshold(scored, round(float(t), 2)) for t in np.arange(0.2, 0.9, 0.05)]
    best = max(options, key=lambda figures: figures["item_f1"])
    return best["threshold"], best


def coco_figures(scored: Sequence[Scored], least_support: int = 15) -> dict[str, Any]:
    """COCO mask and box AP over categories with enough garments; AP50 and support of each."""
    images = [{"id": i, "height": p.size[0], "width": p.size[1]} for i, p in enumerate(scored)]
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for image, photo in enumerate(scored):
        for category, mask in photo.true:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": category,
                    "iscrowd": 0,
                    "segmentation": mask,
                    "area": float(coco_mask.area(mask)),
                    "bbox": coco_mask.toBbox(mask).tolist(),
                }
            )
        for detection in photo.said:
            x1, y1, x2, y2 = detection.box
            results.append(
                {
                    "image_id": image,
                    "category_id": detection.category,
                    "score": detection.score,
                    "segmentation": detection.mask,
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                }
            )
    support = {c: sum(a["category_id"] == c for a in annotations) for c in CATEGORIES}
    counted = [c for c in CATEGORIES if support[c] >= least_support]
    figures: dict[str, Any] = {
        "photos": len(scored),
        "categories_counted": [CATEGORIES[c] for c in counted],
    }
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints its progress
        reference = COCO()
        reference.dataset = {
            "images": images,
            "annotations": annotations,
            "categories": [{"id": c, "name": name} for c, name in CATEGORIES.items()],
        }
        reference.createIndex()
        if not results or not counted:
            return {
                **figures,
                "mask_ap": 0.0,
                "mask_ap50": 0.0,
                "mask_ap75": 0.0,
                "box_ap": 0.0,
                "box_ap50": 0.0,
            }
        detections = reference.loadRes(results)
        for kind, prefix in (("segm", "mask"), ("bbox", "box")):
            evaluation = COCOeval(reference, detections, kind)
            evaluation.params.catIds = counted
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
            ap, ap50, ap75 = (round(float(v), 4) for v in evaluation.stats[:3])
            figures |= {f"{prefix}_ap": ap, f"{prefix}_ap50": ap50, f"{prefix}_ap75": ap75}
        every = COCOeval(reference, detections, "segm")
        every.params.catIds = [c for c in CATEGORIES if support[c]]
        every.evaluate()
        every.accumulate()
    # precision[IoU threshold, recall, category, area, detections]: IoU 0.5, all areas, 100
    precision = every.eval["precision"][0, :, :, 0, 2].mean(axis=0)
    figures["per_category"] = {
        CATEGORIES[c]: {"mask_ap50": round(float(p), 4), "support": support[c]}
        for c, p in zip(every.params.catIds, precision, strict=True)
    }
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(
        prog="python -m segmenter.evaluate",
        description="COCO mask and box AP, and garments found at the serving threshold.",
        epilog="example: python -m segmenter.evaluate --weights models/segmenter "
        "--data ../shared/data/segmentation/val",
    )
    parser.add_argument(
        "--weights", type=Path, required=True, help="folder with model.safetensors and model.json"
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder in the DeepFashion2 layout"
    )
    parser.add_argument("--limit", type=int, help="only the first so many photos")
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--json", action="store_true", help="one JSON document on stdout, nothing else"
    )
    args = parser.parse_args(arguments)

    try:
        entries, problems = scan(args.data)
        engine = Engine.load(args.weights, args.device, threshold=0.05)
    except (BadData, BadWeights) as error:
        raise SystemExit(f"error: {error}") from error
    for problem in problems:
        print(f"skipped: {problem}", file=sys.stderr)
    scored = predict_all(engine, entries[: args.limit])
    figures = {**coco_figures(scored), "serving": at_threshold(scored, engine.info.threshold)}
    if args.json:
        print(json.dumps(figures, indent=2))
        return
    for kind in ("mask", "box"):
        ap, ap50, ap75 = (figures[f"{kind}_{name}"] for name in ("ap", "ap50", "ap75"))
        print(f"{kind}: AP {ap:.3f}  AP50 {ap50:.3f}  AP75 {ap75:.3f}")
    for name, row in figures["per_category"].items():
        print(f"  {name:22} mask AP50 {row['mask_ap50']:.3f}  support {row['support']}")
    print("at the serving threshold:", json.dumps(figures["serving"]))


if __name__ == "__main__":
    main()
