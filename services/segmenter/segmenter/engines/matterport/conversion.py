"""Weights from `.h5` to `.safetensors` and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segmenter.core.engine import EngineError
from segmenter.engines.matterport import weight_file
from segmenter.engines.matterport.architecture import Architecture, recognize

ENDINGS = (".h5", ".safetensors")


def convert(source: Path, target: Path) -> Architecture:
    """Write the weights of `source` to `target`; each is an `.h5` or a `.safetensors`.

    Arrays keep their bytes and names, and layers their order, so that the original loads an `.h5`
    that comes back. The state of an optimizer is left out. Raise EngineError if `source` is not a
    whole Mask R-CNN, or if what was written reads differently.
    """
    file = weight_file.read(source)
    architecture, _ = recognize(file)
    weight_file.write(file, target)
    written = weight_file.read(target)
    if (file.layers, file.arrays.keys()) != (written.layers, written.arrays.keys()) or any(
        not np.array_equal(array.view(np.uint8), written.arrays[key].view(np.uint8))
        for key, array in file.arrays.items()
    ):
        raise EngineError(f"{target} does not hold what {source} holds: is the disk full?")
    return architecture
