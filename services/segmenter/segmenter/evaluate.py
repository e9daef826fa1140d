"""Evaluate the segmenter: `python -m segmenter.evaluate --help`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from modelkit.training.options import EvaluateOptions, evaluate_options
from segmenter.core.engine import EngineError
from segmenter.data.annotation import BadData
from segmenter.data.dataset import WithoutGarments, scan, scan_without_garments
from segmenter.data.options import except_source
from segmenter.engines.open import open_engine
from segmenter.evaluation import coco
from segmenter.evaluation.predictions import DOUBTFUL
from segmenter.evaluation.report import report, report_without_garments, show
from segmenter.evaluation.serving import served


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Photos in the DeepFashion2 layout.",
)
@click.option(
    "--negatives",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Instead of --data, photos without any garment: those with label 0 of a CSV with the columns image,label, and source if "
    "it has one. Measures in how many a garment is seen.",
)
@except_source
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings of an .h5, as for SEGMENTER_CONFIG.",
)
@click.option(
    "--classes",
    default="",
    metavar="NAMES",
    help="Classes of an .h5 in order, with commas, as for SEGMENTER_CLASSES.",
)
@click.option(
    "--least-support",
    type=click.IntRange(1),
    default=coco.LEAST_SUPPORT,
    show_default=True,
    help="Garments that a category must have to count in the means.",
)
@click.option(
    "--limit", type=click.IntRange(1), help="Use only the first photos, at most this many."
)
@evaluate_options(
    weights="Folder with model.safetensors and model.json, or an .h5.",
    predictions="Write COCO results (JSON) to this file.",
    pictures="Write best.png, worst.png and confusion.png to this folder.",
)
def main(
    options: EvaluateOptions,
    data: Path | None,
    negatives: Path | None,
    left_out: tuple[str, ...],
    config: Path | None,
    classes: str,
    least_support: int,
    limit: int | None,
) -> None:
    """Measure the segmenter: COCO mask and box AP, and garments found as served.

    \b
    Examples:
      python -m segmenter.evaluate --weights models/segmenter \\
        --data ../shared/data/segmentation/val --pictures .run/segmenter
      python -m segmenter.evaluate --weights mask_rcnn_deepfashion2_075.h5 \\
        --data deepfashion2/validation --json
      python -m segmenter.evaluate --weights models/segmenter \\
        --negatives ../shared/data/negatives/val_sources.csv --except-source coco2017
    """
    if (data is None) == (negatives is None):
        raise click.UsageError("needs either --data or --negatives")
    try:
        if data is not None:
            entries, problems = scan(data)
        elif negatives is not None:
            empty, problems = scan_without_garments(negatives, left_out)
            empty = WithoutGarments(empty.entries[:limit], empty.sources[:limit])
        engine = open_engine(
            options.weights,
            options.device,
            classes=[name.strip() for name in classes.split(",") if name.strip()],
            config=config,
            doubtful=DOUBTFUL,
        )
    except (BadData, EngineError) as error:
        raise click.ClickException(str(error)) from error
    for problem in problems:
        print(f"skipped: {problem}", file=sys.stderr)
    if negatives is not None:
        print(json.dumps(report_without_garments(engine, empty), indent=2))
        return
    entries = entries[:limit]
    figures, scored = report(engine, entries, least_support)
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
