"""All figures of an evaluation, for programs and for people."""

import json
from collections.abc import Sequence
from typing import Any

from segmenter.core.engine import SegmenterEngine
from segmenter.data.dataset import Entry, WithoutGarments
from segmenter.evaluation import coco
from segmenter.evaluation.coco import Scored
from segmenter.evaluation.predictions import predict_all
from segmenter.evaluation.serving import at_threshold, called_dress, confusion, served


def report(
    engine: SegmenterEngine, entries: Sequence[Entry], least_support: int = coco.LEAST_SUPPORT
) -> tuple[dict[str, Any], list[Scored]]:
    """Return all figures of an engine that keeps doubtful and overlapping detections, and its answers."""
    info = engine.info
    scored = predict_all(engine, entries)
    return {
        **coco.figures(scored, least_support),
        "serving": at_threshold(scored, info.threshold, info.most_shared),
        "confusion": confusion(scored, info.threshold, info.most_shared),
        "called_dress": called_dress(scored, info.threshold, info.most_shared),
    }, scored


def report_without_garments(engine: SegmenterEngine, photos: WithoutGarments) -> dict[str, Any]:
    """Return in how many photos without garments the engine, as served, sees one: of all, and by source."""
    info = engine.info
    rows: dict[str, list[bool]] = {}
    for source in sorted({*photos.sources}):
        own = [e for e, s in zip(photos.entries, photos.sources, strict=True) if s == source]
        answers = predict_all(engine, own)
        rows[source] = [bool(served(one, info.threshold, info.most_shared)) for one in answers]
    everything = [alarm for alarms in rows.values() for alarm in alarms]
    return {
        **_alarms(everything),
        "per_source": {source: _alarms(alarms) for source, alarms in rows.items() if source},
    }


def _alarms(alarms: Sequence[bool]) -> dict[str, float]:
    return {"with_garment": round(sum(alarms) / max(len(alarms), 1), 4), "photos": len(alarms)}


def show(figures: dict[str, Any]) -> None:
    """Print a report for a person."""
    for kind in ("mask", "box"):
        ap, ap50, ap75 = (_shown(figures[f"{kind}_{name}"]) for name in ("ap", "ap50", "ap75"))
        print(f"{kind}: AP {ap}  AP50 {ap50}  AP75 {ap75}")
    for rows in ("per_category", "by_scale", "by_occlusion"):
        for name, row in figures[rows].items():
            print(f"  {name:22} mask AP50 {_shown(row['mask_ap50'])}  support {row['support']}")
    print("as served:", json.dumps(figures["serving"]))
    print("called a dress and none:", json.dumps(figures["called_dress"]))


def _shown(figure: float | None) -> str:
    return "too few" if figure is None else f"{figure:.3f}"
