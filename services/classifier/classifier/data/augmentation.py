"""Augmentation that hides where a photo came from."""

import io
import random

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from classifier.nets.preprocess import to_square


def augment(photo: NDArray[np.uint8], side: int, rng: random.Random) -> Tensor:
    """Return a random crop as uint8 3 x side x side, with the marks of the source blurred.

    The labels of the training photos follow their sources, so aspect ratio, resolution and JPEG
    history would give the label away. Therefore crops have random aspects, some photos are shrunk
    first, and half of them are compressed again.
    """
    height, width = photo.shape[:2]
    for _ in range(10):
        area = height * width * rng.uniform(0.3, 1.0)
        aspect = (width / height) ** rng.uniform(0, 1) * np.exp(rng.uniform(-0.35, 0.35))
        w, h = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
        if 0 < w <= width and 0 < h <= height:
            x, y = rng.randint(0, width - w), rng.randint(0, height - h)
            photo = photo[y : y + h, x : x + w]
            break
    if rng.random() < 0.3:
        photo = to_square(photo, rng.randint(side // 3, side)).permute(1, 2, 0).numpy()
    square = to_square(photo, side)
    if rng.random() < 0.5:
        square = square.flip(2)
    if rng.random() < 0.5:
        buffer = io.BytesIO()
        Image.fromarray(square.permute(1, 2, 0).numpy()).save(
            buffer, "JPEG", quality=rng.randint(25, 95)
        )
        square = torch.from_numpy(np.array(Image.open(buffer))).permute(2, 0, 1)
    if rng.random() < 0.8:
        square = _jitter(square, rng)
    return square


def _jitter(square: Tensor, rng: random.Random) -> Tensor:
    pixels = square.float()
    gray = pixels.mean(0, keepdim=True)
    pixels = gray + (pixels - gray) * rng.uniform(0.5, 1.4)
    level = pixels.mean()
    pixels = level + (pixels - level) * rng.uniform(0.7, 1.3)
    tint = torch.tensor([rng.uniform(0.85, 1.15) for _ in range(3)]).view(3, 1, 1) * rng.uniform(
        0.75, 1.25
    )
    return (pixels * tint).clamp(0, 255).to(torch.uint8)
