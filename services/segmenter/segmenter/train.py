"""Train the segmenter: `python -m segmenter.train --help`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from modelkit.training.loop import TrainingError
from modelkit.training.options import TrainOptions, train_options
from modelkit.training.schedule import SCHEDULES
from segmenter.data.annotation import BadData
from segmenter.data.options import except_source
from segmenter.nets import backbones
from segmenter.training.recipe import Recipe, Sources, read, train_and_export


@click.command()
@click.option(
    "--data",
    "folders",
    multiple=True,
    required=True,
    metavar="FOLDER[:SHARE]",
    help="Photos in the DeepFashion2 layout, and their share of the draws. Repeatable.",
)
@click.option(
    "--validation",
    multiple=True,
    metavar="FOLDER",
    help="Photos that judge, in the same layout, instead of some that are held out (--held-out counts no more). Repeatable.",
)
@click.option(
    "--negatives",
    multiple=True,
    metavar="CSV[:SHARE]",
    help="Photos without any garment: a CSV with the columns image,label, of which those with label 0 count, and their share of "
    "the draws. Garments are also shown before them. Repeatable.",
)
@except_source
@click.option(
    "--backbone",
    type=click.Choice(backbones.BACKBONES),
    default="efficientnet_lite1",
    show_default=True,
    help="The network below the pyramid.",
)
@click.option(
    "--init",
    metavar="packaged|download|FILE",
    help="Weights to start from: ImageNet's of an installed package; torchvision's own over the "
    "internet (COCO for resnet50 and resnet50_v2, else ImageNet); or a state dict.",
)
@click.option(
    "--schedule",
    type=click.Choice(list(SCHEDULES)),
    default="cosine",
    show_default=True,
    help="Of the learning rate, after a warm-up.",
)
@train_options(
    side=384, batch=2, lr=6e-4, held_out=0.08, evaluate_every=0, patience=0,
    served=Path("models/segmenter"),
)  # fmt: skip
def main(
    options: TrainOptions,
    folders: tuple[str, ...],
    validation: tuple[str, ...],
    negatives: tuple[str, ...],
    left_out: tuple[str, ...],
    backbone: str,
    init: str | None,
    schedule: str,
) -> None:
    """Train the garment segmenter and write model.safetensors and model.json.

    \b
    Examples:
      python -m segmenter.train --data ../shared/data/segmentation/train:2 --data lookbook:1 \\
        --init packaged --out models/segmenter --minutes 60
      torchrun --nproc-per-node 4 -m segmenter.train --data deepfashion2/train \\
        --backbone resnet50_v2 --init coco.pth --side 800 --batch 4 --epochs 12 --out weights
    """
    recipe = Recipe(backbone, init, schedule)
    with options.process() as process:
        try:
            sources = Sources(folders, negatives, left_out, validation)
            photos = read(sources, options.held_out, quiet=not process.first)
            result = train_and_export(recipe, options, process, photos)
        except (BadData, backbones.BadInit, TrainingError, LookupError) as error:
            raise click.ClickException(str(error)) from error
        if process.first:
            print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
