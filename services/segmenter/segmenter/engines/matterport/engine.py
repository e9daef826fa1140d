"""The engine for Matterport's weights, in PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from modelkit.compiled import compiled
from modelkit.winograd import use_winograd
from segmenter.core.categories import numbered
from segmenter.core.detection import Detection, encode_mask
from segmenter.engines.matterport import molding, weight_file
from segmenter.engines.matterport.architecture import recognize
from segmenter.engines.matterport.config import Config, FileConfig
from segmenter.engines.matterport.detect import Found, detect
from segmenter.engines.matterport.network import Network


class MatterportEngine:
    """Matterport's Mask R-CNN; answers as MaskRCNN.detect of mrcnn 0.2, photo by photo.

    Always in fp32. Classes other than the 13 categories take part as in the original, but are left
    out of the answer, as are detections without a pixel.
    """

    def __init__(
        self,
        network: Network,
        categories: Sequence[int | None],
        *,
        generation: int,
        device: str = "cpu",
        config: Config,
        doubtful: float | None = None,
    ) -> None:
        """Compile `network` for its device. `categories`: of each class but the background, or None."""
        self.generation = generation
        self.info = config
        self._config = config if doubtful is None else replace(config, threshold=doubtful)
        self.device = device
        self.categories = [None, *categories]
        self._wanted = torch.tensor(
            [category is not None for category in self.categories], device=device
        )
        network.fold()
        # OpenVINO is faster for 1 x 1 convolutions, and Winograd's algorithm for 3 x 3.
        square = torch.zeros(1, 3, config.side, config.side, device=device)
        network.dense.trunk = compiled(network.dense.trunk, [square], device, (), bf16=False)
        use_winograd(network)

        self.network = network.to(torch.device(device))

    @classmethod
    def load(
        cls,
        weights: Path,
        device: str = "cpu",
        *,
        classes: Sequence[str] = (),
        generation: int,
        config: FileConfig | None = None,
        doubtful: float | None = None,
    ) -> MatterportEngine:
        """Load an `.h5`, or the `.safetensors` that `segmenter.convert` made of one.

        `classes`: names in the order of their ids, without the background; empty: the 13 categories.
        `config`: None: the original's defaults. `doubtful`: return every detection from this score on.
        Raise EngineError with every array that does not fit.
        """
        config = config or FileConfig(Config())
        architecture, arrays = recognize(weight_file.read(weights))
        categories = numbered(classes, architecture.classes - 1, weights)
        config.check(architecture.depth, architecture.classes, weights)
        network = Network(architecture)
        network.load(arrays)
        return cls(
            network,
            categories,
            generation=generation,
            device=device,
            config=config.config,
            doubtful=doubtful,
        )

    def predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        """Return the garments of each RGB uint8 H x W x 3 photo, best score first; at most 100 each."""
        return [self._predict(photo) for photo in photos]

    def _predict(self, photo: NDArray[np.uint8]) -> list[Detection]:
        molded = molding.mold(photo, self.info)
        found = self.find(molded)
        height, width = photo.shape[:2]
        boxes = molding.unmold_boxes(
            found.boxes.cpu().numpy(), molded.window, self.info.side, height, width
        )
        detections = []
        for box, number, score, probabilities in zip(
            boxes,
            found.classes.tolist(),
            found.scores.tolist(),
            found.masks.cpu().numpy(),
            strict=True,
        ):
            y1, x1, y2, x2 = box.tolist()
            category = self.categories[number]
            mask = molding.place(probabilities, box, height, width)
            if category is not None and mask.any():
                detections.append(Detection(category, score, (x1, y1, x2, y2), encode_mask(mask)))
        return detections

    @torch.inference_mode()
    def find(self, molded: molding.Molded) -> Found:
        """Return what the network finds in a molded photo (see `molding`)."""
        pixels = torch.from_numpy(molded.pixels).permute(2, 0, 1)[None].contiguous()
        # TF32, which cuDNN uses unless told not to, has 10 bits: scores would differ from the original's in the third digit.
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            return detect(
                self.network, pixels.to(self.device), molded.window, self._config, self._wanted
            )
