"""The PyTorch reader answers as the original mrcnn on TensorFlow, from the same `.h5`."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pycocotools.mask as coco_mask
import pytest
from numpy.typing import NDArray
from PIL import Image

from lookbook.draw.render import render
from lookbook.spec.sampling import sample_outfit, sample_scene
from segmenter.engines.matterport import molding
from segmenter.engines.matterport.config import Config, FileConfig
from segmenter.engines.matterport.detect import Found
from segmenter.engines.matterport.engine import MatterportEngine

Photo = NDArray[np.uint8]

SIDE = 512  # half of the default: a quarter of the time
CONFIG = Config(side=SIDE, min_side=SIDE)
BOX_PX = 0.01
SCORE = 1e-4
MASK_IOU = 0.999


@pytest.fixture(scope="module")
def photos() -> list[Photo]:
    """Return a photo that is scaled down, one that is scaled up, and one that fills its square as it is.

    The first is large, so that one pixel is less than 0.1% of every mask.
    """
    outfit = Image.fromarray(render(sample_outfit(3, "run")).image)
    scene = render(sample_scene(4, "run")).image
    return [
        np.array(outfit.resize((1200, 1600))),
        np.ascontiguousarray(scene[:300, :200]),
        np.array(outfit.resize((SIDE, SIDE))),
    ]


@pytest.fixture(scope="module")
def original(
    mrcnn_python: Path,
    matterport_h5: Path,
    photos: Sequence[Photo],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, NDArray[Any]]:
    """Return the original's answers, "<number>/<name>" as `segmenter.evaluation.mrcnn_oracle` saves them."""
    folder = tmp_path_factory.mktemp("original")
    files = [folder / f"{number}.png" for number in range(len(photos))]
    for file, photo in zip(files, photos, strict=True):
        Image.fromarray(photo).save(file)
    command: list[str | Path] = [
        mrcnn_python,
        "-m",
        "segmenter.evaluation.mrcnn_oracle",
        matterport_h5,
        *files,
    ]
    done = subprocess.run(
        [*command, "--side", str(SIDE), "--save", folder / "original.npz"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with np.load(folder / "original.npz") as saved:
        return dict(saved)


@pytest.fixture(scope="module")
def engine(matterport_h5: Path) -> MatterportEngine:
    return MatterportEngine.load(matterport_h5, generation=1, config=FileConfig(CONFIG))


@pytest.fixture(scope="module")
def ours(engine: MatterportEngine, photos: Sequence[Photo]) -> list[Found]:
    return [engine.find(molding.mold(photo, CONFIG)) for photo in photos]


def test_molded_photos_and_windows_are_equal_to_the_bit(
    original: Mapping[str, NDArray[Any]], photos: Sequence[Photo]
) -> None:
    for number, photo in enumerate(photos):
        molded = molding.mold(photo, CONFIG)
        np.testing.assert_array_equal(molded.pixels, original[f"{number}/molded"])
        assert molded.window == tuple(original[f"{number}/window"])


def test_proposals_are_equal(original: Mapping[str, NDArray[Any]], ours: Sequence[Found]) -> None:
    for number, found in enumerate(ours):
        theirs = original[f"{number}/proposals"]
        theirs = theirs[theirs.any(axis=1)]  # without the filling
        assert len(found.proposals) == len(theirs) > 100
        # As sets: two whose scores differ in the last digit only may change places.
        apart = np.abs(found.proposals.numpy()[:, None] - theirs).max(axis=2) * SIDE
        assert apart.min(axis=0).max() < BOX_PX
        assert apart.min(axis=1).max() < BOX_PX


def test_detections_are_equal(original: Mapping[str, NDArray[Any]], ours: Sequence[Found]) -> None:
    for number, found in enumerate(ours):
        theirs = original[f"{number}/detections"]
        assert len(found.boxes) == len(theirs) > 5
        assert found.classes.tolist() == theirs[:, 4].tolist()
        assert np.abs(found.boxes.numpy() - theirs[:, :4]).max() * SIDE < BOX_PX
        assert np.abs(found.scores.numpy() - theirs[:, 5]).max() < SCORE
        assert np.abs(found.masks.numpy() - original[f"{number}/masks"]).max() < 0.01


def test_unmolding_is_that_of_detect_to_the_bit(
    original: Mapping[str, NDArray[Any]], photos: Sequence[Photo]
) -> None:
    for number, photo in enumerate(photos):
        inside = {name: original[f"{number}/{name}"] for name in ("window", "detections", "masks")}
        height, width = photo.shape[:2]
        window = tuple(inside["window"].tolist())
        boxes = molding.unmold_boxes(inside["detections"][:, :4], window, SIDE, height, width)
        some = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)  # the others are left out there and here
        np.testing.assert_array_equal(boxes[some], original[f"{number}/final/rois"])
        masks = np.moveaxis(original[f"{number}/final/masks"], 2, 0)
        for probabilities, box, mask in zip(inside["masks"][some], boxes[some], masks, strict=True):
            placed = molding.place(probabilities, box, height, width)
            np.testing.assert_array_equal(placed, mask)


def test_answers_are_equal_to_those_of_detect(
    original: Mapping[str, NDArray[Any]], engine: MatterportEngine, photos: Sequence[Photo]
) -> None:
    for number, detections in enumerate(engine.predict(photos)):
        masks = np.moveaxis(original[f"{number}/final/masks"], 2, 0)
        some = masks.any(axis=(1, 2))  # without a pixel there is no garment
        theirs = {
            name: original[f"{number}/final/{name}"][some]
            for name in ("rois", "class_ids", "scores")
        }
        assert [d.category for d in detections] == theirs["class_ids"].tolist()
        np.testing.assert_allclose([d.score for d in detections], theirs["scores"], atol=SCORE)
        # Whole pixels: a hundredth of one can decide which, and then moves the mask's edge as well.
        boxes = np.array([d.box for d in detections])[:, [1, 0, 3, 2]]
        assert np.abs(boxes - theirs["rois"]).max() <= 1
        same = (boxes == theirs["rois"]).all(axis=1)
        assert same.mean() > 0.9
        for detection, mask in zip(
            (d for d, equal in zip(detections, same, strict=True) if equal),
            masks[some][same],
            strict=True,
        ):
            encoded = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
            assert coco_mask.iou([detection.mask], [encoded], [0])[0, 0] >= MASK_IOU
