"""Reading the DeepFashion2 layout: several polygons, bad annotations by name, augmentation."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segmenter.data.annotation import BadData, Item
from segmenter.data.augmentation import augment, moved
from segmenter.data.dataset import item_mask, scan, scan_without_garments, truth
from segmenter.data.samples import Draw, TrainingPhotos, hold_out, repeat_factors

SQUARE = [10.0, 10.0, 30.0, 10.0, 30.0, 30.0, 10.0, 30.0]
FAR_SQUARE = [60.0, 60.0, 90.0, 60.0, 90.0, 90.0, 60.0, 90.0]


def write(folder: Path, name: str, annotation: Any) -> None:
    for part in ("image", "annos"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (100, 120), "gray").save(folder / "image" / f"{name}.jpg")
    (folder / "annos" / f"{name}.json").write_text(json.dumps(annotation))


def garment(*polygons: list[float], category: float = 2) -> dict[str, Any]:
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
        ({"item1": garment([*SQUARE, 5.0])}, "half a point"),
        ({"item1": garment(SQUARE, category=14)}, "category 14"),
        ({"item1": garment(SQUARE, category=0)}, "add 1"),
        ({"item1": garment(SQUARE, category=True)}, "not a whole number"),
        ({"item1": garment(SQUARE, category=2.5)}, "not a whole number"),
        ({"item1": garment(SQUARE, category=float("nan"))}, "not a whole number"),
        ({"item1": garment(SQUARE) | {"category_name": "trousers"}}, "category_name is 'trousers'"),
        ({"item1": "a shirt"}, "not an object"),
        ({"source": "user"}, "no items"),
        ({"item1": {"category_id": 3}}, "segmentation is missing"),
        ({"item1": garment()}, "segmentation is missing or empty"),
        ({"item1": garment([])}, "fewer than three points"),
        ({"item1": garment([[10, 10], [30, 10], [30, 30]])}, "list of pairs"),  # type: ignore[list-item]
        ({"item1": {"category_id": 2, "segmentation": SQUARE}}, "not a list of polygons"),
        ({"item1": {"category_id": 2, "segmentation": {"size": [9, 9], "counts": "x"}}}, "RLE"),
        ({"item1": garment([*SQUARE, 1e8, 10.0])}, "outside the photo"),
        ({"item1": garment([*SQUARE, -40.0, 10.0])}, "outside the photo"),
        ({"item1": garment([*SQUARE, 10**400, 10.0])}, "outside the photo"),
        ({"item1": garment([*SQUARE, float("nan"), 10.0])}, "not finite"),
        ({"item1": garment([*SQUARE, float("inf"), 10.0])}, "not finite"),
        ({"item1": garment([*SQUARE, "10", 10.0])}, "not a number"),  # type: ignore[list-item]
        ({"item1": garment([10.0, 10.0] * 4)}, "no area"),
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


def test_a_bad_polygon_does_not_cost_the_others_of_its_garment(tmp_path: Path) -> None:
    write(tmp_path, "a", {"item1": garment(SQUARE, [*FAR_SQUARE, 1e8, 1e8])})
    entries, problems = scan(tmp_path)
    assert "polygon 2" in problems[0]
    _, _, (mask,) = truth(entries[0])
    assert mask[20, 20]
    assert not mask[75, 75]


def test_a_point_a_little_outside_is_moved_to_the_edge(tmp_path: Path) -> None:
    write(tmp_path, "a", {"item1": garment([10.0, 10.0, 103.0, 10.0, 103.0, 30.0, 10.0, 30.0])})
    entries, problems = scan(tmp_path)
    assert problems == []
    assert truth(entries[0])[2][0][20, 10:].all()


def test_names_are_read_as_deepfashion2_and_its_official_script_spell_them(tmp_path: Path) -> None:
    for number, (category, name) in enumerate(
        [(1, "short sleeve top"), (1, "short_sleeved_shirt"), (4, "Long Sleeved Outwear"),
         (10, "short_sleeved_dress"), (12, "vest_dress")]
    ):  # fmt: skip
        garments = {"item1": garment(SQUARE, category=category) | {"category_name": name}}
        write(tmp_path, str(number), garments)
    entries, problems = scan(tmp_path)
    assert (len(entries), problems) == (5, [])


def test_polygons_in_the_frame_before_the_exif_rotation_are_named(tmp_path: Path) -> None:
    # Stored 100 x 200 and shown 200 x 100.
    write(
        tmp_path, "turned", {"item1": garment([10.0, 150.0, 90.0, 150.0, 90.0, 190.0, 10.0, 190.0])}
    )
    write(tmp_path, "good", {"item1": garment(SQUARE)})
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (100, 200)).save(tmp_path / "image" / "turned.jpg", exif=exif)
    entries, problems = scan(tmp_path)
    assert [entry.photo.stem for entry in entries] == ["good"]
    assert "before its EXIF rotation" in problems[0]


def test_garments_that_are_annotated_twice_count_once_or_not_at_all(tmp_path: Path) -> None:
    twice = {"item1": garment(SQUARE), "item2": garment(SQUARE)}
    contradicting = {"item1": garment(SQUARE, category=1), "item2": garment(SQUARE, category=2)}
    write(tmp_path, "twice", twice)
    write(tmp_path, "contradicting", contradicting | {"item3": garment(FAR_SQUARE, category=8)})
    entries, problems = scan(tmp_path)
    assert [sorted(entry.categories) for entry in entries] == [[8], [2]]
    assert sum("contradicting categories [1, 2]" in problem for problem in problems) == 2
    assert sum("repeats item1" in problem for problem in problems) == 1


@pytest.mark.parametrize("suffix", [".JPG", ".Jpeg", ".PNG"])
def test_photos_with_endings_in_capitals_are_found(tmp_path: Path, suffix: str) -> None:
    write(tmp_path, "a", {"item1": garment(SQUARE)})
    (tmp_path / "image" / "a.jpg").unlink()
    Image.new("RGB", (100, 120)).save(tmp_path / "image" / f"a{suffix}")
    entries, problems = scan(tmp_path)
    assert (entries[0].photo.name, problems) == (f"a{suffix}", [])
    assert truth(entries[0])[0].shape == (120, 100, 3)


def test_two_photos_of_one_name_and_a_photo_without_an_annotation_are_named(tmp_path: Path) -> None:
    write(tmp_path, "a", {"item1": garment(SQUARE)})
    write(tmp_path, "b", {"item1": garment(SQUARE)})
    Image.new("RGB", (100, 120)).save(tmp_path / "image" / "b.png")
    Image.new("RGB", (100, 120)).save(tmp_path / "image" / "c.jpg")
    entries, problems = scan(tmp_path)
    assert [entry.photo.name for entry in entries] == ["a.jpg"]
    assert "b.jpg and b.png" in problems[0]
    assert "c.jpg: has no annotation" in problems[1]


def test_an_annotation_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    write(tmp_path, "a", {"item1": garment(SQUARE)})
    file = tmp_path / "annos" / "a.json"
    file.write_text(file.read_text(), "utf-8-sig")
    assert scan(tmp_path)[1] == []


def test_an_annotation_that_is_nested_too_deeply_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a", {"item1": garment(SQUARE)})
    write(tmp_path, "b", {})
    (tmp_path / "annos" / "b.json").write_text("[" * 100_000)
    assert "can't be read" in scan(tmp_path)[1][0]


def test_photos_without_garments_come_from_a_table(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        Image.new("RGB", (100, 120)).save(tmp_path / name)
    (tmp_path / "t.csv").write_text(
        "image,label\na.jpg,0\nb.jpg,1\ngone.jpg,0\nc.jpg,maybe\na.jpg,0\n"
    )
    found, problems = scan_without_garments(tmp_path / "t.csv")
    assert [entry.photo.name for entry in found.entries] == ["a.jpg"]
    assert [problem.split(":")[1] for problem in problems] == ["4", "5", "6"]
    assert "listed twice" in problems[2]
    image, target, _, problem = TrainingPhotos(found.entries, 96)[Draw(0, 1)]
    assert (image.shape[0], len(target["labels"]), problem) == (3, 0, "")


def test_photos_of_a_source_whose_people_wear_clothes_are_left_out(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        Image.new("RGB", (100, 120)).save(tmp_path / name)
    rows = "a.jpg,0,rooms,\nb.jpg,0,coco2017,\nc.jpg,0,caltech,Faces\n"
    (tmp_path / "t.csv").write_text("image,label,source,source_class\n" + rows)
    found, _ = scan_without_garments(tmp_path / "t.csv", ["coco2017", "Faces"])
    assert [entry.photo.name for entry in found.entries] == ["a.jpg"]
    assert found.sources == ["rooms"]


def test_a_table_without_a_photo_that_has_no_garment_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,label\na.jpg,1\n")
    with pytest.raises(BadData, match="label 0"):
        scan_without_garments(tmp_path / "t.csv")


@pytest.mark.parametrize("plain", [True, False])
def test_garments_that_are_moved_keep_their_pixels_and_lose_their_place(plain: bool) -> None:
    photo = np.full((100, 80, 3), 10, np.uint8)
    mask = np.zeros((100, 80), bool)
    mask[30:70, 20:60] = True
    photo[mask] = (200, 30, 30)
    background = None if plain else np.full((50, 90, 3), 99, np.uint8)
    result = moved(photo, [mask], background, random.Random(1))
    assert (result[35:65, 25:55] == (200, 30, 30)).all()
    assert (result[:25] > 90).all()


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
    entries, _ = scan(tmp_path)
    (tmp_path / "image" / "broken.jpg").write_bytes(b"not a photo")
    sample = TrainingPhotos(entries, 64)[Draw(0, 1)]
    assert len(sample.target["labels"]) == 0
    assert "broken.jpg: can't be decoded" in sample.problem


def test_a_photo_without_a_readable_head_is_named_at_once(tmp_path: Path) -> None:
    write(tmp_path, "a", {"item1": garment(SQUARE)})
    write(tmp_path, "broken", {"item1": garment(SQUARE)})
    (tmp_path / "image" / "broken.jpg").write_bytes(b"not a photo")
    entries, problems = scan(tmp_path)
    assert [entry.photo.stem for entry in entries] == ["a"]
    assert "broken.jpg: can't be decoded" in problems[0]


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


def test_photos_of_the_same_garments_are_never_split(tmp_path: Path) -> None:
    for number in range(60):
        write(tmp_path, f"p{number}", {"item1": garment(SQUARE), "pair_id": 1 + number // 2})
    training, held_out = hold_out(scan(tmp_path)[0], 0.3)
    assert len(training) + len(held_out) == 60
    assert held_out
    assert not {entry.pair for entry in training} & {entry.pair for entry in held_out}


def test_photos_of_rare_categories_are_drawn_more_often(tmp_path: Path) -> None:
    for number in range(9):
        write(tmp_path, f"common{number}", {"item1": garment(SQUARE, category=8)})
    write(tmp_path, "rare", {"item1": garment(SQUARE, category=13)})
    entries, _ = scan(tmp_path)
    factors = dict(zip((e.photo.stem for e in entries), repeat_factors(entries), strict=True))
    assert factors["rare"] > 2.5 * factors["common0"]
