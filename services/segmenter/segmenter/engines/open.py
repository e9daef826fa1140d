"""Which engine serves which weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from segmenter.core.engine import EngineError, SegmenterEngine

EngineName = Literal["torchvision", "matterport", "mrcnn"]

# The generation of weights that state none, unless the caller does. It is above the generation of the weights that ship,
# so that results of a user's own .h5 supersede theirs.
FOREIGN_GENERATION = 10


def open_engine(
    weights: Path,
    device: str = "cpu",
    *,
    name: EngineName | None = None,
    classes: Sequence[str] = (),
    generation: int | None = None,
    config: Path | None = None,
    doubtful: float | None = None,
) -> SegmenterEngine:
    """Open the engine called `name`; None: `torchvision` for a folder and `matterport` for a file.

    `classes`, `generation` and `config` are for files, which hold none of them: names in the order of their ids
    without the background (empty: the 13 categories), a number (None: FOREIGN_GENERATION), and a file for `read_config` (None:
    the original's defaults).
    `doubtful`: return every detection from this score on, not only those that the service answers.
    Raise EngineError.
    """
    # Imported here: imports are slow, and the original's environment has no PyTorch.
    name = name or ("torchvision" if weights.is_dir() else "matterport")
    if name == "torchvision":
        if classes or generation is not None or config is not None:
            raise EngineError(
                f"{weights} has its classes, its generation and its settings in model.json"
            )
        from modelkit.precision import NoDevice, check_device
        from modelkit.weights import BadWeights
        from segmenter.engines.torchvision_engine import TorchvisionEngine

        try:
            check_device(device)
            return TorchvisionEngine.load(weights, device, doubtful=doubtful)
        except (BadWeights, NoDevice) as error:
            raise EngineError(str(error)) from error

    from segmenter.engines.matterport.config import Config, FileConfig, read_config

    settings = FileConfig(Config()) if config is None else read_config(config)
    generation = FOREIGN_GENERATION if generation is None else generation
    if name == "matterport":
        from modelkit.precision import NoDevice, check_device
        from segmenter.engines.matterport.engine import MatterportEngine

        try:
            check_device(device)
        except NoDevice as error:
            raise EngineError(str(error)) from error
        return MatterportEngine.load(
            weights,
            device,
            classes=classes,
            generation=generation,
            config=settings,
            doubtful=doubtful,
        )
    from segmenter.engines.mrcnn_engine import MrcnnEngine

    return MrcnnEngine.load(
        weights, classes=classes, generation=generation, config=settings, doubtful=doubtful
    )
