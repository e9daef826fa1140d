"""From a mask inside a box to a mask of the photo."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def paste(
    probabilities: Tensor, box: Sequence[float], height: int, width: int
) -> NDArray[np.bool_]:
    """Place an M x M mask of probabilities (float32) into its box: bool H x W, true from 0.5.

    Only the pixels of the box are computed. The M x M cells tile the box, as in Detectron2's
    paste_masks_in_image. In memory columns follow each other, as `encode_mask` reads them.
    """
    x1, y1, x2, y2 = box
    left, top = max(0, int(np.floor(x1))), max(0, int(np.floor(y1)))
    right, bottom = min(width, int(np.ceil(x2))), min(height, int(np.ceil(y2)))
    mask = np.zeros((height, width), dtype=bool, order="F")
    if right <= left or bottom <= top:
        return mask
    cells = probabilities.shape[0]
    columns = _bilinear(left, right, x1, x2, cells)
    rows = _bilinear(top, bottom, y1, y2, cells)
    inside = columns @ probabilities.T @ rows.T
    mask[top:bottom, left:right] = (inside >= 0.5).numpy().T
    return mask


def _bilinear(first: int, end: int, low: float, high: float, cells: int) -> Tensor:
    """Return how much each of `cells` that tile low..high counts for the pixels first..end - 1.

    Float32 pixels x cells. To multiply by two of these is grid_sample's bilinear sampling, but
    faster: grid_sample does not use that its grid consists of rows and columns.
    """
    places = (torch.arange(first, end) + 0.5 - low) / max(high - low, 1e-3) * cells - 0.5
    return (1 - (places[:, None] - torch.arange(cells)).abs()).clamp(min=0)
