"""Matterport weights from `.h5` to `.safetensors` and back: `python -m segmenter.convert IN OUT`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from segmenter.engines.engine import EngineError
from segmenter.engines.matterport import weight_file
from segmenter.engines.matterport.architecture import Architecture, recognise

ENDINGS = (".h5", ".safetensors")


def convert(source: Path, target: Path) -> Architecture:
    """Write the weights of `source` to `target`; each is an `.h5` or a `.safetensors`.

    Arrays keep their bytes and names, and layers their order, so that the original loads an `.h5`
    that comes back. The state of an optimizer is left behind. Raises EngineError if `source` is no
    whole Mask R-CNN, or if what was written reads differently.
    """
    file = weight_file.read(source)
    architecture, _ = recognise(file)
    weight_file.write(file, target)
    written = weight_file.read(target)
    if (file.layers, file.arrays.keys()) != (written.layers, written.arrays.keys()) or any(
        not np.array_equal(array.view(np.uint8), written.arrays[key].view(np.uint8))
        for key, array in file.arrays.items()
    ):
        raise EngineError(f"{target} does not hold what {source} holds: is the disk full?")
    return architecture


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(
        prog="python -m segmenter.convert",
        description="Convert Matterport Mask R-CNN weights, losing nothing; both kinds can be served.",
        epilog="example: python -m segmenter.convert mask_rcnn_deepfashion2_075.h5 matterport.safetensors",
    )
    parser.add_argument("source", type=Path, help="an .h5 or a .safetensors")
    parser.add_argument("target", type=Path, help="the other")
    args = parser.parse_args(arguments)
    if {args.source.suffix, args.target.suffix} != set(ENDINGS):
        parser.error("one file must end in .h5 and the other in .safetensors")
    try:
        architecture = convert(args.source, args.target)
    except EngineError as error:
        raise SystemExit(f"error: {error}") from error
    print(
        f"{args.target}: Mask R-CNN on ResNet{architecture.depth}, {architecture.classes} classes "
        "with the background"
    )


if __name__ == "__main__":
    main()
