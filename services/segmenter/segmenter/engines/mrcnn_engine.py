"""The engine that runs the original: PyPI's mrcnn 0.2 on TensorFlow, in its own environment and process.

`make matterport-oracle` makes the environment, `.venv-mrcnn`. It has no PyTorch.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmenter.core.categories import numbered
from segmenter.core.detection import Detection, encode_mask
from segmenter.core.engine import EngineError
from segmenter.engines import mrcnn_compat
from segmenter.engines.matterport import weight_file
from segmenter.engines.matterport.architecture import Architecture, Key, recognize
from segmenter.engines.matterport.config import Config, FileConfig


class MrcnnEngine:
    """MaskRCNN.detect of the original, photo by photo; a detection without a pixel is left out."""

    def __init__(
        self, model: Any, categories: Sequence[int | None], *, generation: int, config: Config
    ) -> None:
        """Take over `model`, an mrcnn.model.MaskRCNN with its weights, built by the calling thread.

        `categories`: of each class but the background, None if it is not a garment.
        """
        from tensorflow.compat import v1 as tensorflow

        self.generation = generation
        self.info = config
        self.model = model
        self.categories = [None, *categories]
        # Graph and session belong to the thread that built them; the service predicts in another.
        self.graph = tensorflow.get_default_graph()
        self.session = tensorflow.keras.backend.get_session()

    @classmethod
    def load(
        cls,
        weights: Path,
        *,
        classes: Sequence[str] = (),
        generation: int,
        config: FileConfig,
        doubtful: float | None = None,
    ) -> MrcnnEngine:
        """Load an `.h5`. `doubtful`: return every detection from this score on.

        Raise EngineError as the `matterport` engine does, and if the original has not loaded an array
        as it is in the file.
        """
        if weights.suffix == ".safetensors":
            raise EngineError(
                f"the original reads .h5: python -m segmenter.convert {weights} FILE.h5"
            )
        architecture, arrays = recognize(weight_file.read(weights))
        categories = numbered(classes, architecture.classes - 1, weights)
        config.check(architecture.depth, architecture.classes, weights)
        served = config.config
        running = served if doubtful is None else replace(served, threshold=doubtful)
        model = _build(architecture, running)
        model.load_weights(str(weights), by_name=True)
        _compare(model.keras_model, arrays, weights)
        return cls(model, categories, generation=generation, config=served)

    def predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        """Return the garments of each RGB uint8 H x W x 3 photo, best score first; at most 100 each."""
        return [self._detections(self.detect(photo)) for photo in photos]

    def detect(self, photo: NDArray[np.uint8]) -> dict[str, Any]:
        """Return the original's answer: rois, class_ids, scores, masks (H x W x N)."""
        if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8:
            raise ValueError(f"expected RGB uint8 H x W x 3, got {photo.dtype} {photo.shape}")
        with self.graph.as_default(), self.session.as_default():
            answer: dict[str, Any] = self.model.detect([photo])[0]
        return answer

    def _detections(self, answer: dict[str, Any]) -> list[Detection]:
        detections = []
        for index, (box, number, score) in enumerate(
            zip(answer["rois"], answer["class_ids"], answer["scores"], strict=True)
        ):
            y1, x1, y2, x2 = map(float, box)
            category, mask = self.categories[number], answer["masks"][:, :, index]
            if category is not None and mask.any():
                detections.append(
                    Detection(category, float(score), (x1, y1, x2, y2), encode_mask(mask))
                )
        return detections


def _build(architecture: Architecture, config: Config) -> Any:
    """Return an mrcnn.model.MaskRCNN for inference, without weights."""
    try:
        mrcnn_compat.install()
        import mrcnn.config
        import mrcnn.model
    except ImportError as error:
        raise EngineError(
            f"the engine mrcnn needs its own environment ({error}): "
            "make matterport-oracle, then .venv-mrcnn/bin/python -m segmenter"
        ) from error

    if config.anchors_kept != Config().anchors_kept:
        raise EngineError(
            f"PRE_NMS_LIMIT is {config.anchors_kept}, but mrcnn 0.2 always keeps {Config().anchors_kept}"
        )

    class Inference(mrcnn.config.Config):  # type: ignore[misc]
        NAME = "segmenter"
        BACKBONE = f"resnet{architecture.depth}"
        NUM_CLASSES = architecture.classes
        IMAGES_PER_GPU = 1
        IMAGE_MIN_DIM, IMAGE_MAX_DIM = config.min_side, config.side
        MEAN_PIXEL = np.array(config.mean_pixel)
        DETECTION_MIN_CONFIDENCE = config.threshold
        DETECTION_MAX_INSTANCES = config.detections
        DETECTION_NMS_THRESHOLD = config.detection_overlap
        POST_NMS_ROIS_INFERENCE = config.proposals
        RPN_NMS_THRESHOLD = config.proposal_overlap
        RPN_ANCHOR_SCALES = config.scales
        RPN_ANCHOR_RATIOS = config.ratios
        RPN_BBOX_STD_DEV = np.array(config.proposal_deviations)
        BBOX_STD_DEV = np.array(config.deviations)

    # The folder is for the logs of trainings; prediction writes nothing.
    return mrcnn.model.MaskRCNN("inference", Inference(), tempfile.gettempdir())


def _compare(keras_model: Any, arrays: Mapping[Key, NDArray[np.float32]], path: Path) -> None:
    """Raise EngineError unless the model has all arrays of the file and no others: loading by name skips silently."""
    from tf_keras import backend

    weights = keras_model.weights
    names = [tuple(weight.name.split(":")[0].split("/")[-2:]) for weight in weights]
    loaded = dict(zip(names, backend.batch_get_value(weights), strict=True))
    different = {
        key
        for key in loaded.keys() | arrays.keys()
        if key not in loaded or key not in arrays or not np.array_equal(loaded[key], arrays[key])
    }
    if different:
        raise EngineError(
            f"mrcnn has not loaded these arrays of {path} as they are: "
            + ", ".join(sorted("/".join(key) for key in different))
        )
