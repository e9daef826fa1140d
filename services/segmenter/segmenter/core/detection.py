"""What the segmenter finds in a photo."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import pycocotools.mask as coco_mask
from numpy.typing import NDArray


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
    """Encode a bool H x W mask as run lengths."""
    encoded: Rle = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return encoded


def one_garment_a_pixel(detections: Sequence[Detection], most_shared: float) -> list[Detection]:
    """Drop each detection with more than `most_shared` of its pixels in better ones.

    Masks are visible pixels, so two true garments hardly overlap. What overlaps is one garment seen
    as two categories (top and outwear), or a dress and its own halves, and would count twice.
    Return the rest, best score first.
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
