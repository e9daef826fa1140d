"""From a trained network to the folder that is served: the score threshold."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from typing import Any

from torchvision.models.detection import MaskRCNN

from modelkit.training.options import TrainOptions
from segmenter.data.dataset import Entry
from segmenter.engines.torchvision_engine import TorchvisionEngine
from segmenter.evaluation.predictions import DOUBTFUL, predict_all
from segmenter.evaluation.serving import best_threshold
from segmenter.nets import model


def export(
    network: MaskRCNN,
    backbone: str,
    held_out: Sequence[Entry],
    options: TrainOptions,
    device: str,
) -> dict[str, Any]:
    """Write the weights with the score threshold that the held-out photos choose.

    Return the metadata and the figures on the held-out photos. Without any, the threshold is 0.5.
    """
    info = model.ModelInfo.of(
        backbone, generation=options.generation, side=options.side, threshold=0.5
    )
    figures: dict[str, float] = {}
    if held_out:
        # The engine compiles and changes the network that it is given.
        engine = TorchvisionEngine(deepcopy(network), info, device, DOUBTFUL)
        threshold, figures = best_threshold(predict_all(engine, held_out), info.most_shared)
        info = replace(info, threshold=round(threshold, 3))
    else:
        print("no photo held out: the score threshold stays at 0.5")
    return {**asdict(model.save(options.out, network, info)), **figures}
