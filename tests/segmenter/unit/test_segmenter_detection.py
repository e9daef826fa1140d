"""Masks from network outputs, and one garment a pixel."""

import numpy as np
import pycocotools.mask as coco_mask
import torch
from hypothesis import given
from hypothesis import strategies as st

from segmenter.core.detection import Detection, encode_mask, one_garment_a_pixel
from segmenter.nets.paste import paste


def detection(category: int, score: float, rows: slice, columns: slice) -> Detection:
    mask = np.zeros((60, 40), dtype=bool)
    mask[rows, columns] = True
    return Detection(category, score, (0.0, 0.0, 1.0, 1.0), encode_mask(mask))


def test_run_lengths_give_back_the_mask() -> None:
    mask = np.random.default_rng(0).random((37, 53)) > 0.5
    assert np.array_equal(coco_mask.decode(encode_mask(mask)), mask)


def test_a_full_mask_fills_its_box_and_nothing_else() -> None:
    mask = paste(torch.ones(28, 28), (10.0, 20.0, 30.0, 50.0), 100, 80)
    wanted = np.zeros((100, 80), dtype=bool)
    wanted[20:50, 10:30] = True
    assert np.array_equal(mask, wanted)


def test_the_left_half_of_a_mask_is_the_left_half_of_the_box() -> None:
    half = torch.zeros(28, 28)
    half[:, :14] = 1
    mask = paste(half, (0.0, 0.0, 40.0, 40.0), 40, 40)
    assert mask[:, :19].mean() > 0.99
    assert not mask[:, 21:].any()


@given(st.lists(st.floats(-50, 150), min_size=4, max_size=4))
def test_a_box_beyond_the_photo_is_cut_at_its_border(corners: list[float]) -> None:
    x1, x2 = sorted(corners[:2])
    y1, y2 = sorted(corners[2:])
    mask = paste(torch.ones(28, 28), (x1, y1, x2, y2), 100, 80)
    assert mask.shape == (100, 80)
    ys, xs = np.nonzero(mask)
    assert not len(xs) or (xs.min() >= x1 - 1 and xs.max() <= x2 and ys.max() <= y2)


def test_one_garment_seen_as_two_categories_counts_once() -> None:
    top = detection(2, 0.8, slice(10, 30), slice(5, 35))
    outwear = detection(4, 0.6, slice(11, 31), slice(5, 35))
    assert one_garment_a_pixel([outwear, top], 0.6) == [top]


def test_a_dress_beside_its_own_halves_is_dropped() -> None:
    top = detection(1, 0.9, slice(10, 30), slice(5, 35))
    skirt = detection(9, 0.8, slice(30, 50), slice(5, 35))
    dress = detection(10, 0.5, slice(10, 50), slice(5, 35))
    assert one_garment_a_pixel([dress, skirt, top], 0.6) == [top, skirt]


def test_garments_that_share_an_edge_both_stay() -> None:
    top = detection(1, 0.9, slice(10, 30), slice(5, 35))
    trousers = detection(8, 0.8, slice(27, 55), slice(5, 35))
    assert one_garment_a_pixel([top, trousers], 0.6) == [top, trousers]


def test_an_empty_mask_is_not_a_garment() -> None:
    assert one_garment_a_pixel([detection(1, 0.9, slice(0, 0), slice(0, 0))], 0.6) == []


def test_the_order_of_detections_does_not_matter() -> None:
    parts = [detection(c, 0.5, slice(c, 20 + c), slice(5, 35)) for c in (1, 2, 5)]
    assert one_garment_a_pixel(parts, 0.6) == one_garment_a_pixel(parts[::-1], 0.6)
