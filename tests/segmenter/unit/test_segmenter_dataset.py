"""Reading the DeepFashion2 layout: several polygons, bad annotations by name, augmentation."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segmenter.data.augmentation import augment
from segmenter.data.dataset import BadData, Item, item_mask, scan, truth
from segmenter.data.samples import Draw, TrainingPhotos, repeat_factors

SQUARE = [10.0, 10.0, 30.0, 10.0, 30.0, 30.0, 10.0, 30.0]
FAR_SQUARE = [60.0, 60.0, 90.0, 60.0, 90.0, 90.0, 60.0, 90.0]


def write(folder: Path, name: str, annotation: Any) -> None:
    for part in ("image", "annos"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (100, 120), "gray").save(folder / "image" / f"{name}.jpg")
    (folder / "annos" / f"{name}.json").write_text(json.dumps(annotation))


def garment(*polygons: list[float], category: int = 2) -> dict[str, Any]:
    return {"category_id": category, "segmentation": list(polygons)}


def test_a_garment_of_several_polygons_is_their_union() -> None:
    mask = item_mask(Item(2, [SQUARE, FAR_SQUARE]), 120, 100)
    assert mask.shape == (120, 100)
    assert mask[20, 20]
    assert mask[75, 75]
    assert not mask[45, 45]


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ({"item1": garment([1.0, 1.0, 5.0, 5.0])}, "fewer than three points"),
        ({"item1": garment(SQUARE, category=14)}, "category 14"),
        ({"source": "user"}, "no items"),
        ({"item1": {"category_id": 3}}, "segmentation"),
        ([], "can't be read"),
    ],
)
def test_a_bad_annotation_is_named_and_skipped(
    tmp_path: Path, annotation: Any, reason: str
) -> None:
    write(tmp_path, "good", {"item1": garment(SQUARE)})
    write(tmp_path, "odd", annotation)
    entries, problems = scan(tmp_path)
    assert [entry.photo.name for entry in entries] == ["good.jpg"]
    assert len(problems) == 1
    assert "odd.json" in problems[0]
    assert reason in problems[0]


def test_a_bad_garment_does_not_cost_the_others_of_its_photo(tmp_path: Path) -> None:
    write(tmp_path, "two", {"item1": garment(SQUARE), "item2": garment(SQUARE, category=99)})
    entries, problems = scan(tmp_path)
    assert entries[0].categories == {2}
    assert "item2" in problems[0]


def test_an_annotation_without_its_photo_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a", {"item1": garment(SQUARE)})
    write(tmp_path, "b", {"item1": garment(SQUARE)})
    (tmp_path / "image" / "b.jpg").unlink()
    _, problems = scan(tmp_path)
    assert "b.json" in problems[0]


def test_an_empty_folder_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="DeepFashion2 layout"):
        scan(tmp_path)


def test_a_photo_that_cannot_be_decoded_comes_without_boxes_and_says_why(tmp_path: Path) -> None:
    write(tmp_path, "broken", {"item1": garment(SQUARE)})
    (tmp_path / "image" / "broken.jpg").write_bytes(b"not a photo")
    entries, _ = scan(tmp_path)
    _, target, name = TrainingPhotos(entries, 64)[Draw(0, 1)]
    assert len(target["labels"]) == 0
    assert "broken.jpg" in name


@pytest.mark.parametrize("seed", range(8))
def test_augmented_masks_stay_on_their_garments(tmp_path: Path, seed: int) -> None:
    write(tmp_path, "a", {"item1": garment(SQUARE), "item2": garment(FAR_SQUARE, category=8)})
    photo, items, masks = truth(scan(tmp_path)[0][0])
    categories = [item.category for item in items]
    photo = photo.copy()
    photo[masks[0]], photo[masks[1]] = (250, 10, 10), (10, 10, 250)
    image, target = augment(photo, categories, masks, 128, random.Random(seed))
    assert target["labels"].tolist() == [2, 8]
    red, blue = (image[:, mask.bool()].mean(1) for mask in target["masks"])
    assert red[0] > red[2] + 0.2
    assert blue[2] > blue[0] + 0.2
    for mask, box in zip(target["masks"], target["boxes"].int().tolist(), strict=True):
        x1, y1, x2, y2 = box
        assert mask[y1:y2, x1:x2].sum() == mask.sum()


def test_the_same_seed_gives_the_same_augmentation(tmp_path: Path) -> None:
    write(tmp_path, "a", {"item1": garment(SQUARE)})
    photos = TrainingPhotos(scan(tmp_path)[0], 96)
    assert np.array_equal(photos[Draw(0, 5)][0], photos[Draw(0, 5)][0])


def test_photos_of_rare_categories_are_drawn_more_often(tmp_path: Path) -> None:
    for number in range(9):
        write(tmp_path, f"common{number}", {"item1": garment(SQUARE, category=8)})
    write(tmp_path, "rare", {"item1": garment(SQUARE, category=13)})
    entries, _ = scan(tmp_path)
    factors = dict(zip((e.photo.stem for e in entries), repeat_factors(entries), strict=True))
    assert factors["rare"] > 2.5 * factors["common0"]
