"""All figures of an evaluation, for programs and for people."""

import json
from collections.abc import Sequence
from typing import Any

from segmenter.core.engine import SegmenterEngine
from segmenter.data.dataset import Entry
from segmenter.evaluation import coco
from segmenter.evaluation.coco import Scored
from segmenter.evaluation.predictions import predict_all
from segmenter.evaluation.serving import at_threshold, confusion


def report(
    engine: SegmenterEngine, entries: Sequence[Entry]
) -> tuple[dict[str, Any], list[Scored]]:
    """Return all figures of an engine that keeps doubtful and overlapping detections, and its answers."""
    info = engine.info
    scored = predict_all(engine, entries)
    return {
        **coco.figures(scored),
        "serving": at_threshold(scored, info.threshold, info.most_shared),
        "confusion": confusion(scored, info.threshold, info.most_shared),
    }, scored


def show(figures: dict[str, Any]) -> None:
    """Print a report for a person."""
    for kind in ("mask", "box"):
        ap, ap50, ap75 = (figures[f"{kind}_{name}"] for name in ("ap", "ap50", "ap75"))
        print(f"{kind}: AP {ap:.3f}  AP50 {ap50:.3f}  AP75 {ap75:.3f}")
    for rows in ("per_category", "by_scale", "by_occlusion"):
        for name, row in figures[rows].items():
            print(f"  {name:22} mask AP50 {row['mask_ap50']:.3f}  support {row['support']}")
    print("as served:", json.dumps(figures["serving"]))
