"""What an engine is: from photos to detections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segmenter.core.detection import Detection


class EngineError(Exception):
    """An engine can't be opened; the message says what is wrong with the weights, and what to do."""


class Serving(Protocol):
    """How an engine's detections become what the service answers."""

    @property
    def threshold(self) -> float:
        """The least score of a garment."""

    @property
    def most_shared(self) -> float:
        """The limit of `detection.one_garment_a_pixel`."""


class SegmenterEngine(Protocol):
    """What the service needs of an engine. `predict` is called from one thread at a time."""

    @property
    def generation(self) -> int:
        """The generation of the weights; results of a greater one supersede."""

    @property
    def info(self) -> Serving:
        """How its detections are served."""

    def predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        """Return the garments of each RGB uint8 H x W x 3 photo, best score first."""
