"""From a folder of photos to labels, and back to a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import binary_fill_holes, binary_opening

from lookbook.spec.sampling import sample_outfit
from lookbook.write import deepfashion2
from segmenter.__main__ import main
from segmenter.core.detection import Detection, encode_mask
from segmenter.data import from_coco
from segmenter.data.annotation import BadData, Item
from segmenter.data.dataset import item_mask, scan, truth
from segmenter.evaluation.coco import Scored, image_ids
from segmenter.evaluation.to_coco import polygons, to_coco
from segmenter.evaluation.uncertainty import uncertainty

WEIGHTS = Path(__file__).parents[3] / "models" / "segmenter"


def detection(score: float, category: int = 2, top: int = 10) -> Detection:
    mask = np.zeros((60, 40), bool)
    mask[top : top + 20, 5:35] = True
    return Detection(category, score, (5.0, top, 35.0, top + 20.0), encode_mask(mask))


@given(st.integers(0, 2**32 - 1))
def test_outlines_give_their_mask_back(seed: int) -> None:
    noise = np.random.default_rng(seed).random((6, 8)) > 0.5
    mask = binary_fill_holes(binary_opening(np.kron(noise, np.ones((12, 12))) > 0, iterations=2))
    drawn = polygons(mask)
    if not mask.any():
        assert drawn == []
        return
    again = item_mask(Item(1, drawn), *mask.shape)
    assert (mask & again).sum() / (mask | again).sum() > 0.97


def test_a_photo_is_numbered_by_its_name_where_all_names_are_numbers() -> None:
    assert image_ids(["000007.jpg", "000002.jpg"]) == [7, 2]
    assert image_ids(["000007.jpg", "a.jpg"]) == [0, 1]
    assert image_ids(["7.jpg", "07.jpg"]) == [0, 1]


def test_answers_become_labels_that_come_back_as_a_data_set(tmp_path: Path) -> None:
    Image.new("RGB", (40, 60)).save(tmp_path / "a.png")
    answers = [Scored("a.png", (60, 40), [], [detection(0.9), detection(0.8, category=9, top=35)])]
    (tmp_path / "coco.json").write_text(json.dumps(to_coco(answers)))
    result = CliRunner().invoke(
        from_coco.main, [str(tmp_path / "coco.json"), str(tmp_path), str(tmp_path / "out")]
    )
    assert result.exit_code == 0, result.output
    (entry,), problems = scan(tmp_path / "out")
    assert problems == []
    _, items, (top, bottom) = truth(entry)
    assert [item.category for item in items] == [2, 9]
    assert top[12:28, 7:33].all()
    assert bottom[37:53, 7:33].all()
    assert top.sum() == pytest.approx(600, rel=0.05)


def test_labels_of_other_things_are_named_and_left_out(tmp_path: Path) -> None:
    Image.new("RGB", (100, 120)).save(tmp_path / "a.jpg")
    Image.new("RGB", (100, 120)).save(tmp_path / "b.jpg")
    square = [[10, 10, 30, 10, 30, 30, 10, 30]]
    labels = {
        "images": [{"id": 4, "file_name": "a.jpg"}, {"id": 5, "file_name": "b.jpg"}],
        "categories": [{"id": 1, "name": "Short_Sleeved_Shirt"}, {"id": 2, "name": "hat"}],
        "annotations": [
            {"id": 1, "image_id": 4, "category_id": 1, "segmentation": square},
            {"id": 2, "image_id": 4, "category_id": 2, "segmentation": square},
            {"id": 3, "image_id": 5, "category_id": 1, "segmentation": {"counts": [1], "size": [1, 1]}},
            {"id": 4, "image_id": 9, "category_id": 1, "segmentation": square},
        ],
    }  # fmt: skip
    (tmp_path / "l.json").write_text(json.dumps(labels))
    written, problems = from_coco.from_coco(tmp_path / "l.json", tmp_path, tmp_path / "out")
    assert written == 1
    text = "\n".join(problems)
    for reason in (
        "'hat' is not one of ours",
        "is not polygons",
        "b.jpg has no garment",
        "image 9",
    ):
        assert reason in text
    entries, left = scan(tmp_path / "out")
    assert entries[0].categories == {1}
    assert left == []
    assert truth(entries[0])[2][0][20, 20]


def test_photos_of_one_name_are_named_and_labels_in_place_cost_no_photo(tmp_path: Path) -> None:
    for folder in ("image", "other"):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (100, 120)).save(tmp_path / folder / "a.jpg")
    square = [[10, 10, 30, 10, 30, 30, 10, 30]]
    labels = {
        "images": [{"id": n, "file_name": f"{f}/a.jpg"} for n, f in enumerate(("image", "other"))],
        "categories": [{"id": 1, "name": "skirt"}],
        "annotations": [{"id": n, "image_id": n, "category_id": 1, "segmentation": square} for n in (0, 1)],
    }  # fmt: skip
    (tmp_path / "l.json").write_text(json.dumps(labels))
    written, problems = from_coco.from_coco(tmp_path / "l.json", tmp_path, tmp_path)
    assert written == 1
    assert "has the name of" in problems[0]
    assert Image.open(tmp_path / "image" / "a.jpg").size == (100, 120)


@pytest.mark.parametrize("content", ["", "[]", '{"images": [], "annotations": [{"image_id": []}], "categories": []}', '{"images": []}', '{"images": [], "annotations": [], "categories": [{}]}'])  # fmt: skip
def test_a_file_that_is_not_coco_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "l.json").write_text(content)
    with pytest.raises(BadData, match=r"l\.json"):
        from_coco.from_coco(tmp_path / "l.json", tmp_path, tmp_path / "out")


def test_a_score_near_the_threshold_and_a_rare_category_are_worth_a_label() -> None:
    sure, unsure, rare = detection(0.99), detection(0.66), detection(0.99, category=6)
    assert uncertainty([], 0.65) == 0
    assert uncertainty([sure], 0.65) < uncertainty([rare], 0.65) < uncertainty([unsure], 0.65)


@pytest.mark.slow
def test_a_folder_of_photos_is_shown_and_labeled(tmp_path: Path) -> None:
    deepfashion2.write(tmp_path / "lookbook", [sample_outfit(seed, "train") for seed in range(3)])
    photos = tmp_path / "lookbook" / "image"
    (photos / "broken.jpg").write_bytes(b"no photo")
    arguments = ["predict", str(photos), "--weights", str(WEIGHTS), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    summary: dict[str, Any] = json.loads(result.stdout)
    assert (summary["photos"], summary["skipped"]) == (3, 1)
    coco = json.loads((tmp_path / "out" / "coco.json").read_text())
    assert len(coco["annotations"]) == sum(summary["garments"].values()) > 0
    assert len(list((tmp_path / "out" / "overlays").iterdir())) == 3
    assert (tmp_path / "out" / "sheet.png").stat().st_size > 1000
    one = CliRunner().invoke(main, [*arguments, "--uncertain", "1"])
    assert "1 photos" in one.output


def test_a_folder_without_photos_is_refused_in_a_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["predict", str(tmp_path), "--out", str(tmp_path / "o"), "--weights", str(WEIGHTS)])  # fmt: skip
    assert result.exit_code == 1
    assert "holds no photo" in result.output
