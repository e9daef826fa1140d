"""From a mask inside a box to a mask of the photo."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F


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
