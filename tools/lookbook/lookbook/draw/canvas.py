"""A picture in the making: antialiased layers over a background, and whose pixel each one is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from lookbook.draw.outline import Points, Shape

Field = NDArray[np.float32]

NOBODY = 0
"""The owner of background, skin, hair, shoes and bags; garments are 1, 2, ..."""


@dataclass(frozen=True)
class Patch:
    """Where a layer lies: the box `[y0:y1, x0:x1]` and its coverage there, float32 in [0, 1]."""

    x0: int
    y0: int
    x1: int
    y1: int
    alpha: Field

    def grid(self) -> tuple[Field, Field]:
        """Return the pixel coordinates (x as 1 x W, y as H x 1) of the box."""
        x = np.arange(self.x0, self.x1, dtype=np.float32)[None, :]
        y = np.arange(self.y0, self.y1, dtype=np.float32)[:, None]
        return x, y


class Canvas:
    """`rgb` float32 H x W x 3 (0-255), `owner` uint8 H x W, `tone` uint8 H x W (index of the cloth color)."""

    def __init__(self, background: Field) -> None:
        self.rgb = background
        self.height, self.width = background.shape[:2]
        self.owner = np.zeros((self.height, self.width), np.uint8)
        self.tone = np.zeros((self.height, self.width), np.uint8)

    def patch(self, shape: Shape, soft: float = 0.0) -> Patch | None:
        """Return the coverage of `shape` (pixel coordinates), drawn at twice the size; None if out of sight."""
        every = np.concatenate(shape)
        low, high = every.min(axis=0), every.max(axis=0)
        pad = 2 + int(3 * soft)
        x0, y0 = max(0, int(low[0]) - pad), max(0, int(low[1]) - pad)
        x1 = min(self.width, int(high[0]) + pad + 1)
        y1 = min(self.height, int(high[1]) + pad + 1)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return None
        big = Image.new("L", ((x1 - x0) * 2, (y1 - y0) * 2))
        draw = ImageDraw.Draw(big)
        for polygon in shape:
            draw.polygon(((polygon - (x0, y0)) * 2).ravel().tolist(), fill=255)
        small = big.reduce(2)
        if soft:
            small = small.filter(ImageFilter.GaussianBlur(soft))
        alpha = np.asarray(small, np.float32) / np.float32(255)
        return Patch(x0, y0, x1, y1, alpha)

    def line(self, points: Points, width: float, soft: float) -> Patch | None:
        """Return the coverage of a line `width` px wide, blurred by `soft` px; None if out of sight."""
        pad = 2 + int(width + 3 * soft)
        x0, y0 = (max(0, int(v) - pad) for v in points.min(axis=0))
        x1 = min(self.width, int(points[:, 0].max()) + pad + 1)
        y1 = min(self.height, int(points[:, 1].max()) + pad + 1)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return None
        big = Image.new("L", ((x1 - x0) * 2, (y1 - y0) * 2))
        at = ((points - (x0, y0)) * 2).ravel().tolist()
        ImageDraw.Draw(big).line(at, fill=255, width=max(1, round(2 * width)))
        small = big.reduce(2).filter(ImageFilter.GaussianBlur(soft))
        return Patch(x0, y0, x1, y1, np.asarray(small, np.float32) / np.float32(255))

    def lay(
        self,
        patch: Patch,
        color: Field,
        owner: int = NOBODY,
        tone: NDArray[np.uint8] | None = None,
    ) -> None:
        """Composite `color` (H x W x 3 of the patch, or 3) and take over the pixels it mostly covers."""
        box = np.s_[patch.y0 : patch.y1, patch.x0 : patch.x1]
        under = self.rgb[box]
        under += (color - under) * patch.alpha[..., None]
        covered = patch.alpha > 0.5
        self.owner[box][covered] = owner
        if tone is not None:
            self.tone[box][covered] = tone[covered]

    def darken(self, patch: Patch, strength: float) -> None:
        """Multiply the pixels under the patch by 1 - strength x coverage; owners stay."""
        box = np.s_[patch.y0 : patch.y1, patch.x0 : patch.x1]
        self.rgb[box] *= 1 - np.float32(strength) * patch.alpha[..., None]

    def shadow(self, shape: Shape, radius: float, dx: float, dy: float, strength: float) -> None:
        """Draw a soft shadow of `shape`, shifted by (dx, dy) px, on what lies below it."""
        k = 4
        every = np.concatenate(shape)
        low, high = every.min(axis=0) - 3 * radius, every.max(axis=0) + 3 * radius
        x0, y0 = max(0, int(low[0] + dx)), max(0, int(low[1] + dy))
        x1, y1 = min(self.width, int(high[0] + dx) + 1), min(self.height, int(high[1] + dy) + 1)
        w, h = x1 - x0, y1 - y0
        if w < k or h < k:
            return
        small = Image.new("L", (-(-w // k), -(-h // k)))
        draw = ImageDraw.Draw(small)
        for polygon in shape:
            draw.polygon(((polygon - (x0 - dx, y0 - dy)) / k).ravel().tolist(), fill=255)
        small = small.filter(ImageFilter.GaussianBlur(max(0.5, radius / k)))
        alpha = np.asarray(
            small.resize((w, h), Image.Resampling.BILINEAR), np.float32
        ) / np.float32(255)
        self.darken(Patch(x0, y0, x1, y1, alpha), strength)
