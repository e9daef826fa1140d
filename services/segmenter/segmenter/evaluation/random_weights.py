"""Random Matterport weights that behave like trained ones: `python -m segmenter.evaluation.random_weights --help`.

They are for tests and timings where no trained file is at hand: activations neither die nor
explode, and a photo gets some tens of detections. The detections mean nothing.
"""

from __future__ import annotations

import math
from pathlib import Path

import click
import numpy as np
import torch
from torch import Tensor, nn

from segmenter.engines.matterport import detect, molding, weight_file
from segmenter.engines.matterport.architecture import Architecture
from segmenter.engines.matterport.config import Config
from segmenter.engines.matterport.network import Block, Network
from segmenter.engines.matterport.weight_file import WeightFile

SIDE = 256  # pixels, of the picture that they are calibrated on


def write(path: Path, *, depth: int = 50, classes: int = 14, seed: int = 0) -> None:
    """Write calibrated random weights; `classes` counts the background."""
    network = Network(Architecture(depth, classes))
    _fill(network, torch.Generator().manual_seed(seed))
    _calibrate(network, _picture(seed))
    layers: dict[str, list[str]] = {}
    arrays = {}
    for (layer, variable), tensor in network.tensors().items():
        place = "rpn_model" if layer.startswith("rpn_") else layer
        layers.setdefault(place, []).append(f"{layer}/{variable}:0")
        arrays[place, f"{layer}/{variable}:0"] = np.ascontiguousarray(tensor.numpy())
    attributes = {"backend": "tensorflow", "keras_version": "2.1.6"}
    weight_file.write(WeightFile(path, layers, arrays, attributes, whole_model=False), path)


def _picture(seed: int) -> Tensor:
    """Return a molded picture of plain, slightly noisy pieces of all sizes: 1 x 3 x SIDE x SIDE."""
    random = np.random.default_rng(seed)
    picture = np.full((SIDE, SIDE, 3), 200.0)
    for _ in range(80):
        y, x = random.integers(0, SIDE, 2)
        height, width = random.integers(4, SIDE // 2, 2)
        picture[y : y + height, x : x + width] = random.integers(0, 256, 3)
    picture += random.normal(0, 8, picture.shape)
    molded = molding.mold(picture.clip(0, 255).astype(np.uint8), Config(side=SIDE, min_side=SIDE))
    return torch.from_numpy(molded.pixels).permute(2, 0, 1)[None]


def _fill(network: Network, generator: torch.Generator) -> None:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.6, 1.2, generator=generator)
            module.bias.data.normal_(0, 0.1, generator=generator)
            module.momentum = 1.0  # running statistics become those of the next batch
        elif isinstance(module, (nn.Conv2d, nn.Linear, nn.ConvTranspose2d)):
            transposed = isinstance(module, nn.ConvTranspose2d)
            inputs = len(module.weight) if transposed else module.weight[0].numel()
            module.weight.data.normal_(0, math.sqrt(2 / inputs), generator=generator)
            module.get_parameter("bias").data.normal_(0, 0.05, generator=generator)
    for module in network.mask_head.modules():
        if isinstance(module, nn.Conv2d):
            # Masks of some large pieces, as those of things are; noise would be all outline.
            module.weight.data.mul_(0.5).add_(module.weight.data.mean((2, 3), keepdim=True))
    for module in network.modules():
        if isinstance(module, Block):
            module.branch2c.norm.weight.data.mul_(0.5)  # type: ignore[operator]


@torch.no_grad()
def _calibrate(network: Network, picture: Tensor) -> None:
    """Scale the last layer of each part until its outputs spread as a trained network's do."""
    dense, box, mask = network.dense, network.box_head, network.mask_head
    _settle(dense, picture)
    *levels, _, _ = dense(picture)
    scale = 1 / torch.stack([level.std() for level in levels]).mean()
    for smooth in dense.smooth:
        _scale(smooth, scale)
    *levels, logits, deltas = dense(picture)
    dense.rpn_class.weight *= 3 / logits.std()
    dense.rpn_box.weight *= 0.5 / deltas.std()
    *levels, logits, deltas = dense(picture)
    proposals = detect.propose(logits[0], deltas[0], Config(side=SIDE, proposals=300))
    crops = detect.crop(levels, proposals, detect.BOX_CROP, SIDE)
    _settle(box, crops)
    logits, _ = box(crops)
    box.logits.weight *= 1.2 / (logits - logits.mean(0)).std()
    logits, deltas = box(crops)
    box.logits.bias.sub_(logits.mean(0))
    logits, _ = box(crops)
    ahead = logits[:, 1:].amax(dim=1) - logits[:, 0]
    box.logits.bias[0] += ahead.quantile(0.97)  # most proposals are background
    box.deltas.weight *= 0.5 / deltas.std()
    crops = detect.crop(levels, proposals[:100], detect.MASK_CROP, SIDE)
    classes = torch.arange(len(crops)) % network.architecture.classes
    _settle(mask, crops, classes)
    mask.mask.weight *= 3 / torch.logit(mask(crops, classes), 1e-6).std()


def _settle(part: nn.Module, *inputs: Tensor) -> None:
    """Take the statistics of batch normalization from one forward pass."""
    part.train()
    part(*inputs)
    part.eval()


def _scale(layer: nn.Module, factor: Tensor) -> None:
    layer.weight *= factor  # type: ignore[operator]
    layer.bias *= factor  # type: ignore[operator]


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--depth", type=click.Choice((50, 101)), default=50, show_default=True, help="Of the ResNet."
)
@click.option("--classes", default=14, show_default=True, help="With the background.")
@click.option("--seed", default=0, show_default=True, help="Of all weights.")
def main(file: Path, depth: int, classes: int, seed: int) -> None:
    """Write calibrated random weights of Matterport's Mask R-CNN to FILE, for tests and timings.

    FILE ends in .h5 or .safetensors.

    \b
    Example:
      python -m segmenter.evaluation.random_weights .run/random.h5 --depth 101
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file, depth=depth, classes=classes, seed=seed)


if __name__ == "__main__":
    main()
