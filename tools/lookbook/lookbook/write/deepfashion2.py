"""The DeepFashion2 layout: `image/000001.jpg` and `annos/000001.json`, one pair a photo.

Format: github.com/switchablenorms/DeepFashion2, "Data Description".
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import label

from fashion.words import CATEGORIES
from lookbook.draw.render import Rendered, RenderedGarment, render
from lookbook.spec.photo import PhotoSpec
from lookbook.write.contours import contours
from lookbook.write.photos import jpeg_quality

LANDMARKS = {
    1: 25,
    2: 33,
    3: 31,
    4: 39,
    5: 15,
    6: 15,
    7: 10,
    8: 14,
    9: 8,
    10: 29,
    11: 37,
    12: 19,
    13: 19,
}
"""Landmarks a category has in DeepFashion2; the look-book writes zeros for them."""

_SPECK = 12
"""Parts of a mask below this many pixels are left out of its polygons."""


def polygons(mask: NDArray[np.bool_]) -> list[list[float]]:
    """Return the outlines of a mask's parts as flat x, y lists in pixels. A part with a hole is cut through it, since a polygon has none."""
    parts, count = label(mask, np.ones((3, 3), int))
    sizes = np.bincount(parts.ravel())
    out: list[list[float]] = []
    for part in range(1, count + 1):
        if sizes[part] < _SPECK:
            continue
        own = parts == part
        holes, found = label(~own)
        hole_sizes = np.bincount(holes.ravel())
        hole_sizes[[0, int(holes[0, 0])]] = 0
        inner = [
            h for h in range(1, found + 1) if hole_sizes[h] >= _SPECK and not _at_edge(holes == h)
        ]
        if inner:
            columns = np.where((holes == max(inner, key=lambda h: hole_sizes[h])).any(0))[0]
            middle = int(columns[len(columns) // 2])
            for side in (np.s_[:, :middle], np.s_[:, middle:]):
                half = np.zeros_like(own)
                half[side] = own[side]
                out += polygons(half)
        else:
            out.append([float(v) for v in contours(own).ravel()])
    return out


def _at_edge(region: NDArray[np.bool_]) -> bool:
    return bool(region[0].any() or region[-1].any() or region[:, 0].any() or region[:, -1].any())


def item(garment: RenderedGarment, style: int, image_area: int) -> dict[str, Any] | None:
    """Return one `itemN` record; None if nothing of the garment is large enough to outline."""
    segmentation = polygons(garment.mask)
    if not segmentation:
        return None
    rows, cols = np.where(garment.mask.any(1))[0], np.where(garment.mask.any(0))[0]
    box = [int(cols[0]), int(rows[0]), int(cols[-1]) + 1, int(rows[-1]) + 1]
    part = int(np.count_nonzero(garment.mask)) / image_area
    return {
        "segmentation": segmentation,
        "scale": 1 if part < 0.05 else 2 if part < 0.2 else 3,
        "viewpoint": 2,
        "zoom_in": 1,
        "occlusion": 1 if len(segmentation) == 1 else 2,
        "landmarks": [0] * (3 * LANDMARKS[garment.category]),
        "style": style,
        "bounding_box": box,
        "category_id": garment.category,
        "category_name": CATEGORIES[garment.category].name,
    }


def annotation(rendered: Rendered, pair_id: int) -> dict[str, Any]:
    """Return the record of one photo: `source`, `pair_id` and `item1` .. `itemN`."""
    area = rendered.image.shape[0] * rendered.image.shape[1]
    record: dict[str, Any] = {"source": "shop", "pair_id": pair_id}
    items = (item(g, n, area) for n, g in enumerate(rendered.garments, 1))
    for n, found in enumerate((i for i in items if i is not None), 1):
        record[f"item{n}"] = found
    return record


def write(
    folder: Path,
    specs: Sequence[PhotoSpec],
    first: int = 1,
    progress: Callable[[], object] = lambda: None,
) -> list[str]:
    """Render specs into `folder/image` and `folder/annos`; return the file names of the photos.

    Photos are numbered from `first`; JPEG quality is 80 to 95 and varies by photo. `progress` is called after each.
    A photo without garments gets an annotation without items.
    """
    (folder / "image").mkdir(parents=True, exist_ok=True)
    (folder / "annos").mkdir(parents=True, exist_ok=True)
    names = []
    for n, spec in enumerate(specs, first):
        rendered = render(spec)
        Image.fromarray(rendered.image).save(
            folder / "image" / f"{n:06d}.jpg", quality=jpeg_quality(spec)
        )
        text = json.dumps(annotation(rendered, n))
        (folder / "annos" / f"{n:06d}.json").write_text(text)
        names.append(f"{n:06d}.jpg")
        progress()
    return names
