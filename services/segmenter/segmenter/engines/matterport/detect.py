"""From the dense part's output to detections: proposals, crops, refined boxes, masks.

Boxes are y1, x1, y2, x2 in [0, 1] of the square input, as in mrcnn.model. Of equal scores the earlier
one wins, as in TensorFlow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import nms

from segmenter.engines.matterport.config import Config
from segmenter.engines.matterport.network import Network

STRIDES = (4, 8, 16, 32, 64)  # pixels (BACKBONE_STRIDES)
BOX_CROP, MASK_CROP = 7, 14  # POOL_SIZE, MASK_POOL_SIZE


@dataclass(frozen=True)
class Found:
    """What the network finds in one square, best score first."""

    proposals: Tensor  # P x 4
    boxes: Tensor  # N x 4
    classes: Tensor  # N, 1 and up
    scores: Tensor  # N
    masks: Tensor  # N x 28 x 28, probabilities


def detect(
    network: Network,
    pixels: Tensor,
    window: tuple[int, int, int, int],
    config: Config,
    wanted: Tensor | None = None,
) -> Found:
    """Run the network over one molded photo (1 x 3 x S x S, window in pixels).

    `wanted`: a flag for each class; other classes are left out, and their masks are not computed.
    """
    *levels, logits, deltas = network.dense(pixels)
    proposals = propose(logits[0].float(), deltas[0].float(), config)
    # If there are too few proposals, the original adds boxes of no size and classifies them as well.
    # One of them stands for all.
    missing = config.proposals - len(proposals)
    regions = F.pad(proposals, (0, 0, 0, min(missing, 1)))
    class_logits, class_deltas = network.box_head(crop(levels, regions, BOX_CROP, config.side))
    scores, classes = F.softmax(class_logits.float(), dim=1).max(dim=1)
    own = class_deltas.float()[torch.arange(len(classes), device=classes.device), classes]
    boxes = _clip(
        _shift(regions, own, config.deviations), _inside(window, config.side).to(regions.device)
    )
    kept = torch.nonzero((classes > 0) & (scores >= config.threshold))[:, 0]
    kept = torch.cat([kept, kept[kept >= len(proposals)].repeat(max(missing - 1, 0))])
    boxes, scores, classes = boxes[kept], scores[kept], classes[kept]
    kept = _apart(boxes, scores, classes, config.detection_overlap)[: config.detections]
    if wanted is not None:
        kept = kept[wanted[classes[kept]]]
    boxes, scores, classes = boxes[kept], scores[kept], classes[kept]
    masks = network.mask_head(crop(levels, boxes, MASK_CROP, config.side), classes).float()
    return Found(proposals, boxes, classes, scores, masks)


def propose(logits: Tensor, deltas: Tensor, config: Config) -> Tensor:
    """Return boxes that may hold an object, best first: anchors x 2 logits and x 4 deltas -> P x 4.

    As mrcnn.model.ProposalLayer.
    """
    scores = F.softmax(logits, dim=1)[:, 1]
    best = _best(scores, config.anchors_kept)
    placed = anchors(config.side, config.scales, config.ratios, deltas.device)
    moved = _shift(placed[best], deltas[best], config.proposal_deviations)
    boxes = moved.clamp(0, 1)
    return boxes[nms(_xyxy(boxes), scores[best], config.proposal_overlap)[: config.proposals]]


def _apart(boxes: Tensor, scores: Tensor, classes: Tensor, overlap: float) -> Tensor:
    """Return the indices of boxes that overlap no better one of their class, best score first.

    Not by torchvision's batched_nms, which moves the boxes of the classes apart and so rounds them.
    """
    kept = torch.zeros_like(classes, dtype=torch.bool)
    for number in torch.unique(classes):
        own = torch.nonzero(classes == number)[:, 0]
        kept[own[nms(_xyxy(boxes[own]), scores[own], overlap)]] = True
    left = torch.nonzero(kept)[:, 0]
    return left[scores[left].argsort(descending=True, stable=True)]


def _best(scores: Tensor, count: int) -> Tensor:
    """Return the indices of the `count` highest scores, in order.

    A stable sort of those that may be among them costs a tenth of sorting all.
    """
    if count < len(scores):
        least = scores.topk(count).values[-1]
        candidates = torch.nonzero(scores >= least)[:, 0]
    else:
        candidates = torch.arange(len(scores), device=scores.device)
    return candidates[scores[candidates].argsort(descending=True, stable=True)[:count]]


@lru_cache(maxsize=4)
def anchors(
    side: int, scales: tuple[float, ...], ratios: tuple[float, ...], device: torch.device
) -> Tensor:
    """Return all anchors of a square, by level, row, column and ratio: float32 on the device; some cross the edge.

    As in mrcnn.utils.generate_pyramid_anchors and norm_boxes, the middle of an anchor is at the upper
    left corner of its cell.
    """
    roots = np.sqrt(ratios)
    boxes = []
    for scale, stride in zip(scales, STRIDES, strict=True):
        middles = np.arange(math.ceil(side / stride)) * stride
        y, x = np.meshgrid(middles, middles, indexing="ij")
        middle = np.stack([y, x], axis=-1)[:, :, None]
        half = 0.5 * np.stack([scale / roots, scale * roots], axis=-1)
        boxes.append(np.concatenate([middle - half, middle + half], axis=-1).reshape(-1, 4))
    pixels = np.concatenate(boxes)
    return torch.from_numpy(((pixels - [0, 0, 1, 1]) / (side - 1)).astype(np.float32)).to(device)


def crop(levels: list[Tensor], boxes: Tensor, size: int, side: int) -> Tensor:
    """Return the features of boxes: levels 2 to 5 (1 x C x H x W) and N x 4 -> N x C x size x size.

    As in mrcnn.model.PyramidROIAlign, the area of a box chooses the level. Each cell has one bilinear
    sample, and the outer ones are on the edges of the box (tf.image.crop_and_resize).
    """
    height, width = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    # Equation 1 of the Feature Pyramid Networks paper; a box of no area takes the lowest level.
    octave = torch.log2(torch.sqrt(height * width) / (224.0 / side)).clamp(min=-9).round()
    belongs = (4 + octave).clamp(2, 5)
    channels = levels[0].shape[1]
    out = levels[0].new_empty((len(boxes), size, size, channels))
    for number, level in enumerate(levels, start=2):
        chosen = torch.nonzero(belongs == number)[:, 0]
        if len(chosen):
            out[chosen] = _sample(level, boxes[chosen], size)
    return out.permute(0, 3, 1, 2)  # in memory channels stay last


def _sample(level: Tensor, boxes: Tensor, size: int) -> Tensor:
    """Sample bilinearly: 1 x C x H x W and N x 4 -> N x size x size x C.

    Each sample is a weighted sum of four rows of a table of pixels: an embedding bag, which PyTorch
    runs on all cores.
    """
    _, channels, height, width = level.shape
    steps = torch.linspace(0, 1, size, device=boxes.device)
    y, y_share = _between(boxes[:, 0, None], boxes[:, 2, None], steps, height)
    x, x_share = _between(boxes[:, 1, None], boxes[:, 3, None], steps, width)
    rows = torch.stack([y, (y + 1).clamp(max=height - 1)], dim=-1)  # N x size x 2
    columns = torch.stack([x, (x + 1).clamp(max=width - 1)], dim=-1)
    row_weights = torch.stack([1 - y_share, y_share], dim=-1)
    column_weights = torch.stack([1 - x_share, x_share], dim=-1)
    places = rows[:, :, None, :, None] * width + columns[:, None, :, None, :]
    weights = row_weights[:, :, None, :, None] * column_weights[:, None, :, None, :]
    table = level[0].permute(1, 2, 0).reshape(height * width, channels).contiguous()
    samples = F.embedding_bag(
        places.reshape(-1, 4), table, per_sample_weights=weights.reshape(-1, 4), mode="sum"
    )
    return samples.view(len(boxes), size, size, channels)


def _between(start: Tensor, end: Tensor, steps: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """Return the pixel before each sample from start to end, and the share of the next pixel.

    Start and end are in [0, 1] of `length` pixels.
    """
    position = (start + (end - start) * steps) * (length - 1)
    before = position.floor().clamp(0, length - 1)
    return before.long(), position - before


def _shift(boxes: Tensor, deltas: Tensor, deviations: tuple[float, ...]) -> Tensor:
    """Move and scale boxes by normalized deltas (mrcnn.model.apply_box_deltas_graph)."""
    dy, dx, dh, dw = (deltas * deltas.new_tensor(deviations)).unbind(1)
    y1, x1, y2, x2 = boxes.unbind(1)
    height, width = y2 - y1, x2 - x1
    middle_y, middle_x = y1 + 0.5 * height + dy * height, x1 + 0.5 * width + dx * width
    height, width = height * dh.exp(), width * dw.exp()
    top, left = middle_y - 0.5 * height, middle_x - 0.5 * width
    return torch.stack([top, left, top + height, left + width], dim=1)


def _clip(boxes: Tensor, window: Tensor) -> Tensor:
    return torch.maximum(torch.minimum(boxes, window[[2, 3, 2, 3]]), window[[0, 1, 0, 1]])


def _inside(window: tuple[int, int, int, int], side: int) -> Tensor:
    """Return a window in pixels, with its last row and column outside, in [0, 1]."""
    return (torch.tensor(window, dtype=torch.float32) - torch.tensor([0.0, 0, 1, 1])) / (side - 1)


def _xyxy(boxes: Tensor) -> Tensor:
    return boxes[:, [1, 0, 3, 2]]
