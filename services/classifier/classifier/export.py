"""From a trained network to the folder that is served: temperature and threshold."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from torchvision.models import ResNet

from classifier import model
from classifier.calibration import temperature
from classifier.dataset import Example
from classifier.engine import Engine
from classifier.metrics import best_threshold, figures
from classifier.predictions import logits


def export(
    network: ResNet,
    held_out: Sequence[Example],
    out: Path,
    *,
    generation: int,
    side: int,
    device: str = "cpu",
) -> dict[str, Any]:
    """Write the weights with the temperature and the threshold that the held-out photos choose.

    Returns the metadata and the figures on the held-out photos, which flatter a little for that.
    Without held-out photos of both labels, both stay as they were: 1 and 0.5.
    """
    model.save(out, network, generation=generation, side=side, threshold=0.5)
    # From the file: half precision is what will be served.
    kept, scores = logits(Engine.load(out, device), held_out)
    labels = np.array([example.label for example in kept])
    if not 0 < labels.sum() < len(labels):
        print("both labels are not among the photos held out: the threshold stays at 0.5")
        return asdict(model.load(out)[1])
    heat = temperature(labels, scores)
    probabilities = 1 / (1 + np.exp(-scores / heat))
    threshold = best_threshold(labels, probabilities)
    info = model.save(
        out, network, generation=generation, side=side, threshold=threshold, temperature=heat
    )
    return {**asdict(info), **asdict(figures(labels, probabilities, info.threshold))}
