"""Photos that are not about fashion, by their kind."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lookbook.draw.canvas import Field
from lookbook.draw.scenes.backgrounds import to_field, to_image
from lookbook.draw.scenes.things import animal, car, food, plant, still_life
from lookbook.draw.scenes.views import abstract, building, landscape, place, screen

Rng = np.random.Generator

_PAINTERS: dict[str, Callable[[Rng, int, int], NDArray[np.float32]]] = {
    "landscape": landscape,
    "building": building,
    "still life": still_life,
    "food": food,
    "screen": screen,
    "abstract": abstract,
    "car": car,
    "animal": animal,
    "plant": plant,
    "place": place,
}


def scene(kind: str, rng: Rng, width: int, height: int) -> Field:
    """Paint a scene of a kind, float32 H x W x 3 in 0-255. Screens are drawn sharp, the others at two thirds of the size."""
    k = 1.0 if kind == "screen" else 1.5
    small = to_image(_PAINTERS[kind](rng, int(width / k) + 1, int(height / k) + 1))
    return to_field(small.resize((width, height), Image.Resampling.BILINEAR))
