"""Scaling, placing and finding back."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from segmenter.engines.matterport import molding
from segmenter.engines.matterport.config import Config

CONFIG = Config(side=128, min_side=96)


@pytest.mark.parametrize("size", [(90, 31), (40, 60), (17, 3)])
@pytest.mark.parametrize("kind", ["noise", "plain"])
def test_resizing_is_that_of_scikit_image_to_the_bit(size: tuple[int, int], kind: str) -> None:
    photo = np.random.default_rng(0).integers(1, 256, (40, 30, 3), np.uint8)
    if kind == "plain":  # whole values, which a sum in another order would miss
        photo[:] = 137
    # What skimage.transform.resize does without anti-aliasing, and its clip.
    zoom = (size[0] / 40, size[1] / 30, 1)
    expected = ndimage.zoom(
        photo.astype(float), zoom, order=1, mode="grid-constant", grid_mode=True
    )
    expected = expected.clip(photo.min(), photo.max())
    np.testing.assert_array_equal(molding.resize(photo, *size), expected)


@pytest.mark.parametrize(
    ("shape", "window"),
    [
        ((64, 48), (0, 16, 128, 112)),  # enlarged until the longer side fits
        ((48, 48), (16, 16, 112, 112)),  # enlarged to the shorter side, with room left
        ((400, 100), (0, 48, 128, 80)),  # scaled down
        ((100, 110), (14, 9, 114, 119)),  # left as it is
    ],
)
def test_a_photo_lies_in_the_middle_of_its_square(
    shape: tuple[int, int], window: tuple[int, int, int, int]
) -> None:
    photo = np.full((*shape, 3), 255, np.uint8)
    molded = molding.mold(photo, CONFIG)
    assert molded.window == window
    light: NDArray[np.bool_] = molded.pixels[..., 0] > -100
    ys, xs = np.nonzero(light)
    assert (ys.min(), xs.min(), ys.max() + 1, xs.max() + 1) == window
    np.testing.assert_allclose(
        molded.pixels[~light],
        np.broadcast_to(-np.array(CONFIG.mean_pixel), molded.pixels[~light].shape),
        rtol=1e-6,
    )


def test_a_box_over_the_window_is_the_whole_photo() -> None:
    window = (0, 16, 128, 112)
    inside = ((np.array([window]) - [0, 0, 1, 1]) / 127).astype(np.float32)
    boxes = molding.unmold_boxes(inside, window, 128, 640, 480)
    assert boxes.tolist() == [[0, 0, 640, 480]]


def test_a_mask_fills_its_box_and_nothing_else() -> None:
    probabilities = np.ones((28, 28), np.float32)
    mask = molding.place(probabilities, np.array([10, 20, 40, 80], np.int32), 50, 100)
    expected: NDArray[np.bool_] = np.zeros((50, 100), bool)
    expected[10:40, 20:80] = True
    np.testing.assert_array_equal(mask, expected)
