"""How far a run is from the truth: detections against a render, accuracy, shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco

from demo import measures
from lookbook.draw.render import render
from lookbook.spec.photo import PhotoSpec
from lookbook.spec.sampling import sample_outfit


def found(spec: PhotoSpec, shift: int = 0, family: str = "") -> list[dict[str, Any]]:
    """Return the photo's true garments as lines of outfits.jsonl, moved by `shift` pixels."""
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
    matched = measures.match((SPEC, found(SPEC)))
    assert matched.true == matched.found == matched.right_family > 0


def test_a_garment_elsewhere_is_not_found() -> None:
    assert measures.match((SPEC, found(SPEC, shift=150))).found == 0


def test_a_garment_of_another_category_is_not_found() -> None:
    rows = [{**row, "category_id": row["category_id"] % 13 + 1} for row in found(SPEC)]
    assert measures.match((SPEC, rows)).found == 0


def test_a_wrong_color_is_found_but_not_right() -> None:
    matched = measures.match((SPEC, found(SPEC, family="no such family")))
    assert matched.found == matched.true
    assert matched.right_family == 0


def test_one_detection_finds_one_garment_only() -> None:
    once = found(SPEC)
    assert measures.match((SPEC, [*once, *once])).found == len(once)


def test_balanced_accuracy_weighs_both_kinds_alike() -> None:
    pairs = [(True, True)] * 98 + [(False, False), (False, True)]
    assert measures.balanced_accuracy(pairs) == pytest.approx(0.75)


def test_a_withheld_share_counts_as_nothing() -> None:
    assert measures.mean_error([{1: 0.5, 2: 0.1}], [{1: 0.4}]) == pytest.approx(0.1)
