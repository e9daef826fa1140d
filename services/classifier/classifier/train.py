"""Train the classifier: `python -m classifier.train --help`."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import click

from classifier.data.dataset import Example, read_csv, read_sources
from classifier.nets import model
from classifier.training.experiment import cross_validate, train_and_export
from classifier.training.recipe import Recipe
from modelkit import imagenet_features
from modelkit.training.loop import TrainingError
from modelkit.training.options import TrainOptions, train_options
from modelkit.training.table import BadTable
from modelkit.weights import BadWeights

FILE = click.Path(path_type=Path)


@click.command()
@click.option(
    "--csv",
    "tables",
    multiple=True,
    required=True,
    metavar="FILE[:ROOT[:SHARE]]",
    help="Labels, as image,label or image_name,isImage. Names are relative to ROOT, or to the "
    "file's folder. SHARE: how often a photo is drawn, against others (1 unless set). Repeatable.",
)
@click.option(
    "--group",
    type=click.Choice(("post", "author")),
    default="post",
    show_default=True,
    help="What <author>_<post>_<n>.jpg keeps together in a split.",
)
@click.option("--folds", type=click.IntRange(min=2), help="Cross-validate; writes no weights.")
@click.option("--sources", type=FILE, metavar="FILE", help="CSV with image,source.")
@click.option(
    "--leave-out", metavar="SOURCE", help="Don't train on this source, but judge it at the end."
)
@click.option(
    "--arch",
    type=click.Choice(model.ARCHITECTURES),
    default=model.RESNET18,
    show_default=True,
    help="A ResNet18, or a linear probe on ImageNet features. The probe is fitted at once: it needs "
    "little data and no time budget.",
)
@click.option("--init", type=FILE, metavar="FOLDER", help="Weights to start from.")
@click.option(
    "--teacher",
    type=click.Choice(list(imagenet_features.SIZES)),
    help="Learn the answers and the features of a linear probe on this ImageNet network.",
)
@train_options(
    side=160,
    batch=32,
    lr=1e-3,
    held_out=0.1,
    evaluate_every=2,
    patience=10,
    served=Path("models/classifier"),
)
def main(
    options: TrainOptions,
    tables: tuple[str, ...],
    group: str,
    folds: int | None,
    sources: Path | None,
    leave_out: str | None,
    arch: str,
    init: Path | None,
    teacher: str | None,
) -> None:
    """Train the fashion classifier and write model.safetensors and model.json.

    \b
    Examples:
      python -m classifier.train --csv ../shared/data/binary/train.csv \\
        --csv lookbook/labels.csv::0.5 --teacher efficientnet_lite0 --out weights
      python -m classifier.train --csv isImage.csv:photos --group author --folds 5 --out folds
      torchrun --nproc-per-node 4 -m classifier.train --csv labels.csv --batch 64 --epochs 30 \\
        --out weights
    """
    if leave_out and not sources:
        raise click.UsageError("--leave-out needs --sources")
    if arch != model.RESNET18 and (teacher or init or options.resume):
        raise click.UsageError(f"--teacher, --init and --resume are for --arch {model.RESNET18}")
    if folds and (leave_out or options.resume or options.export_only):
        raise click.UsageError("--folds goes with neither --leave-out, --resume nor --export-only")
    recipe = Recipe(arch, init, teacher)
    with options.process() as process:
        try:
            examples = read(tables, sources, by_author=group == "author", quiet=not process.first)
            if folds:
                result = cross_validate(recipe, options, process, examples, folds)
            else:
                result = train_and_export(recipe, options, process, examples, leave_out)
        except (BadTable, BadWeights, TrainingError, LookupError) as error:
            raise click.ClickException(str(error)) from error
        if process.first:
            print(json.dumps(result, indent=2))


def read(
    tables: tuple[str, ...], sources: Path | None, *, by_author: bool, quiet: bool
) -> list[Example]:
    """Return the photos of all tables, and name every row that is skipped. Raise BadTable."""
    of_photo = read_sources(sources) if sources else None
    examples: list[Example] = []
    for entry in tables:
        table, root, share = [*entry.split(":"), "", ""][:3]
        try:
            drawn = float(share or 1)
        except ValueError:
            drawn = math.nan
        if not 0 < drawn < math.inf:
            raise BadTable(f"{entry}: the share {share!r} is not a number above 0")
        found, problems = read_csv(
            Path(table),
            Path(root) if root else None,
            sources=of_photo,
            by_author=by_author,
            share=drawn,
        )
        if not quiet:
            for problem in problems:
                print(f"skipped: {problem}", file=sys.stderr)
            print(f"{table}: {len(found)} photos, {len(problems)} rows skipped")
        examples += found
    return examples


if __name__ == "__main__":
    main()
