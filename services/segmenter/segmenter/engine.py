"""What an engine is: from photos to detections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segmenter.detection import Detection


class SegmenterEngine(Protocol):
    """What the service needs of an engine. `predict` is called from one thread at a time."""

    generation: int

    def predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        """Garments of each RGB uint8 H x W x 3 photo, best score first."""
