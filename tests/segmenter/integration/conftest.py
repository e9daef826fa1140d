"""Matterport weights, and the environment of the original that reads them too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def matterport_h5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write calibrated random weights of Mask R-CNN on ResNet50 with 13 classes and background."""
    from segmenter.evaluation import random_weights

    path = tmp_path_factory.mktemp("matterport") / "random.h5"
    random_weights.write(path)
    return path


@pytest.fixture(scope="session")
def mrcnn_python() -> Path:
    """Return the interpreter of the environment with the original mrcnn on TensorFlow."""
    python = ROOT / ".venv-mrcnn" / "bin" / "python"
    if not python.exists():
        reason = "the original mrcnn on TensorFlow is not installed: make matterport-oracle"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return python
