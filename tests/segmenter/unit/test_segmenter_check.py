"""What a look at a data set tells before training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner, Result
from PIL import Image

from segmenter.check import main

SQUARE = [10.0, 10.0, 30.0, 10.0, 30.0, 30.0, 10.0, 30.0]


def write(folder: Path, name: str, seed: int, pair: int = 0, quality: int = 95) -> None:
    for part in ("image", "annos"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 5, 3), dtype=np.uint8)
    photo = Image.fromarray(coarse).resize((100, 120), Image.Resampling.BICUBIC)
    photo.save(folder / "image" / f"{name}.jpg", quality=quality)
    garment = {"category_id": 2, "segmentation": [SQUARE]}
    (folder / "annos" / f"{name}.json").write_text(json.dumps({"item1": garment, "pair_id": pair}))


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_data_set_is_counted_with_its_problems(tmp_path: Path) -> None:
    write(tmp_path / "train", "a", 1)
    write(tmp_path / "train", "b", 2)
    (tmp_path / "train" / "annos" / "b.json").write_text("{}")
    result = check(tmp_path / "train", "--json")
    report: dict[str, Any] = json.loads(result.stdout)
    (summary,) = report["folders"].values()
    assert result.exit_code == 0
    assert summary["photos"] == 1
    assert summary["categories"]["long sleeve top"] == {"garments": 1, "median_share": 0.033}
    assert "no items" in summary["problems"][0]
    assert report["duplicates"] == []


def test_nearly_the_same_photo_in_training_and_validation_is_a_leak(tmp_path: Path) -> None:
    write(tmp_path / "train", "a", 1)
    write(tmp_path / "train", "b", 2)
    write(tmp_path / "val", "c", 1, quality=40)
    result = check(tmp_path / "train", tmp_path / "val")
    assert result.exit_code == 1
    assert "LEAK: nearly the same photo" in result.output
    assert "a.jpg" in result.output
    assert "c.jpg" in result.output


def test_a_photo_that_is_twice_in_one_folder_is_told_but_no_leak(tmp_path: Path) -> None:
    write(tmp_path / "train", "a", 1)
    write(tmp_path / "train", "b", 1)
    result = check(tmp_path / "train")
    assert result.exit_code == 0
    assert "twice: nearly the same photo" in result.output


def test_a_pair_in_training_and_validation_is_a_leak(tmp_path: Path) -> None:
    write(tmp_path / "train", "a", 1, pair=7)
    write(tmp_path / "val", "b", 2, pair=7)
    result = check(tmp_path / "train", tmp_path / "val")
    assert result.exit_code == 1
    assert "pair_id 7" in result.output


def test_annotations_are_drawn_on_a_sheet(tmp_path: Path) -> None:
    write(tmp_path / "train", "a", 1)
    assert check(tmp_path / "train", "--sheet", tmp_path / "sheet.png").exit_code == 0
    assert Image.open(tmp_path / "sheet.png").width == 220


def test_a_folder_that_is_not_there_is_a_line(tmp_path: Path) -> None:
    result = check(tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "DeepFashion2 layout" in result.output
