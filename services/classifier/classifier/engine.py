"""The engine: from photos to probabilities. Pure: no gRPC, no events."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from classifier import model
from classifier.preprocess import normalise, to_square
from modelkit.precision import has_fast_bf16


class Engine:
    """ResNet18, trained by `classifier.train`.

    A CPU runs one photo a forward pass, so that neither batch size nor neighbours move a
    probability across the threshold: the same photo always gives the same result. A GPU takes the
    photos of a call as one batch. Arithmetic is bf16 where the hardware has it, fp32 elsewhere.
    """

    def __init__(self, network: nn.Module, info: model.ModelInfo, device: str) -> None:
        self.generation = info.generation
        self.threshold = info.threshold
        self.info = info
        self.device = device
        self.bf16 = has_fast_bf16(device)
        self.network = network.to(torch.device(device)).to(memory_format=torch.channels_last).eval()

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "Engine":
        """Load the weights of a folder, checked by hash; raises modelkit.weights.BadWeights."""
        network, info = model.load(folder)
        return cls(network, info, device)

    def predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[float]:
        """Probability in [0, 1] that each RGB uint8 H x W x 3 photo is a fashion photo."""
        squares = [to_square(photo, self.info.side) for photo in photos]
        if self.device == "cpu":
            return [self._forward(square[None])[0] for square in squares]
        return self._forward(torch.stack(squares)) if squares else []

    @torch.inference_mode()
    def _forward(self, squares: Tensor) -> list[float]:
        inputs = normalise(squares.to(self.device)).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.bf16):
            logits = self.network(inputs)[:, 0]
        return [float(p) for p in torch.sigmoid(logits.float()).tolist()]
