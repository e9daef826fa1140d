"""Labels from CSV files, splits by group, augmentation."""

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classifier.dataset import (
    BadTable,
    Draw,
    Example,
    TrainingPhotos,
    augment,
    hold_out,
    read_csv,
)


def photo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (60, 90), "red").save(path)
    return path


def test_labels_are_read_relative_to_the_table(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    (tmp_path / "t.csv").write_text("image,label\na.jpg,1\n")
    examples, problems = read_csv(tmp_path / "t.csv")
    assert [(example.path.name, example.label) for example in examples] == [("a.jpg", 1)]
    assert problems == []


def test_the_notebooks_table_with_its_index_column_is_read(tmp_path: Path) -> None:
    photo(tmp_path / "photos" / "kim_77_1.jpg")
    (tmp_path / "isImage.csv").write_text(",image_name,isImage\n0,kim_77_1.jpg,0\n")
    examples, _ = read_csv(tmp_path / "isImage.csv", tmp_path / "photos")
    assert examples[0].label == 0
    assert examples[0].group == "kim_77"


def test_rows_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    (tmp_path / "t.csv").write_text("image,label\na.jpg,1\ngone.jpg,0\na.jpg,maybe\n")
    examples, problems = read_csv(tmp_path / "t.csv")
    assert len(examples) == 1
    assert "t.csv:3" in problems[0]
    assert "gone.jpg" in problems[0]
    assert "maybe" in problems[1]


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,class\na.jpg,1\n")
    with pytest.raises(BadTable, match="image,label"):
        read_csv(tmp_path / "t.csv")


def test_photos_of_one_post_stay_on_one_side_of_the_split() -> None:
    examples = [
        Example(Path(f"{author}_{n}_{i}.jpg"), 1, f"{author}_{n}")
        for author in ("kim", "lee")
        for n in range(50)
        for i in range(3)
    ]
    training, held_out = hold_out(examples, 0.2)
    assert not {e.group for e in training} & {e.group for e in held_out}
    assert 0.1 < len(held_out) / len(examples) < 0.3


def test_augmentation_follows_from_its_seed_and_varies_with_it() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (90, 60, 3), dtype=np.uint8)
    one, again, other = (augment(pixels, 64, random.Random(seed)) for seed in (1, 1, 2))
    assert one.shape == (3, 64, 64)
    assert bool((one == again).all())
    assert not bool((one == other).all())


def test_a_damaged_photo_is_marked_and_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8 not a photo")
    dataset = TrainingPhotos([Example(tmp_path / "bad.jpg", 1, "bad")])
    square, label, name = dataset[Draw(0, 64, 0)]
    assert label == -1
    assert name.endswith("bad.jpg")
    assert square.shape == (3, 64, 64)
