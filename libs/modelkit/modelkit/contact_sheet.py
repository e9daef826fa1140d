"""Many pictures on one: a contact sheet with a caption under each tile."""

from collections.abc import Iterable
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

CAPTION = 30  # pixels under a tile: two lines


def contact_sheet(
    tiles: Iterable[tuple[NDArray[np.uint8], str]], columns: int = 6, side: int = 220
) -> Image.Image:
    """Lay out RGB uint8 H x W x 3 pictures with captions, each fitted into side x side pixels."""
    shown = list(tiles)
    height = side + CAPTION
    sheet = Image.new(
        "RGB",
        (max(1, min(columns, len(shown))) * side, max(1, ceil(len(shown) / columns)) * height),
    )
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(11)
    for number, (pixels, caption) in enumerate(shown):
        left, top = number % columns * side, number // columns * height
        picture = Image.fromarray(pixels)
        picture.thumbnail((side - 4, side - 4))
        sheet.paste(picture, (left + (side - picture.width) // 2, top + side - picture.height))
        draw.multiline_text((left + 4, top + side + 2), caption, "white", font, spacing=2)
    return sheet
