"""Masks: numpy arrays to and from the contract's COCO run-length encoding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from photokit.photo import MAX_PIXELS
from snsfashion.fashion.v1.fashion_pb2 import Mask


def encode(mask: NDArray[np.bool_]) -> Mask:
    """Encode a bool H x W mask."""
    rle = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    return Mask(height=mask.shape[0], width=mask.shape[1], counts=rle["counts"])


def decode(mask: Mask) -> NDArray[np.bool_]:
    """Decode to bool H x W. Raises ValueError if the runs don't fill the size, or if no photo is that large."""
    rle = {"size": [mask.height, mask.width], "counts": bytes(mask.counts)}
    pixels = mask.height * mask.width
    if 0 < pixels <= MAX_PIXELS and _length(mask.counts) == pixels:
        return np.asarray(coco.decode(rle), dtype=np.bool_)
    raise ValueError(f"mask runs don't add up to {mask.height} x {mask.width} pixels of a photo")


def _length(counts: bytes) -> int:
    """Pixels that compressed COCO counts describe (rleFrString of COCO's maskApi.c); -1 if they are malformed.

    pycocotools trusts the counts and writes past its buffer if they exceed the size: hence this check.
    """
    runs: list[int] = []
    position = 0
    while position < len(counts):
        value = shift = 0
        while True:
            if position >= len(counts):
                return -1
            byte = counts[position] - 48
            if not 0 <= byte < 64 or shift > 40:
                return -1
            position += 1
            value |= (byte & 0x1F) << shift
            shift += 5
            if not byte & 0x20:
                if byte & 0x10:
                    value -= 1 << shift
                break
        if len(runs) > 2:
            value += runs[-2]
        if value < 0:
            return -1
        runs.append(value)
    return sum(runs)
