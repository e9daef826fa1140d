"""What a look at tables of labels tells before training."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from click.testing import CliRunner, Result
from PIL import Image

from classifier.check import main


def photo(file: Path, seed: int, quality: int = 95) -> None:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 5, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((100, 120), Image.Resampling.BICUBIC).save(file, quality=quality)


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_photos_are_counted_by_label_and_source(tmp_path: Path) -> None:
    for seed, name in enumerate("ab"):
        photo(tmp_path / f"{name}.jpg", seed)
    (tmp_path / "c.jpg").write_bytes(b"no photo")
    (tmp_path / "t.csv").write_text("image,label\na.jpg,1\nb.jpg,0\nc.jpg,0\ngone.jpg,1\n")
    (tmp_path / "t_sources.csv").write_text("image,source\na.jpg,shop\n")
    result = check(tmp_path / "t.csv", "--json", "--sheet", tmp_path / "sheet.png")
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)["tables"].values()
    assert row["labels"] == {"fashion": 1, "not": 2}
    assert row["sources"] == {"shop": 1}
    assert ["gone.jpg" in row["problems"][0], "c.jpg" in row["problems"][1]] == [True, True]
    assert Image.open(tmp_path / "sheet.png").width == 440


def test_a_photo_in_two_tables_is_a_leak_and_with_two_labels_a_contradiction(
    tmp_path: Path,
) -> None:
    photo(tmp_path / "a.jpg", 1)
    photo(tmp_path / "again.jpg", 1, quality=40)
    photo(tmp_path / "b.jpg", 2)
    (tmp_path / "train.csv").write_text("image,label\na.jpg,1\nb.jpg,0\n")
    (tmp_path / "same.csv").write_text("image,label\nagain.jpg,1\n")
    (tmp_path / "other.csv").write_text("image,label\nagain.jpg,0\n")
    leak = check(tmp_path / "train.csv", tmp_path / "same.csv")
    contradiction = check(tmp_path / "train.csv", tmp_path / "other.csv")
    assert (leak.exit_code, contradiction.exit_code) == (1, 1)
    assert "LEAK: " in leak.output
    assert "CONTRADICTION: " in contradiction.output


def test_a_table_that_is_not_there_is_a_line(tmp_path: Path) -> None:
    result = check(tmp_path / "none.csv")
    assert result.exit_code == 1
    assert "none.csv can't be read" in result.output
