"""Evaluate the segmenter: `python -m segmenter.evaluate --help`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from modelkit.training.options import EvaluateOptions, evaluate_options
from segmenter.core.engine import EngineError
from segmenter.data.dataset import BadData, scan
from segmenter.engines.open import open_engine
from segmenter.evaluation import coco
from segmenter.evaluation.predictions import DOUBTFUL
from segmenter.evaluation.report import report, show
from segmenter.evaluation.serving import served


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Photos in the DeepFashion2 layout.",
)
@click.option("--limit", type=int, help="Use only the first photos, at most this many.")
@evaluate_options(
    weights="Folder with model.safetensors and model.json, or an .h5.",
    predictions="Write COCO results (JSON) to this file.",
    pictures="Write best.png, worst.png and confusion.png to this folder.",
)
def main(options: EvaluateOptions, data: Path, limit: int | None) -> None:
    """Measure the segmenter: COCO mask and box AP, and garments found as served.

    \b
    Examples:
      python -m segmenter.evaluate --weights models/segmenter \\
        --data ../shared/data/segmentation/val --pictures .run/segmenter
      python -m segmenter.evaluate --weights mask_rcnn_deepfashion2_075.h5 \\
        --data deepfashion2/validation --json
    """
    try:
        entries, problems = scan(data)
        engine = open_engine(options.weights, options.device, doubtful=DOUBTFUL)
    except (BadData, EngineError) as error:
        raise click.ClickException(str(error)) from error
    for problem in problems:
        print(f"skipped: {problem}", file=sys.stderr)
    entries = entries[:limit]
    figures, scored = report(engine, entries)
    if options.predictions:
        options.predictions.parent.mkdir(parents=True, exist_ok=True)
        options.predictions.write_text(json.dumps(coco.results(scored)))
    if options.pictures:
        from segmenter.evaluation import pictures

        info = engine.info
        answers = [served(photo, info.threshold, info.most_shared) for photo in scored]
        pictures.write(options.pictures, entries, scored, answers, figures["confusion"])
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)


if __name__ == "__main__":
    main()
