"""From a trained network to the folder that is served: the score threshold, and the proposals that are enough."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from typing import Any

from torchvision.models.detection import MaskRCNN

from modelkit.training.options import TrainOptions
from segmenter.data.dataset import Entry
from segmenter.engines.torchvision_engine import TorchvisionEngine
from segmenter.evaluation import coco
from segmenter.evaluation.coco import Scored
from segmenter.evaluation.predictions import DOUBTFUL, predict_all
from segmenter.evaluation.serving import best_threshold
from segmenter.nets import model

# Proposals and whether the finest level gives some, from the fastest to the whole.
_CHOICES = ((50, False), (100, False), (100, True), (150, True))
# Mask AP that a faster choice may cost.
_CHEAP = 0.005


def export(
    network: MaskRCNN,
    backbone: str,
    held_out: Sequence[Entry],
    options: TrainOptions,
    device: str,
) -> dict[str, Any]:
    """Write the weights with what the held-out photos choose: the fewest proposals that cost next to no AP, and the score threshold.

    Return the metadata and the figures on the held-out photos. Without any, the threshold is 0.5, and proposals are as few as in
    the first choice.
    """
    info = model.ModelInfo.of(
        backbone, generation=options.generation, side=options.side, threshold=0.5
    )
    figures: dict[str, float] = {}
    if any(entry.categories for entry in held_out):
        info, scored = _choose(network, info, held_out, device)
        threshold, figures = best_threshold(scored, info.most_shared)
        info = replace(info, threshold=round(threshold, 3))
    else:
        print("no photo with a garment is held out: the score threshold stays at 0.5")
    return {**asdict(model.save(options.out, network, info)), **figures}


def _choose(
    network: MaskRCNN, info: model.ModelInfo, held_out: Sequence[Entry], device: str
) -> tuple[model.ModelInfo, list[Scored]]:
    """Return `info` with the first choice that reaches nearly the best AP, and what it answers."""
    tried = []
    for proposals, finest in _CHOICES:
        chosen = replace(info, proposals=proposals, finest=finest)
        # The engine compiles and changes the network that it is given.
        scored = predict_all(
            TorchvisionEngine(deepcopy(network), chosen, device, DOUBTFUL), held_out
        )
        tried.append((coco.figures(scored, least_support=1)["mask_ap"], chosen, scored))
    best = max(score for score, _, _ in tried)
    return next((chosen, scored) for score, chosen, scored in tried if score >= best - _CHEAP)
