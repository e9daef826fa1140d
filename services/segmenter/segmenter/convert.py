"""Convert Matterport weights: `python -m segmenter.convert --help`."""

from __future__ import annotations

from pathlib import Path

import click

from segmenter.core.engine import EngineError
from segmenter.engines.matterport.conversion import ENDINGS, convert

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("source", type=FILE)
@click.argument("target", type=FILE)
def main(source: Path, target: Path) -> None:
    """Convert Matterport Mask R-CNN weights from SOURCE to TARGET, losing nothing.

    One is an .h5 and the other a .safetensors; both can be served.

    \b
    Examples:
      python -m segmenter.convert mask_rcnn_deepfashion2_075.h5 matterport.safetensors
      python -m segmenter.convert matterport.safetensors back.h5
    """
    if {source.suffix, target.suffix} != set(ENDINGS):
        raise click.UsageError("one file must end in .h5 and the other in .safetensors")
    try:
        architecture = convert(source, target)
    except EngineError as error:
        raise click.ClickException(str(error)) from error
    print(
        f"{target}: Mask R-CNN on ResNet{architecture.depth}, {architecture.classes} classes "
        "with the background"
    )


if __name__ == "__main__":
    main()
