"""Random changes to a training photo and its masks."""

import math
import random
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter
from torch import Tensor

from segmenter.nets.preprocess import fit


def targets(categories: Sequence[int], masks: Sequence[NDArray[np.bool_]]) -> dict[str, Tensor]:
    """Return torchvision's training target, without garments of less than 3 x 3 pixels."""
    boxes, labels, kept = [], [], []
    for category, mask in zip(categories, masks, strict=True):
        ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if len(xs) and xs[-1] - xs[0] > 2 and ys[-1] - ys[0] > 2:
            boxes.append([xs[0], ys[0], xs[-1] + 1, ys[-1] + 1])
            labels.append(category)
            kept.append(mask)
    return {
        "boxes": torch.tensor(np.array(boxes), dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor(labels, dtype=torch.int64),
        "masks": torch.from_numpy(
            np.array(kept, dtype=np.uint8).reshape(len(kept), *masks[0].shape)
        )
        if kept
        else torch.zeros(0, 1, 1, dtype=torch.uint8),
    }


def augment(
    photo: NDArray[np.uint8],
    categories: Sequence[int],
    masks: Sequence[NDArray[np.bool_]],
    side: int,
    rng: random.Random,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Crop, scale (to 0.7-1.1 of the serving side), mirror and light a photo at random.

    Return float32 3 x h x w in [0, 1] and torchvision's target.
    """
    height, width = photo.shape[:2]
    if rng.random() < 0.5:
        w, h = round(width * rng.uniform(0.6, 1)), round(height * rng.uniform(0.6, 1))
        x, y = rng.randint(0, width - w), rng.randint(0, height - h)
        # What is left of a garment must still show its category.
        shown = [mask[y : y + h, x : x + w] for mask in masks]
        if all(part.sum() > 0.4 * mask.sum() for part, mask in zip(shown, masks, strict=True)):
            photo, masks = photo[y : y + h, x : x + w], shown
            side = round(side * max(h, w) / max(height, width))
    image = fit(photo, max(64, round(side * rng.uniform(0.7, 1.1))))
    rows = ((np.arange(image.shape[1]) + 0.5) * photo.shape[0] / image.shape[1]).astype(int)
    columns = ((np.arange(image.shape[2]) + 0.5) * photo.shape[1] / image.shape[2]).astype(int)
    masks = [mask[np.ix_(rows, columns)] for mask in masks]
    if rng.random() < 0.5:
        image = image.flip(2)
        masks = [mask[:, ::-1] for mask in masks]
    image = recolor(image, turn=rng.uniform(-0.35, 0.35), saturation=rng.uniform(0.3, 1.5))
    tint = torch.tensor([rng.uniform(0.9, 1.1) for _ in range(3)]).view(3, 1, 1)
    image = (image * tint * rng.uniform(0.7, 1.3) + rng.uniform(-0.08, 0.08)).clamp(0, 1)
    return image, targets(categories, masks)


def moved(
    photo: NDArray[np.uint8],
    masks: Sequence[NDArray[np.bool_]],
    background: NDArray[np.uint8] | None,
    rng: random.Random,
) -> NDArray[np.uint8]:
    """Return the garments alone before another background, where they were, as shops cut them out: uint8 like `photo`.

    A simple form of copy-paste (Ghiasi et al. 2021). `background`: a photo of any size; None: a wall of one light color, a
    little darker to one side. The edge is soft over three pixels, so that it does not tell a garment.
    """
    height, width = photo.shape[:2]
    if background is None:
        color = rng.uniform(150, 255) + np.array([rng.uniform(-12, 12) for _ in range(3)])
        fall = np.linspace(1.0, rng.uniform(0.8, 1.0), width)
        below = np.outer(np.ones(height), fall)[..., None] * color
    else:
        below = np.asarray(Image.fromarray(background).resize((width, height)), np.float64)
    garments = np.logical_or.reduce(masks)
    alpha = uniform_filter(garments.astype(np.float64), size=3)[..., None]
    return np.asarray((photo * alpha + below * (1 - alpha)).clip(0, 255), dtype=np.uint8)


def recolor(image: Tensor, turn: float, saturation: float) -> Tensor:
    """Turn the hues by `turn` radians and multiply the saturation; float 3 x H x W.

    A rotation of chroma in YIQ, after Haeberli's "Matrix operations for image processing" (1993).
    """
    to_yiq = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    cos, sin = saturation * math.cos(turn), saturation * math.sin(turn)
    chroma = torch.tensor([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])
    return torch.einsum("ij,jhw->ihw", torch.linalg.inv(to_yiq) @ chroma @ to_yiq, image)
