"""What a run computes and writes without any service."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco

from demo import truth
from demo.outfits import write
from demo.report import sparkline
from demo.run_folder import run_folder
from demo.sources import Folder, Lookbook, state_name
from lookbook.draw.render import render
from lookbook.spec.photo import PhotoSpec
from lookbook.spec.sampling import sample_outfit


def found(spec: PhotoSpec, shift: int = 0, family: str = "") -> list[dict[str, Any]]:
    """The photo's true garments as lines of outfits.jsonl, moved by `shift` pixels."""
    rows = []
    for garment in render(spec).garments:
        moved = np.roll(garment.mask, shift, axis=1)
        rle = coco.encode(np.asfortranarray(moved, dtype=np.uint8))
        rows.append(
            {
                "category_id": garment.category,
                "mask": {"size": rle["size"], "counts": rle["counts"].decode()},
                "colors": [{"family": family or garment.colors[0].name}],
            }
        )
    return rows


SPEC = sample_outfit(3, "run")


def test_the_truth_itself_is_found_with_its_colors() -> None:
    matched = truth.match((SPEC, found(SPEC)))
    assert matched.true == matched.found == matched.right_family > 0


def test_a_garment_elsewhere_is_not_found() -> None:
    assert truth.match((SPEC, found(SPEC, shift=150))).found == 0


def test_a_garment_of_another_category_is_not_found() -> None:
    rows = [{**row, "category_id": row["category_id"] % 13 + 1} for row in found(SPEC)]
    assert truth.match((SPEC, rows)).found == 0


def test_a_wrong_color_is_found_but_not_right() -> None:
    matched = truth.match((SPEC, found(SPEC, family="no such family")))
    assert matched.found == matched.true
    assert matched.right_family == 0


def test_one_detection_finds_one_garment_only() -> None:
    once = found(SPEC)
    assert truth.match((SPEC, [*once, *once])).found == len(once)


def test_balanced_accuracy_weighs_both_kinds_alike() -> None:
    pairs = [(True, True)] * 98 + [(False, False), (False, True)]
    assert truth.balanced_accuracy(pairs) == pytest.approx(0.75)


def test_a_withheld_share_counts_as_nothing() -> None:
    assert truth.mean_error([{1: 0.5, 2: 0.1}], [{1: 0.4}]) == pytest.approx(0.1)


def test_a_sparkline_ends_at_the_last_day_and_its_highest_point_is_named() -> None:
    line = sparkline([0.0, 0.1, 0.4], window=1, width=100)
    assert line.startswith("<svg")
    assert "100.0,2.0" in line
    assert "highest 40%" in line


def test_lines_are_json_each(tmp_path: Path) -> None:
    write(tmp_path / "outfits.jsonl", [{"image_id": "a"}, {"image_id": "오"}])
    lines = (tmp_path / "outfits.jsonl").read_text().splitlines()
    assert [json.loads(line)["image_id"] for line in lines] == ["a", "오"]


def test_two_runs_side_by_side_get_two_folders(tmp_path: Path) -> None:
    with run_folder(tmp_path / ".run") as first, run_folder(tmp_path / ".run") as second:
        assert (first.name, second.name) == (".run", ".run-2")
    with run_folder(tmp_path / ".run") as third:
        assert third == first


def test_a_second_run_sees_the_same_world(tmp_path: Path) -> None:
    first = Lookbook(tmp_path, date(2026, 11, 22), posts_per_week=8)
    later = Lookbook(tmp_path, date(2026, 12, 24), posts_per_week=72)
    assert later.world == first.world


def test_every_folder_of_photos_has_a_state_of_its_own(tmp_path: Path) -> None:
    names = {state_name(None), state_name(tmp_path), state_name(tmp_path / "other")}
    assert len(names) == 3
    assert state_name(tmp_path / "other" / "..") == state_name(tmp_path)


def test_a_folder_without_a_style_takes_the_look_books_shop_as_catalog(tmp_path: Path) -> None:
    lookbook = Lookbook(tmp_path, date(2026, 11, 22), posts_per_week=8)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    photos = tmp_path / "photos"
    (photos / "street").mkdir(parents=True)
    (photos / "one.jpg").touch()
    assert len(list(Folder(photos, lookbook, now).steps())) == 2
    (photos / "street" / "two.jpg").touch()
    styled = Folder(photos, lookbook, now)
    assert len(list(styled.steps())) == 1
    assert styled.photos == 2
