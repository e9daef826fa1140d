"""The engine: from photos to probabilities."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from classifier.nets import model, multilabel_resnet
from classifier.nets.preprocess import normalize, to_square
from modelkit.compiled import compiled, to_device


class Engine:
    """A network that `classifier.train` wrote, or the notebooks' MultiLabelResnet.

    A CPU runs one photo in each forward pass, so that neither batch size nor neighbors move a
    probability across the threshold: the same photo always has the same result. A GPU takes the
    photos of a call as one batch. The network is compiled for the device (`modelkit.compiled`), unless
    `eager` asks for fp32 in eager torch, for comparison.
    """

    def __init__(
        self,
        network: nn.Module,
        info: model.ModelInfo,
        device: str = "cpu",
        *,
        eager: bool = False,
    ) -> None:
        self.generation = info.generation
        self.threshold = info.threshold
        self.info = info
        self.device = device
        self.network = network.eval().to(torch.device(device))
        if not eager:
            square = torch.zeros(1, 3, info.side, info.side, device=device)
            self.network = compiled(network, [square], device)

    @classmethod
    def load(cls, path: Path, device: str = "cpu", *, generation: int = 1) -> "Engine":
        """Load a folder of weights, checked by hash, or the notebooks' checkpoint (.pt, .pth).

        `generation` is for a checkpoint; a folder states its own. Raise modelkit.weights.BadWeights.
        """
        if path.suffix in (".pt", ".pth"):
            info = model.ModelInfo(
                "multilabel_resnet",
                generation,
                multilabel_resnet.SIDE,
                multilabel_resnet.THRESHOLD,
            )
            return cls(multilabel_resnet.load(path), info, device)
        network, info = model.load(path)
        return cls(network, info, device)

    def predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[float]:
        """Return the probability in [0, 1] that each RGB uint8 H x W x 3 photo is a fashion photo."""
        logits = torch.tensor(self.logits(photos), dtype=torch.float64)
        return [float(p) for p in torch.sigmoid(logits / self.info.temperature)]

    def logits(self, photos: Sequence[NDArray[np.uint8]]) -> list[float]:
        """Return the logits before the temperature: above 0 where fashion is likelier."""
        squares = [to_square(photo, self.info.side) for photo in photos]
        if self.device == "cpu":
            return [self._forward(square[None])[0] for square in squares]
        return self._forward(torch.stack(squares)) if squares else []

    @torch.inference_mode()
    def _forward(self, squares: Tensor) -> list[float]:
        squares = to_device(squares, self.device)
        # The other networks take the pixels as they are.
        inputs = normalize(squares) if self.info.arch == model.RESNET18 else squares.float()
        return [float(logit) for logit in self.network(inputs)[:, 0].tolist()]
