"""From a decoded photo to the network's input; the same code serves training and serving."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

# Channel statistics of ImageNet (RGB, 0-1), the convention of torchvision's networks.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def to_square(photo: NDArray[np.uint8], side: int) -> Tensor:
    """Resize an RGB uint8 H x W x 3 photo to a uint8 3 x side x side tensor.

    The whole photo is squeezed into the square: full-length people keep head and shoes, and the
    network can't read the aspect ratio (which tells the source of a training photo) off padding.
    """
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8:
        raise ValueError(f"expected RGB uint8 H x W x 3, got {photo.dtype} {photo.shape}")
    pixels = torch.from_numpy(np.array(photo, order="C")).permute(2, 0, 1)[None]
    square = F.interpolate(pixels, (side, side), mode="bilinear", antialias=True)
    return square[0]


def normalize(squares: Tensor) -> Tensor:
    """Normalize uint8 N x 3 x S x S to float32 with ImageNet's mean and deviation."""
    mean = torch.tensor(MEAN, device=squares.device).view(1, 3, 1, 1)
    std = torch.tensor(STD, device=squares.device).view(1, 3, 1, 1)
    return (squares.float() / 255 - mean) / std
