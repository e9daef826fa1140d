"""The engine on files of both kinds, and with classes of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fashion.words import CATEGORIES
from segmenter.core.detection import Detection
from segmenter.engines.matterport.config import Config, FileConfig
from segmenter.engines.matterport.conversion import convert
from segmenter.engines.matterport.engine import MatterportEngine

CONFIG = Config(side=256, min_side=256)


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (200, 160, 3), np.uint8)


@pytest.fixture(scope="module")
def detections(matterport_h5: Path, photo: NDArray[np.uint8]) -> list[Detection]:
    """Return the detections of the photo, with the 13 categories."""
    engine = MatterportEngine.load(matterport_h5, generation=1, config=FileConfig(CONFIG))
    (found,) = engine.predict([photo])
    assert found
    return found


def test_the_converted_file_gives_the_same_detections(
    matterport_h5: Path, photo: NDArray[np.uint8], detections: list[Detection], tmp_path: Path
) -> None:
    convert(matterport_h5, tmp_path / "same.safetensors")
    engine = MatterportEngine.load(
        tmp_path / "same.safetensors", generation=1, config=FileConfig(CONFIG)
    )
    assert engine.predict([photo]) == [detections]


def test_a_class_that_is_not_a_category_is_left_out_and_the_others_keep_theirs(
    matterport_h5: Path, photo: NDArray[np.uint8], detections: list[Detection]
) -> None:
    other = detections[0].category
    names = ["hat" if number == other else category.name for number, category in CATEGORIES.items()]
    engine = MatterportEngine.load(
        matterport_h5, classes=names, generation=1, config=FileConfig(CONFIG)
    )
    # Masks of fewer garments in one batch may differ in their last digits.
    assert [(d.category, d.score, d.box) for d in engine.predict([photo])[0]] == [
        (d.category, d.score, d.box) for d in detections if d.category != other
    ]


def test_a_gray_photo_is_refused_by_shape(matterport_h5: Path) -> None:
    engine = MatterportEngine.load(matterport_h5, generation=1, config=FileConfig(CONFIG))
    with pytest.raises(ValueError, match="RGB uint8"):
        engine.predict([np.zeros((50, 50), dtype=np.uint8)])
