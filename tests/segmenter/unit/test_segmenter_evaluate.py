"""Scores of predictions against the truth."""

from pathlib import Path

import click
import numpy as np
import pytest

from segmenter.core.detection import Detection, Rle, encode_mask
from segmenter.evaluate import main
from segmenter.evaluation import coco
from segmenter.evaluation.coco import Scored, Truth
from segmenter.evaluation.serving import at_threshold, best_threshold, confusion


def area(top: int, bottom: int) -> Rle:
    mask = np.zeros((60, 40), dtype=bool)
    mask[top:bottom, 5:35] = True
    return encode_mask(mask)


def detection(category: int, score: float, top: int = 10, bottom: int = 30) -> Detection:
    return Detection(category, score, (5.0, float(top), 35.0, float(bottom)), area(top, bottom))


def photo(*detections: Detection) -> Scored:
    return Scored("a.jpg", (60, 40), [Truth(2, area(10, 30), scale=2)], list(detections))


def test_a_garment_counts_as_found_with_its_category_and_half_its_mask() -> None:
    assert at_threshold([photo(detection(2, 0.9, 12, 30))], 0.5, 0.6)["item_recall"] == 1
    assert at_threshold([photo(detection(4, 0.9))], 0.5, 0.6)["item_recall"] == 0
    assert at_threshold([photo(detection(2, 0.9, 25, 50))], 0.5, 0.6)["item_recall"] == 0
    assert at_threshold([photo(detection(2, 0.4))], 0.5, 0.6)["item_recall"] == 0


def test_a_second_detection_of_the_same_garment_is_a_false_one() -> None:
    figures = at_threshold([photo(detection(2, 0.9), detection(2, 0.8))], 0.5, most_shared=1)
    assert figures["item_recall"] == 1
    assert figures["item_precision"] == 0.5


def test_a_second_category_on_the_same_pixels_is_not_served() -> None:
    figures = at_threshold([photo(detection(2, 0.9), detection(4, 0.8))], 0.5, most_shared=0.6)
    assert figures["item_precision"] == 1


def test_the_confusion_tells_mistaken_missed_and_invented_garments_apart() -> None:
    photos = [
        photo(detection(4, 0.9)),
        photo(),
        photo(detection(2, 0.9), detection(9, 0.9, 40, 55)),
    ]
    assert confusion(photos, 0.5, 0.6) == {
        "long sleeve top": {"long sleeve outwear": 1, "nothing": 1, "long sleeve top": 1},
        "nothing": {"skirt": 1},
    }


def test_the_threshold_separates_true_from_false_detections() -> None:
    photos = [photo(detection(2, 0.72), detection(9, 0.55, 40, 55))] * 5
    threshold, figures = best_threshold(photos, 0.6)
    assert 0.55 < threshold <= 0.72
    assert figures["item_f1"] == 1


def test_perfect_masks_have_an_average_precision_of_one() -> None:
    figures = coco.figures([photo(detection(2, 0.9))] * 15)
    assert figures["mask_ap"] == pytest.approx(1)
    assert figures["box_ap50"] == pytest.approx(1)
    assert figures["per_category"] == {"long sleeve top": {"mask_ap50": 1.0, "support": 15}}


def test_an_overlapping_answer_of_another_category_costs_no_precision_of_this_one() -> None:
    figures = coco.figures([photo(detection(4, 0.95), detection(2, 0.9))] * 15)
    assert figures["per_category"]["long sleeve top"]["mask_ap50"] == 1


def test_garments_of_another_scale_are_not_asked_for() -> None:
    small = Scored("b.jpg", (60, 40), [Truth(2, area(10, 30), scale=1)], [])
    figures = coco.figures([photo(detection(2, 0.9)), small] * 15)
    assert figures["by_scale"]["modest"] == {"mask_ap50": 1.0, "support": 15}
    assert figures["by_scale"]["small"] == {"mask_ap50": 0.0, "support": 15}
    assert figures["mask_ap50"] < 0.6


def test_results_are_in_the_format_of_coco() -> None:
    [result] = coco.results([photo(detection(2, 0.9))])
    assert result["bbox"] == [5, 10, 30, 20]
    assert result["segmentation"]["size"] == [60, 40]
    assert isinstance(result["segmentation"]["counts"], str)


def test_categories_with_little_support_are_left_out_of_the_mean() -> None:
    figures = coco.figures([photo(detection(2, 0.9))] * 3)
    assert figures["categories_counted"] == []


def test_an_empty_folder_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match="DeepFashion2 layout"):
        main(["--weights", str(tmp_path), "--data", str(tmp_path)], standalone_mode=False)
