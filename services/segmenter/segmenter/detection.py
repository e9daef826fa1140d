"""What the segmenter says about a photo, and how raw network outputs become that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import pycocotools.mask as coco_mask
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F


class Rle(TypedDict):
    """A mask as compressed COCO run lengths: size is [height, width] in pixels."""

    size: list[int]
    counts: bytes


@dataclass(frozen=True)
class Detection:
    """One garment: category 1-13, score in [0, 1], box (x1, y1, x2, y2) and mask, in pixels."""

    category: int
    score: float
    box: tuple[float, float, float, float]
    mask: Rle


def encode_mask(mask: NDArray[np.bool_]) -> Rle:
    """Run lengths of a bool H x W mask."""
    encoded: Rle = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return encoded


def paste(
    probabilities: Tensor, box: Sequence[float], height: int, width: int
) -> NDArray[np.bool_]:
    """Place an M x M mask of probabilities (float32) into its box: bool H x W, true from 0.5.

    Only the box's pixels are computed. The M x M cells tile the box, as in Detectron2's
    paste_masks_in_image.
    """
    x1, y1, x2, y2 = box
    left, top = max(0, int(np.floor(x1))), max(0, int(np.floor(y1)))
    right, bottom = min(width, int(np.ceil(x2))), min(height, int(np.ceil(y2)))
    mask = np.zeros((height, width), dtype=bool)
    if right <= left or bottom <= top:
        return mask
    xs = (torch.arange(left, right) + 0.5 - x1) / max(x2 - x1, 1e-3) * 2 - 1
    ys = (torch.arange(top, bottom) + 0.5 - y1) / max(y2 - y1, 1e-3) * 2 - 1
    grid = torch.stack(torch.meshgrid(xs, ys, indexing="xy"), dim=-1)[None]
    inside = F.grid_sample(probabilities[None, None], grid, align_corners=False)[0, 0]
    mask[top:bottom, left:right] = (inside >= 0.5).numpy()
    return mask


def one_garment_a_pixel(detections: Sequence[Detection], most_shared: float) -> list[Detection]:
    """Drop a detection when more than `most_shared` of its pixels belong to better ones.

    Masks are visible pixels, so two true garments hardly overlap; what overlaps is one garment seen
    as two categories (top or outwear) or a dress beside its own halves, and would be counted twice.
    Returns the rest, best score first.
    """
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda d: (-d.score, d.category, d.box)):
        area = float(coco_mask.area(detection.mask))
        if not area:
            continue
        if kept:
            better: Rle = coco_mask.merge([other.mask for other in kept])
            shared = float(
                coco_mask.area(coco_mask.merge([better, detection.mask], intersect=True))
            )
            if shared > most_shared * area:
                continue
        kept.append(detection)
    return kept
