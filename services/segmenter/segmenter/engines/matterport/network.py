"""The layers of Matterport's Mask R-CNN in PyTorch.

`Dense` is all that runs over the whole picture, and takes nearly all of the time: one module with one
forward pass, from pixels to the pyramid and the scores of anchors. `BoxHead` and `MaskHead` run on
crops. Differences from torchvision: convolutions have biases; the stride of a block is in its first
1 x 1 convolution; the pooling of the stem pads on the right and below only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from segmenter.engines.matterport.architecture import (
    BLOCKS,
    PYRAMID,
    Architecture,
    Key,
    block_names,
)

EPSILON = 1e-3  # of Keras's batch normalization


class Normalized(nn.Module):
    """Convolution and batch normalization; `fold` makes the two one convolution."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, padding: int = 0):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, padding)
        self.norm: nn.Module = nn.BatchNorm2d(outputs, eps=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """Turn N x inputs x H x W into N x outputs x H' x W'."""
        normalized: Tensor = self.norm(self.conv(x))
        return normalized

    def fold(self) -> None:
        """Make the two one convolution, for inference only; the weights of the file are gone then."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.conv = fuse_conv_bn_eval(self.conv.eval(), self.norm.eval())
            self.norm = nn.Identity()


class Block(nn.Module):
    """A bottleneck; its shortcut is a convolution in the first block of a stage."""

    def __init__(self, inputs: int, filters: int, stride: int, first: bool) -> None:
        super().__init__()
        self.branch2a = Normalized(inputs, filters, 1, stride)
        self.branch2b = Normalized(filters, filters, 3, padding=1)
        self.branch2c = Normalized(filters, 4 * filters, 1)
        self.branch1 = Normalized(inputs, 4 * filters, 1, stride) if first else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Turn N x inputs x H x W into N x (4 filters) x H / stride x W / stride."""
        inside = F.relu(self.branch2a(x), inplace=True)
        inside = F.relu(self.branch2b(inside), inplace=True)
        return F.relu(self.branch2c(inside) + self.branch1(x), inplace=True)


class Trunk(nn.Module):
    """ResNet and the pyramid from the top down, before its levels are smoothed: mostly 1 x 1 convolutions."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.stem = Normalized(3, 64, 7, stride=2, padding=3)
        self.stages = nn.ModuleList()
        inputs = 64
        for stage, blocks in enumerate(BLOCKS[depth]):
            filters = 64 * 2**stage
            stride = 1 if stage == 0 else 2
            self.stages.append(
                nn.Sequential(
                    Block(inputs, filters, stride, True),
                    *(Block(4 * filters, filters, 1, False) for _ in range(blocks - 1)),
                )
            )
            inputs = 4 * filters
        self.lateral = nn.ModuleList(nn.Conv2d(256 * 2**level, PYRAMID, 1) for level in range(4))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Turn N x 3 x S x S molded pixels into levels 2 to 5, N x 256 x S/4 x S/4 to S/32."""
        x = F.relu(self.stem(pixels), inplace=True)
        # Keras's "same" padding is on the right and below; no value after ReLU is below zero.
        x = F.max_pool2d(F.pad(x, (0, 1, 0, 1)), 3, 2)
        ends = []
        for stage in self.stages:
            x = stage(x)
            ends.append(x)
        p5 = self.lateral[3](ends[3])
        p4 = self.lateral[2](ends[2]) + F.interpolate(p5, scale_factor=2.0, mode="nearest")
        p3 = self.lateral[1](ends[1]) + F.interpolate(p4, scale_factor=2.0, mode="nearest")
        p2 = self.lateral[0](ends[0]) + F.interpolate(p3, scale_factor=2.0, mode="nearest")
        return p2, p3, p4, p5


class Dense(nn.Module):
    """All that runs over the whole picture: trunk, smoothed pyramid, region proposal network."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.trunk: nn.Module = Trunk(depth)
        self.smooth = nn.ModuleList(nn.Conv2d(PYRAMID, PYRAMID, 3, padding=1) for _ in range(4))
        self.rpn_shared = nn.Conv2d(PYRAMID, 512, 3, padding=1)
        self.rpn_class = nn.Conv2d(512, 6, 1)
        self.rpn_box = nn.Conv2d(512, 12, 1)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Turn N x 3 x S x S molded pixels into levels, logits and box deltas.

        Levels 2 to 5 of the pyramid are N x 256 x S/4 x S/4 to S/32, logits N x anchors x 2
        (background, object), and box deltas N x anchors x 4.
        """
        levels = self.trunk(pixels)
        p2, p3, p4, p5 = (smooth(x) for smooth, x in zip(self.smooth, levels, strict=True))
        logits, deltas = [], []
        for level in (p2, p3, p4, p5, p5[:, :, ::2, ::2]):
            shared = F.relu(self.rpn_shared(level), inplace=True)
            logits.append(
                self.rpn_class(shared).permute(0, 2, 3, 1).flatten(1).unflatten(1, (-1, 2))
            )
            deltas.append(self.rpn_box(shared).permute(0, 2, 3, 1).flatten(1).unflatten(1, (-1, 4)))
        return p2, p3, p4, p5, torch.cat(logits, 1), torch.cat(deltas, 1)


class BoxHead(nn.Module):
    """Class and box of a proposal."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1 = Normalized(PYRAMID, 1024, 7)
        self.conv2 = Normalized(1024, 1024, 1)
        self.logits = nn.Linear(1024, classes)
        self.deltas = nn.Linear(1024, 4 * classes)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Turn N x 256 x 7 x 7 into N x classes logits and N x classes x 4 deltas."""
        # The kernel covers the crop, so this is a matrix product; this order of axes needs no copies.
        conv = self.conv1.conv
        flat, kernel = (
            crops.permute(0, 2, 3, 1).flatten(1),
            conv.weight.permute(0, 2, 3, 1).flatten(1),
        )
        x = F.linear(flat, kernel, conv.bias)[:, :, None, None]
        x = F.relu(self.conv1.norm(x), inplace=True)
        x = F.relu(self.conv2(x), inplace=True).flatten(1)
        return self.logits(x), self.deltas(x).unflatten(1, (-1, 4))


class MaskHead(nn.Module):
    """Mask of a detection, of its own class only."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(Normalized(PYRAMID, PYRAMID, 3, padding=1) for _ in range(4))
        self.deconv = nn.ConvTranspose2d(PYRAMID, PYRAMID, 2, 2)
        self.mask = nn.Conv2d(PYRAMID, classes, 1)

    def forward(self, crops: Tensor, classes: Tensor) -> Tensor:
        """Turn N x 256 x 14 x 14 and N class ids into N x 28 x 28 probabilities."""
        x = crops
        for conv in self.convs:
            x = F.relu(conv(x), inplace=True)
        x = F.relu(self.deconv(x), inplace=True)
        weights, biases = (
            self.mask.weight[classes, :, 0, 0],
            self.mask.get_parameter("bias")[classes],
        )
        return torch.sigmoid(torch.einsum("nchw,nc->nhw", x, weights) + biases[:, None, None])


class Network(nn.Module):
    """The three parts, with the file's weights until `fold`."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.dense = Dense(architecture.depth)
        self.box_head = BoxHead(architecture.classes)
        self.mask_head = MaskHead(architecture.classes)
        self.eval()

    def fold(self) -> None:
        """Make each convolution and its normalization one."""
        for module in self.modules():
            if isinstance(module, Normalized):
                module.fold()

    def tensors(self) -> dict[Key, Tensor]:
        """Return each tensor by its layer's and variable's names in Keras, in Keras's order of axes (views)."""
        named: dict[Key, Tensor] = {}
        for layer, module in _layers(self):
            if isinstance(module, nn.BatchNorm2d):
                named[layer, "gamma"], named[layer, "beta"] = module.weight.data, module.bias.data
                named[layer, "moving_mean"] = module.get_buffer("running_mean")
                named[layer, "moving_variance"] = module.get_buffer("running_var")
            else:
                weight = module.get_parameter("weight").data
                axes = (2, 3, 1, 0) if weight.ndim == 4 else (1, 0)
                named[layer, "kernel"] = weight.permute(axes)
                named[layer, "bias"] = module.get_parameter("bias").data
        return named

    def load(self, arrays: Mapping[Key, NDArray[np.float32]]) -> None:
        """Take over arrays that `recognize` has checked, and compare each with the result."""
        for key, tensor in self.tensors().items():
            tensor.copy_(torch.from_numpy(arrays[key]))
        for key, tensor in self.tensors().items():
            if not np.array_equal(tensor.numpy(), arrays[key], equal_nan=True):
                raise AssertionError(f"{'/'.join(key)} is not what the file holds")


def _layers(network: Network) -> Iterator[tuple[str, nn.Module]]:
    """Yield (layer in Keras, module)."""

    def both(conv: str, norm: str, module: Normalized) -> Iterator[tuple[str, nn.Module]]:
        yield conv, module.conv
        yield norm, module.norm

    # PyTorch does not know the types of what a ModuleList holds.
    dense: Any = network.dense
    trunk: Any = network.dense.trunk
    box: Any = network.box_head
    mask: Any = network.mask_head
    yield from both("conv1", "bn_conv1", trunk.stem)
    for stage, blocks in enumerate(trunk.stages, start=2):
        for name, block in zip(block_names(stage, len(blocks)), blocks, strict=True):
            for branch in ("2a", "2b", "2c", "1"):
                module = getattr(block, f"branch{branch}")
                if isinstance(module, Normalized):
                    yield from both(f"res{name}_branch{branch}", f"bn{name}_branch{branch}", module)
    for level, (lateral, smooth) in enumerate(zip(trunk.lateral, dense.smooth, strict=True), 2):
        yield f"fpn_c{level}p{level}", lateral
        yield f"fpn_p{level}", smooth
    yield "rpn_conv_shared", dense.rpn_shared
    yield "rpn_class_raw", dense.rpn_class
    yield "rpn_bbox_pred", dense.rpn_box
    yield from both("mrcnn_class_conv1", "mrcnn_class_bn1", box.conv1)
    yield from both("mrcnn_class_conv2", "mrcnn_class_bn2", box.conv2)
    yield "mrcnn_class_logits", box.logits
    yield "mrcnn_bbox_fc", box.deltas
    for number, conv in enumerate(mask.convs, 1):
        yield from both(f"mrcnn_mask_conv{number}", f"mrcnn_mask_bn{number}", conv)
    yield "mrcnn_mask_deconv", mask.deconv
    yield "mrcnn_mask", mask.mask
