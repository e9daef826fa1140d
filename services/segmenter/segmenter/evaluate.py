"""Evaluate the segmenter: `python -m segmenter.evaluate --weights DIR --data DIR`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pycocotools.mask as coco_mask
from numpy.typing import NDArray
from tqdm import tqdm

from segmenter.core.categories import CATEGORIES
from segmenter.core.detection import Detection, encode_mask, one_garment_a_pixel
from segmenter.data.dataset import BadData, Entry, scan, truth
from segmenter.engines.engine import EngineError, SegmenterEngine, open_engine
from segmenter.evaluation import coco
from segmenter.evaluation.coco import Scored, Truth

DOUBTFUL = 0.05  # detections below this score are left out of the evaluation, as in torchvision
NOTHING = "nothing"


def predict_all(engine: SegmenterEngine, entries: Sequence[Entry]) -> list[Scored]:
    """Run the engine over photos; photos that can't be decoded are named on stderr and skipped."""
    scored = []
    for entry in tqdm(entries, desc="predict", leave=False):
        try:
            photo, items, masks = truth(entry)
        except BadData as error:
            print(f"skipped: {error}", file=sys.stderr)
            continue
        true = [
            Truth(item.category, encode_mask(mask), item.scale, item.occlusion)
            for item, mask in zip(items, masks, strict=True)
        ]
        height, width = photo.shape[:2]
        scored.append(Scored(entry.photo.name, (height, width), true, engine.predict([photo])[0]))
    return scored


def served(photo: Scored, threshold: float, most_shared: float) -> list[Detection]:
    """What the service says: detections at the threshold, with one garment a pixel."""
    return one_garment_a_pixel([d for d in photo.said if d.score >= threshold], most_shared)


def match(true: Sequence[Truth], said: Sequence[Detection], *, category: bool) -> dict[int, int]:
    """Which detection found which garment, as indices: one to one at mask IoU >= 0.5.

    Detections choose in their order. `category`: only garments of their own category.
    """
    if not true or not said:
        return {}
    overlap: NDArray[np.float64] = coco_mask.iou(
        [d.mask for d in said], [t.mask for t in true], [0] * len(true)
    )
    if category:
        overlap = overlap * [[d.category == t.category for t in true] for d in said]
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
    """Recall, precision and F1 of garments as served, and the share of photos with any garment."""
    said = [served(photo, threshold, most_shared) for photo in scored]
    hits = sum(
        len(match(photo.true, answer, category=True))
        for photo, answer in zip(scored, said, strict=True)
    )
    garments, answers = sum(len(p.true) for p in scored), sum(map(len, said))
    return {
        "threshold": threshold,
        "photos": len(scored),
        "garments": garments,
        "item_recall": round(hits / max(garments, 1), 4),
        "item_precision": round(hits / max(answers, 1), 4),
        "item_f1": round(2 * hits / max(garments + answers, 1), 4),
        "photos_with_garment": round(sum(map(bool, said)) / max(len(scored), 1), 4),
    }


def best_threshold(scored: Sequence[Scored], most_shared: float) -> tuple[float, dict[str, float]]:
    """The score threshold of best F1, and the figures there."""
    options = np.arange(0.2, 0.9, 0.05).round(2).tolist()
    figures = [at_threshold(scored, threshold, most_shared) for threshold in options]
    best = max(figures, key=lambda option: option["item_f1"])
    return best["threshold"], best


def confusion(
    scored: Sequence[Scored], threshold: float, most_shared: float
) -> dict[str, dict[str, int]]:
    """How often a garment (outer name) was served as what (inner name), found by its pixels alone.

    "nothing" as the inner name: not found; as the outer: said where no garment is.
    """
    table: dict[str, dict[str, int]] = {}
    for photo in scored:
        said = served(photo, threshold, most_shared)
        found = match(photo.true, said, category=False)
        pairs = [(photo.true[t].category, said[d].category) for d, t in found.items()]
        pairs += [(t.category, 0) for i, t in enumerate(photo.true) if i not in found.values()]
        pairs += [(0, d.category) for i, d in enumerate(said) if i not in found]
        for true, answer in pairs:
            row = table.setdefault(CATEGORIES.get(true, NOTHING), {})
            name = CATEGORIES.get(answer, NOTHING)
            row[name] = row.get(name, 0) + 1
    return table


def evaluate(
    engine: SegmenterEngine, entries: Sequence[Entry]
) -> tuple[dict[str, Any], list[Scored]]:
    """All figures of an engine that keeps doubtful and overlapping detections, and its answers."""
    info = engine.info
    scored = predict_all(engine, entries)
    return {
        **coco.figures(scored),
        "serving": at_threshold(scored, info.threshold, info.most_shared),
        "confusion": confusion(scored, info.threshold, info.most_shared),
    }, scored


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(
        prog="python -m segmenter.evaluate",
        description="COCO mask and box AP, and garments found as served.",
        epilog="example: python -m segmenter.evaluate --weights models/segmenter "
        "--data ../shared/data/segmentation/val --pictures .run/segmenter",
    )
    parser.add_argument(
        "--weights", type=Path, required=True, help="folder with model.safetensors, or an .h5"
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder in the DeepFashion2 layout"
    )
    parser.add_argument("--limit", type=int, help="only the first so many photos")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--predictions", type=Path, help="write COCO results (JSON) to this file")
    parser.add_argument(
        "--pictures", type=Path, help="write best.png, worst.png and confusion.png to this folder"
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON document on stdout, nothing else"
    )
    args = parser.parse_args(arguments)

    try:
        entries, problems = scan(args.data)
        engine = open_engine(args.weights, args.device, doubtful=DOUBTFUL)
    except (BadData, EngineError) as error:
        raise SystemExit(f"error: {error}") from error
    for problem in problems:
        print(f"skipped: {problem}", file=sys.stderr)
    entries = entries[: args.limit]
    figures, scored = evaluate(engine, entries)
    if args.predictions:
        args.predictions.parent.mkdir(parents=True, exist_ok=True)
        args.predictions.write_text(json.dumps(coco.results(scored)))
    if args.pictures:
        from segmenter.evaluation import pictures

        info = engine.info
        answers = [served(photo, info.threshold, info.most_shared) for photo in scored]
        pictures.write(args.pictures, entries, scored, answers, figures["confusion"])
    if args.json:
        print(json.dumps(figures, indent=2))
        return
    for kind in ("mask", "box"):
        ap, ap50, ap75 = (figures[f"{kind}_{name}"] for name in ("ap", "ap50", "ap75"))
        print(f"{kind}: AP {ap:.3f}  AP50 {ap50:.3f}  AP75 {ap75:.3f}")
    for rows in ("per_category", "by_scale", "by_occlusion"):
        for name, row in figures[rows].items():
            print(f"  {name:22} mask AP50 {row['mask_ap50']:.3f}  support {row['support']}")
    print("as served:", json.dumps(figures["serving"]))


if __name__ == "__main__":
    main()
