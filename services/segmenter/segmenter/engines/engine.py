"""What an engine is, from photos to detections, and which one serves which weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from segmenter.core.detection import Detection

EngineName = Literal["torchvision", "matterport", "mrcnn"]

# Of weights that name none, if the caller doesn't either: above those of the weights that ship, so
# that results of somebody's own .h5 supersede theirs.
FOREIGN_GENERATION = 10


class EngineError(Exception):
    """An engine can't be opened; the message says what is wrong with the weights and what to do."""


class Serving(Protocol):
    """How an engine's detections become what the service says."""

    @property
    def threshold(self) -> float:
        """A garment if the score is at least this."""

    @property
    def most_shared(self) -> float:
        """See detection.one_garment_a_pixel."""


class SegmenterEngine(Protocol):
    """What the service needs of an engine. `predict` is called from one thread at a time."""

    @property
    def generation(self) -> int:
        """Of the weights; results of a greater generation supersede."""

    @property
    def info(self) -> Serving:
        """How it serves."""

    def predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        """Garments of each RGB uint8 H x W x 3 photo, best score first."""


def open_engine(
    weights: Path,
    device: str = "cpu",
    *,
    name: EngineName | None = None,
    classes: Sequence[str] = (),
    generation: int | None = None,
    doubtful: float | None = None,
) -> SegmenterEngine:
    """The engine called `name`, by default the one that the weights are for: `torchvision` for a
    folder, `matterport` for a file.

    `classes` and `generation` are for files, which hold neither: names in the order of their ids
    without the background (default: the 13 categories), and FOREIGN_GENERATION.
    `doubtful`: give every detection from this score on, not only those that the service says.
    Raises EngineError.
    """
    # Imports are slow, and the original's environment has no PyTorch.
    name = name or ("torchvision" if weights.is_dir() else "matterport")
    if name == "torchvision":
        if classes or generation is not None:
            raise EngineError(f"{weights} has its classes and its generation in model.json")
        from modelkit.weights import BadWeights
        from segmenter.engines.torchvision_engine import TorchvisionEngine

        try:
            return TorchvisionEngine.load(weights, device, doubtful=doubtful)
        except BadWeights as error:
            raise EngineError(str(error)) from error

    from segmenter.engines.matterport.config import Config

    config = Config() if doubtful is None else replace(Config(), threshold=doubtful)
    generation = FOREIGN_GENERATION if generation is None else generation
    if name == "matterport":
        from segmenter.engines.matterport.engine import MatterportEngine

        return MatterportEngine.load(
            weights, device, classes=classes, generation=generation, config=config
        )
    from segmenter.engines.mrcnn_engine import MrcnnEngine

    return MrcnnEngine.load(weights, classes=classes, generation=generation, config=config)
