"""Settings of the original, as its trainings print them and as people write them down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from segmenter.core.engine import EngineError
from segmenter.engines.matterport.config import Config, read_config

PRINTED = """
Configurations:
BACKBONE                       resnet101
BACKBONE_STRIDES               [4, 8, 16, 32, 64]
BATCH_SIZE                     2
BBOX_STD_DEV                   [0.1 0.1 0.2 0.2]
COMPUTE_BACKBONE_SHAPE         None
DETECTION_MAX_INSTANCES        50
DETECTION_MIN_CONFIDENCE       0.9
DETECTION_NMS_THRESHOLD        0.3
IMAGE_MAX_DIM                  512
IMAGE_MIN_DIM                  512
IMAGE_MIN_SCALE                0
IMAGE_RESIZE_MODE              square
IMAGE_SHAPE                    [512 512   3]
LOSS_WEIGHTS                   {'rpn_class_loss': 1.0, 'mrcnn_mask_loss': 1.0}
MEAN_PIXEL                     [123.7 116.8 103.9]
NAME                           deepfashion2
NUM_CLASSES                    14
RPN_ANCHOR_RATIOS              [0.5, 1, 2]
RPN_ANCHOR_SCALES              (16, 32, 64, 128, 256)
RPN_BBOX_STD_DEV               [0.1 0.1 0.2 0.2]

"""
AS_YAML = """
# what we trained with
IMAGE_MAX_DIM: 512
IMAGE_MIN_DIM: 512  # the same
DETECTION_MIN_CONFIDENCE: 0.9
DETECTION_MAX_INSTANCES: 50
IMAGE_MIN_SCALE: null
RPN_ANCHOR_SCALES: [16, 32, 64, 128, 256]
"""
AS_PYTHON = """
class Clothes(Config):
    IMAGE_MAX_DIM = 512
    IMAGE_MIN_DIM = 512
    DETECTION_MIN_CONFIDENCE = 0.9
    DETECTION_MAX_INSTANCES = 50
    RPN_ANCHOR_SCALES = (16, 32, 64, 128, 256)
"""


@pytest.mark.parametrize("text", [PRINTED, AS_YAML, AS_PYTHON])
def test_settings_are_read_as_they_are_printed_or_written(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text)
    expected = replace(Config(), side=512, min_side=512, threshold=0.9, detections=50,
                       scales=(16.0, 32.0, 64.0, 128.0, 256.0))  # fmt: skip
    assert read_config(tmp_path / "config").config == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("IMAGE_MAX_DIM 500", "not a multiple of 64"),
        ("IMAGE_MAX_DIM big", "not a number"),
        ("IMAGE_MAX_DIM [512, 512]", "2 numbers, not 1"),
        ("DETECTION_MIN_CONFIDENCE 70", "not between 0 and 1"),
        ("DETECTION_MAX_INSTANCES 0", "above 0"),
        ("RPN_ANCHOR_SCALES (32, 64)", "2 numbers, not 5"),
        ("RPN_ANCHOR_SCALES (0, 16, 32, 64, 128)", "above 0"),
        ("RPN_ANCHOR_RATIOS [0.5, 1, 2, 3]", "4 numbers, not 3"),
        ("IMAGE_RESIZE_MODE pad64", "only 'square'"),
        ("FPN_CLASSIF_FC_LAYERS_SIZE 512", "only 1024"),
        ("LEARNING_RATE 0.001", "none of the settings"),
    ],
)
def test_settings_that_cannot_be_served_are_refused(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "config.txt").write_text(line)
    with pytest.raises(EngineError, match=rf"config\.txt.*{reason}"):
        read_config(tmp_path / "config.txt")


@pytest.mark.parametrize(
    ("depth", "classes", "reason"),
    [(50, 14, "BACKBONE is resnet101"), (101, 81, "NUM_CLASSES is 14")],
)
def test_settings_of_another_network_are_refused(
    tmp_path: Path, depth: int, classes: int, reason: str
) -> None:
    (tmp_path / "config.txt").write_text(PRINTED)
    with pytest.raises(EngineError, match=reason):
        read_config(tmp_path / "config.txt").check(depth, classes, Path("weights.h5"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="nowhere can't be read"):
        read_config(tmp_path / "nowhere")
