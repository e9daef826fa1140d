"""From a photo to the network's square input and back, as in Matterport's mrcnn 0.2. NumPy only.

Molding is mrcnn.utils.resize_image in mode "square" and mold_image; unmolding is
MaskRCNN.unmold_detections.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmenter.engines.matterport.config import Config

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Molded:
    """A photo as the network sees it."""

    pixels: NDArray[np.float32]  # side x side x 3: RGB less its mean, black around the photo
    window: tuple[int, int, int, int]  # y1, x1, y2, x2 of the photo in it, in pixels


def mold(photo: NDArray[np.uint8], config: Config) -> Molded:
    """Scale an RGB uint8 H x W x 3 photo into the middle of a square."""
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8:
        raise ValueError(f"expected RGB uint8 H x W x 3, got {photo.dtype} {photo.shape}")
    height, width = photo.shape[:2]
    scale = max(1.0, config.min_side / min(height, width))
    if round(max(height, width) * scale) > config.side:
        scale = config.side / max(height, width)
    if scale != 1:
        height, width = round(height * scale), round(width * scale)
        # As in the original, numbers are cut and not rounded.
        photo = resize(photo, max(1, height), max(1, width)).astype(np.uint8)
    height, width = photo.shape[:2]
    top, left = (config.side - height) // 2, (config.side - width) // 2
    mean = np.array(config.mean_pixel)
    pixels = np.broadcast_to((-mean).astype(np.float32), (config.side, config.side, 3)).copy()
    window = (top, left, top + height, left + width)
    # The mean is double, as in mold_image: the difference is rounded once.
    pixels[top : window[2], left : window[3]] = _table(mean)[photo, np.arange(3)]
    return Molded(pixels, window)


def _table(mean: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return what each of the 256 values of each channel becomes: 256 x 3."""
    return (np.arange(256, dtype=np.float32)[:, None] - mean).astype(np.float32)


def resize(image: NDArray[np.generic], height: int, width: int) -> Floats:
    """Resize an image of H x W (x C) bilinearly, with black beyond the edge.

    To the bit what skimage.transform.resize returns with order=1, mode="constant",
    preserve_range=True, anti_aliasing=False: the behavior of the scikit-image that Matterport's code
    was written for. float32 stays float32; all other types become float64.
    """
    dtype = np.float32 if image.dtype == np.float32 else np.float64
    rows, low_row, high_row = _taps(image.shape[0], height)
    columns, low_column, high_column = _taps(image.shape[1], width)
    # Channels first: the last axis is the one that is gathered along.
    planes = np.moveaxis(image.reshape(*image.shape[:2], -1), 2, 0)
    padded = np.pad(planes, ((0, 0), (1, 1), (1, 1)))
    # The order of multiplications and sums is that of scipy.ndimage.zoom: in another order, other
    # pixels would be rounded below a whole value.
    upper = padded[:, rows] * low_row[:, None]
    lower = padded[:, rows + 1] * high_row[:, None]
    out = np.take(upper, columns, axis=2) * low_column
    out += np.take(upper, columns + 1, axis=2) * high_column
    out += np.take(lower, columns, axis=2) * low_column
    out += np.take(lower, columns + 1, axis=2) * high_column
    out = out.astype(dtype, copy=False)
    least, most = image.min(), image.max()
    if not least <= 0 <= most and out.min() <= 0 <= out.max():
        least, most = min(least, 0), max(most, 0)
    np.clip(out, least, most, out=out)
    return np.moveaxis(out, 0, 2).reshape(height, width, *image.shape[2:])


def _taps(size: int, new: int) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return for each new pixel the first of its two old ones, and the weights of both.

    In an image with one pixel of black around it.
    """
    position = (np.arange(new) + 0.5) * (size / new) - 0.5
    first = np.floor(position)
    second = position - first
    return first.astype(np.intp) + 1, 1 - second, second


def unmold_boxes(
    boxes: NDArray[np.float32],
    window: tuple[int, int, int, int],
    side: int,
    height: int,
    width: int,
) -> NDArray[np.int32]:
    """Turn N x (y1, x1, y2, x2) in [0, 1] of the square into whole pixels of the photo; y2, x2 are outside."""
    last = np.array([0, 0, 1, 1])
    inside = ((np.array(window) - last) / (side - 1)).astype(np.float32)
    shift, extent = inside[[0, 1, 0, 1]], inside[2:] - inside[:2]
    within = (boxes - shift) / extent[[0, 1, 0, 1]]
    pixels = within * np.array([height - 1, width - 1, height - 1, width - 1]) + last
    whole: NDArray[np.int32] = np.around(pixels).astype(np.int32)
    return whole


def place(
    probabilities: NDArray[np.float32], box: NDArray[np.int32], height: int, width: int
) -> NDArray[np.bool_]:
    """Scale a mask into its box (y1, x1, y2, x2, whole pixels inside the photo): bool H x W, from 0.5."""
    y1, x1, y2, x2 = box.tolist()
    mask = np.zeros((height, width), dtype=bool)
    if y2 > y1 and x2 > x1:
        mask[y1:y2, x1:x2] = resize(probabilities, y2 - y1, x2 - x1) >= 0.5
    return mask
