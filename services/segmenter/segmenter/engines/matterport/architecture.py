"""Which network a weight file holds, and whether the file is complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmenter.core.engine import EngineError
from segmenter.engines.matterport.weight_file import WeightFile

Key = tuple[str, str]  # layer and variable: ("conv1", "kernel")
Shape = tuple[int, ...]

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}  # residual blocks of the stages 2 to 5
PYRAMID = 256  # channels of every level (TOP_DOWN_PYRAMID_SIZE)
ANCHORS = 3  # ratios at each place


@dataclass(frozen=True)
class Architecture:
    """A ResNet's depth and the number of classes, background included."""

    depth: int
    classes: int

    def shapes(self) -> dict[Key, Shape]:
        """Return every array of the network with its shape in Keras (kernels: height, width, in, out)."""
        return dict(_shapes(self))


def _shapes(architecture: Architecture) -> Iterator[tuple[Key, Shape]]:
    yield from _normalized("conv1", "bn_conv1", 7, 3, 64)
    inputs = 64
    for stage, blocks in enumerate(BLOCKS[architecture.depth], start=2):
        filters = 64 * 2 ** (stage - 2)
        for name in block_names(stage, blocks):
            for branch, size, before, after in (
                ("2a", 1, inputs, filters),
                ("2b", 3, filters, filters),
                ("2c", 1, filters, 4 * filters),
                ("1", 1, inputs, 4 * filters),
            ):
                if branch != "1" or name.endswith("a"):  # the first block has a shortcut of its own
                    conv, norm = f"res{name}_branch{branch}", f"bn{name}_branch{branch}"
                    yield from _normalized(conv, norm, size, before, after)
            inputs = 4 * filters
    for level, channels in zip(range(2, 6), (256, 512, 1024, 2048), strict=True):
        yield from _layer(f"fpn_c{level}p{level}", (1, 1, channels, PYRAMID))
        yield from _layer(f"fpn_p{level}", (3, 3, PYRAMID, PYRAMID))
    yield from _layer("rpn_conv_shared", (3, 3, PYRAMID, 512))
    yield from _layer("rpn_class_raw", (1, 1, 512, 2 * ANCHORS))
    yield from _layer("rpn_bbox_pred", (1, 1, 512, 4 * ANCHORS))
    yield from _normalized("mrcnn_class_conv1", "mrcnn_class_bn1", 7, PYRAMID, 1024)
    yield from _normalized("mrcnn_class_conv2", "mrcnn_class_bn2", 1, 1024, 1024)
    yield from _layer("mrcnn_class_logits", (1024, architecture.classes))
    yield from _layer("mrcnn_bbox_fc", (1024, 4 * architecture.classes))
    for number in range(1, 5):
        conv, norm = f"mrcnn_mask_conv{number}", f"mrcnn_mask_bn{number}"
        yield from _normalized(conv, norm, 3, PYRAMID, PYRAMID)
    yield from _layer("mrcnn_mask_deconv", (2, 2, PYRAMID, PYRAMID))
    yield from _layer("mrcnn_mask", (1, 1, PYRAMID, architecture.classes))


def block_names(stage: int, blocks: int) -> list[str]:
    """Return the names of a stage's residual blocks: 2a, 2b, ...; the 23 of ResNet101 end with w."""
    return [f"{stage}{chr(ord('a') + block)}" for block in range(blocks)]


def _layer(name: str, kernel: Shape) -> Iterator[tuple[Key, Shape]]:
    yield (name, "kernel"), kernel
    yield (name, "bias"), (kernel[-1],)


def _normalized(
    conv: str, norm: str, size: int, inputs: int, outputs: int
) -> Iterator[tuple[Key, Shape]]:
    yield from _layer(conv, (size, size, inputs, outputs))
    for variable in ("gamma", "beta", "moving_mean", "moving_variance"):
        yield (norm, variable), (outputs,)


def recognize(file: WeightFile) -> tuple[Architecture, dict[Key, NDArray[np.float32]]]:
    """Return the network of a file and its arrays by layer and variable.

    Half and double precision become float32. Constants of forks on TensorFlow 2 (anchors in a `Variable`) are left out. Raise
    EngineError with every array that is missing, extra, of another shape or type, or not finite.
    """
    arrays = {key: array for key, array in file.named(_LAYERS) if key[1] != _CONSTANT}
    logits = arrays.get(("mrcnn_class_logits", "bias"))
    if logits is None:
        raise EngineError(
            f"{file.path} is not a Mask R-CNN of Matterport: it has no layer mrcnn_class_logits"
        )
    depth = 101 if ("res4g_branch2a", "kernel") in arrays else 50
    architecture = Architecture(depth, logits.size)
    expected = architecture.shapes()
    problems = [
        f"missing: {_name(key)} {shape}" for key, shape in expected.items() if key not in arrays
    ]
    problems += [
        f"extra: {_name(key)} {arrays[key].shape}" for key in arrays if key not in expected
    ]
    for key, shape in expected.items():
        found = arrays.get(key)
        if found is None:
            continue
        if found.shape != shape or found.dtype not in _FLOATS:
            problems.append(
                f"misshapen: {_name(key)} {found.dtype} {found.shape}, not float32 {shape}"
            )
        elif not np.isfinite(found).all():
            problems.append(f"not finite: {_name(key)}; the training that wrote it had diverged")
    if problems:
        raise EngineError(
            f"{file.path} does not fit Mask R-CNN on ResNet{depth} with {logits.size} classes:\n  "
            + "\n  ".join(problems)
        )
    return architecture, {
        key: array.astype(np.float32, copy=False) for key, array in arrays.items()
    }


_LAYERS = frozenset(layer for layer, _ in Architecture(101, 2).shapes())
_FLOATS = (np.float16, np.float32, np.float64)
# Forks on TensorFlow 2 keep the anchors of their input size in a layer of this variable.
_CONSTANT = "Variable"


def _name(key: Key) -> str:
    return "/".join(key)
