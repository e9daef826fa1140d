"""How the original is configured for inference: the defaults of mrcnn.config.Config, or what a file says."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from segmenter.core.engine import EngineError


@dataclass(frozen=True)
class Config:
    """Settings that a weight file does not hold; in brackets their names in mrcnn.config.Config."""

    side: int = 1024  # of the square input, pixels, a multiple of 64 (IMAGE_MAX_DIM)
    min_side: int = 800  # small photos are enlarged to this shorter side (IMAGE_MIN_DIM)
    mean_pixel: tuple[float, float, float] = (123.7, 116.8, 103.9)  # RGB (MEAN_PIXEL)
    threshold: float = 0.7  # a detection if the score is at least this (DETECTION_MIN_CONFIDENCE)
    detections: int = 100  # at most a photo (DETECTION_MAX_INSTANCES)
    detection_overlap: float = 0.3  # IoU of two of one class (DETECTION_NMS_THRESHOLD)
    proposals: int = 1000  # at most a photo (POST_NMS_ROIS_INFERENCE)
    proposal_overlap: float = 0.7  # IoU of two (RPN_NMS_THRESHOLD)
    anchors_kept: int = 6000  # the best by score, before overlaps are dropped (PRE_NMS_LIMIT)
    scales: tuple[float, ...] = (
        32,
        64,
        128,
        256,
        512,
    )  # of anchors, pixels, one a level (RPN_ANCHOR_SCALES)
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0)  # of anchors, width to height (RPN_ANCHOR_RATIOS)
    proposal_deviations: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2)  # of deltas (RPN_BBOX_STD_DEV)
    deviations: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2)  # of deltas (BBOX_STD_DEV)
    most_shared: float = (
        1.0  # the original lets garments share pixels: detection.one_garment_a_pixel
    )


# Field of Config by its name in mrcnn.config.Config.
_NAMES: Mapping[str, str] = {
    "IMAGE_MAX_DIM": "side",
    "IMAGE_MIN_DIM": "min_side",
    "MEAN_PIXEL": "mean_pixel",
    "DETECTION_MIN_CONFIDENCE": "threshold",
    "DETECTION_MAX_INSTANCES": "detections",
    "DETECTION_NMS_THRESHOLD": "detection_overlap",
    "POST_NMS_ROIS_INFERENCE": "proposals",
    "RPN_NMS_THRESHOLD": "proposal_overlap",
    "PRE_NMS_LIMIT": "anchors_kept",
    "RPN_ANCHOR_SCALES": "scales",
    "RPN_ANCHOR_RATIOS": "ratios",
    "RPN_BBOX_STD_DEV": "proposal_deviations",
    "BBOX_STD_DEV": "deviations",
}
# What the engines can only do in one way.
_FIXED: Mapping[str, tuple[object, ...]] = {
    "IMAGE_RESIZE_MODE": ("square",),
    "IMAGE_MIN_SCALE": (0, None),
    "IMAGE_CHANNEL_COUNT": (3,),
    "BACKBONE_STRIDES": ((4, 8, 16, 32, 64),),
    "RPN_ANCHOR_STRIDE": (1,),
    "TOP_DOWN_PYRAMID_SIZE": (256,),
    "FPN_CLASSIF_FC_LAYERS_SIZE": (1024,),
    "POOL_SIZE": (7,),
    "MASK_POOL_SIZE": (14,),
}
_LENGTHS = {"mean_pixel": 3, "scales": 5, "ratios": 3, "proposal_deviations": 4, "deviations": 4}
_SHARES = ("threshold", "detection_overlap", "proposal_overlap")
# "NAME  value" as config.display() prints it, "NAME: value" as in YAML, "NAME = value" as in the class.
_LINE = re.compile(r"\s*([A-Z][A-Z0-9_]*)\s*(?:[:=]|\s)\s*(\S.*?)\s*$")
# NumPy prints arrays without commas.
_GAP = re.compile(r"(?<=[\d.])\s+(?=[-\d.])")


@dataclass(frozen=True)
class FileConfig:
    """What a file says: the settings, and of which network it speaks, where it does."""

    config: Config
    backbone: str | None = None
    classes: int | None = None

    def check(self, depth: int, classes: int, weights: Path) -> None:
        """Raise EngineError if the file speaks of another network than that of `weights`. `classes`: background included."""
        if self.backbone not in (None, f"resnet{depth}"):
            raise EngineError(f"BACKBONE is {self.backbone}, but {weights} is a resnet{depth}")
        if self.classes not in (None, classes):
            raise EngineError(
                f"NUM_CLASSES is {self.classes}, but {weights} has {classes}, background included"
            )


def read_config(file: Path) -> FileConfig:
    """Read what `config.display()` printed, or the same names as YAML or Python, one in a line.

    What a file does not name keeps its default; settings of the training are left aside. Raise EngineError for a value that is not
    valid, for one that the engines can't follow, and for a file without any setting.
    """
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(f"{file} can't be read: {error}") from error
    lines = [_LINE.match(line.split(" #")[0]) for line in text.splitlines()]
    values = {line[1]: _value(line[2]) for line in lines if line}
    for name, possible in _FIXED.items():
        if name in values and values[name] not in possible:
            raise EngineError(
                f"{file}: {name} is {values[name]!r}; only {possible[0]!r} can be served"
            )
    if not _NAMES.keys() & values.keys():
        raise EngineError(f"{file} has none of the settings {', '.join(_NAMES)}")
    found = {
        field: _checked(file, name, values[name])
        for name, field in _NAMES.items()
        if name in values
    }
    backbone, classes = values.get("BACKBONE"), values.get("NUM_CLASSES")
    return FileConfig(
        replace(Config(), **found),
        backbone if isinstance(backbone, str) else None,
        classes if isinstance(classes, int) else None,
    )


def _value(text: str) -> object:
    """Return a number, a text, None, or a tuple."""
    try:
        value = ast.literal_eval(_GAP.sub(", ", text) if text.startswith("[") else text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None if text == "null" else text
    return tuple(value) if isinstance(value, list) else value


def _checked(file: Path, name: str, value: Any) -> Any:
    """Return the value of a setting of Config. Raise EngineError if it is not one."""
    field = _NAMES[name]
    numbers = value if isinstance(value, tuple) else (value,)
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise EngineError(f"{file}: {name} {value!r} is not a number or a list of numbers")
    if field in _LENGTHS:
        if len(numbers) != _LENGTHS[field]:
            raise EngineError(f"{file}: {name} has {len(numbers)} numbers, not {_LENGTHS[field]}")
        if field != "mean_pixel" and min(numbers) <= 0:
            raise EngineError(f"{file}: {name} {value!r} must be above 0")
        return tuple(map(float, numbers))
    if len(numbers) != 1:
        raise EngineError(f"{file}: {name} has {len(numbers)} numbers, not 1")
    (number,) = numbers
    if field in _SHARES:
        if not 0 <= number <= 1:
            raise EngineError(f"{file}: {name} {number} is not between 0 and 1")
        return float(number)
    if number != int(number) or number < 1:
        raise EngineError(f"{file}: {name} {number} is not a whole number above 0")
    if field == "side" and number % 64:
        raise EngineError(f"{file}: {name} {number} is not a multiple of 64")
    return int(number)
