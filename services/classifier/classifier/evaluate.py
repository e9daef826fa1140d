"""Evaluate the classifier: `python -m classifier.evaluate --help`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from classifier.data.dataset import Example, read_with_sources
from classifier.evaluation.predictions import predict
from classifier.evaluation.report import report, show
from classifier.nets.engine import Engine
from modelkit import imagenet_features
from modelkit.training.options import EvaluateOptions, evaluate_options
from modelkit.training.table import BadTable
from modelkit.weights import BadWeights


@click.command()
@click.option(
    "--csv",
    "tables",
    multiple=True,
    required=True,
    metavar="FILE[:ROOT]",
    help="Labels as for classifier.train. Repeatable.",
)
@click.option(
    "--sources",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV with image,source, for figures of each source.  [default: labels_sources.csv beside "
    "labels.csv, if it is there]",
)
@click.option(
    "--leave-one-source-out",
    "training",
    multiple=True,
    metavar="FILE[:ROOT]",
    help="Also fit a linear probe on frozen ImageNet features of these training photos without each "
    "source in turn, and judge that source. Takes minutes; needs the sources of all tables. Repeatable.",
)
@click.option(
    "--features",
    type=click.Choice(list(imagenet_features.SIZES)),
    default="efficientnet_lite0",
    show_default=True,
    help="Network of that probe.",
)
@evaluate_options(
    weights="Folder with model.safetensors and model.json, or the notebooks' .pt or .pth.",
    predictions="Write image,label,probability,fashion,source to this CSV.",
    pictures="Write ROC, precision-recall, reliability and the worst mistakes to this folder.",
)
def main(
    options: EvaluateOptions,
    tables: tuple[str, ...],
    sources: Path | None,
    training: tuple[str, ...],
    features: str,
) -> None:
    """Measure the fashion classifier at its serving threshold.

    Intervals are 95% bootstrap intervals over photos. The calibration error is over 15 bins of equal
    width.

    \b
    Example:
      python -m classifier.evaluate --weights models/classifier \\
        --csv ../shared/data/binary/val.csv --pictures .run/classifier \\
        --predictions .run/predictions/classifier.csv
    """
    try:
        examples = [example for table in tables for example in read(table, sources)]
        predictions = predict(Engine.load(options.weights, options.device), examples)
        result = report(predictions)
        if training:
            from classifier.training import leave_one_out

            result["leave_one_source_out"] = leave_one_out.judge_sources(
                imagenet_features.load(features),
                [example for table in training for example in read(table, None)],
                predictions.examples,
            )
    except (BadTable, BadWeights, LookupError) as error:
        raise click.ClickException(str(error)) from error
    if options.predictions:
        predictions.write(options.predictions)
    if options.pictures:
        from classifier.evaluation import pictures

        pictures.write(options.pictures, predictions)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


def read(entry: str, sources: Path | None) -> list[Example]:
    """Return the photos of `FILE[:ROOT]`, and name rows that can't be used on stderr. Raise BadTable."""
    examples, problems = read_with_sources(entry, sources)
    for problem in problems:
        print(f"skipped: {problem}", file=sys.stderr)
    return examples


if __name__ == "__main__":
    main()
