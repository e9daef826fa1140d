"""The DeepFashion2 layout holds what was rendered."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco

from fashion.words import CATEGORIES
from lookbook.draw.render import render
from lookbook.spec.sampling import sample_outfit, sample_scene
from lookbook.write.contours import contours
from lookbook.write.deepfashion2 import LANDMARKS, polygons, write


def raster(shapes: list[list[float]], height: int, width: int) -> NDArray[np.bool_]:
    rle = coco.merge(coco.frPyObjects(shapes, height, width))
    return np.asarray(coco.decode(rle), bool)


def test_written_garments_are_the_rendered_ones(tmp_path: Path) -> None:
    specs = [sample_outfit(seed, "train") for seed in range(4)] + [sample_scene(0, "train")]
    names = write(tmp_path, specs, first=7)
    assert names[0] == "000007.jpg"
    for name, spec in zip(names, specs, strict=True):
        record = json.loads((tmp_path / "annos" / name).with_suffix(".json").read_text())
        with Image.open(tmp_path / "image" / name) as image:
            assert image.size == (spec.width, spec.height)
        truth = render(spec).garments
        items = [v for k, v in record.items() if k.startswith("item")]
        assert len(items) == len(truth)
        for item, garment in zip(items, truth, strict=True):
            assert item["category_id"] == garment.category
            assert item["category_name"] == CATEGORIES[garment.category].name
            assert len(item["landmarks"]) == 3 * LANDMARKS[garment.category]
            assert not any(item["landmarks"])
            mask = raster(item["segmentation"], spec.height, spec.width)
            both = np.count_nonzero(mask & garment.mask)
            assert both / np.count_nonzero(mask | garment.mask) > 0.97
            x1, y1, x2, y2 = item["bounding_box"]
            inside = np.zeros_like(garment.mask)
            inside[y1:y2, x1:x2] = True
            assert not (garment.mask & ~inside).any()


def test_a_mask_with_a_hole_keeps_it() -> None:
    y, x = np.mgrid[:60, :80]
    ring = ((x - 40) ** 2 + (y - 30) ** 2 < 25**2) & ((x - 40) ** 2 + (y - 30) ** 2 > 12**2)
    mask = raster(polygons(ring), 60, 80)
    assert np.count_nonzero(mask & ring) / np.count_nonzero(mask | ring) > 0.97


def test_an_outline_touching_every_edge_and_corner_is_closed() -> None:
    assert contours(np.ones((3, 5), bool)).tolist() == [[0, 0], [5, 0], [5, 3], [0, 3]]
    diagonal = np.eye(3, dtype=bool)
    assert len(contours(diagonal)) == 12
    with pytest.raises(ValueError, match="no pixel"):
        contours(np.zeros((2, 2), bool))
