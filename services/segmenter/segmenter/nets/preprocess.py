"""From a decoded photo to the network's input; the same code serves training and serving."""

from collections.abc import Sequence
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

_MULTIPLE = 32  # pixels that the network pads to (size_divisible of torchvision's detectors)


def fit(photo: NDArray[np.uint8], side: int) -> Tensor:
    """Scale an RGB uint8 H x W x 3 photo to a longer side of `side`; float32 3 x h x w in [0, 1].

    The network itself subtracts ImageNet's mean and pads to a multiple of 32.
    """
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8:
        raise ValueError(f"expected RGB uint8 H x W x 3, got {photo.dtype} {photo.shape}")
    height, width = fitted_size(photo.shape[0], photo.shape[1], side)
    pixels = torch.from_numpy(np.array(photo, order="C")).permute(2, 0, 1)[None]
    return F.interpolate(pixels, (height, width), mode="bilinear", antialias=True)[0].float() / 255


def of_one_shape(sizes: Sequence[tuple[int, int]], side: int) -> list[list[int]]:
    """Return the places of photos (height, width) in groups that are padded to one shape, in the order of their first.

    In a batch with larger ones a photo would get more padding, and so other scores, than by itself.
    """
    groups: dict[tuple[int, int], list[int]] = {}
    for place, (height, width) in enumerate(sizes):
        rows, columns = fitted_size(height, width, side)
        shape = (ceil(rows / _MULTIPLE), ceil(columns / _MULTIPLE))
        groups.setdefault(shape, []).append(place)
    return [*groups.values()]


def fitted_size(height: int, width: int, side: int) -> tuple[int, int]:
    """Return height and width after scaling the longer one to `side`; at least 1 pixel each."""
    scale = side / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))
