"""Masks: numpy arrays from and to the COCO run-length encoding of the contract."""

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
    """Decode to bool H x W. Raise ValueError if the runs don't fill the size, or if it is larger than any photo."""
    rle = {"size": [mask.height, mask.width], "counts": bytes(mask.counts)}
    pixels = mask.height * mask.width
    if 0 < pixels <= MAX_PIXELS and _length(mask.counts) == pixels:
        return np.asarray(coco.decode(rle), dtype=np.bool_)
    raise ValueError(
        f"the runs of the mask don't add up to {mask.height} x {mask.width} pixels, or no photo has so many"
    )


def _length(counts: bytes) -> int:
    """Return how many pixels compressed COCO counts describe; -1 if they are malformed. As rleFrString of COCO's maskApi.c.

    pycocotools trusts the counts, and writes past its buffer if they exceed the size. This check prevents that.
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
