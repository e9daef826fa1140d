"""Many pictures in one: a contact sheet with a caption under each tile."""

from collections.abc import Iterable
from math import ceil
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

CAPTION = 60  # pixels under a tile: four lines
LETTERS = 38  # in a line


def contact_sheet(
    tiles: Iterable[tuple[NDArray[np.uint8], str]], columns: int = 6, side: int = 220
) -> Image.Image:
    """Lay out RGB uint8 H x W x 3 pictures with captions, each scaled to fit into side x side pixels."""
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
        lines = [line for part in caption.splitlines() for line in wrap(part, LETTERS)]
        draw.multiline_text(
            (left + 4, top + side + 2), "\n".join(lines[:4]), "white", font, spacing=2
        )
    return sheet
