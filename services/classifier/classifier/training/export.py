"""From a trained network to the folder that is served: temperature and threshold."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from classifier.data.dataset import Example
from classifier.evaluation.calibration import temperature
from classifier.evaluation.metrics import best_threshold, figures
from classifier.evaluation.predictions import logits
from classifier.nets import model
from classifier.nets.engine import Engine
from classifier.nets.model import ModelInfo


def export(
    network: nn.Module, info: ModelInfo, held_out: Sequence[Example], out: Path, device: str
) -> dict[str, Any]:
    """Write the weights with the temperature and the threshold that the held-out photos choose.

    Return the metadata and the figures on the held-out photos; they are a little too good, since these
    photos chose. Without held-out photos of both labels, temperature and threshold of `info` stay.
    """
    info = model.save(out, network, info)
    # Loaded from the file, since half precision is what will be served.
    kept, scores = logits(Engine.load(out, device), held_out)
    labels = np.array([example.label for example in kept])
    if not 0 < labels.sum() < len(labels):
        print(f"no photos of both labels are held out: the threshold stays at {info.threshold}")
        return asdict(info)
    heat = round(temperature(labels, scores), 4)
    probabilities = 1 / (1 + np.exp(-scores / heat))
    threshold = round(best_threshold(labels, probabilities), 4)
    info = model.save(out, network, replace(info, temperature=heat, threshold=threshold))
    return {**asdict(info), **asdict(figures(labels, probabilities, threshold))}
