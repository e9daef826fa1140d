"""The network and the files of a trained classifier (see `modelkit.weights`)."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import ResNet, resnet18

from modelkit import weights
from modelkit.weights import BadWeights

FEATURES = 512  # of ResNet18 before its last layer


@dataclass(frozen=True)
class ModelInfo:
    """What a reader must know to serve the weights as they were trained."""

    arch: str  # "resnet18"; of the notebooks' checkpoint, "multilabel_resnet"
    generation: int  # grows with every retraining; results of a greater generation supersede
    side: int  # input side in pixels
    threshold: float  # fashion if the probability is at least this
    temperature: float = 1.0  # the probability is sigmoid(logit / temperature)
    sha256: str = ""  # of model.safetensors


def build() -> ResNet:
    """ResNet18 with one logit: positive means fashion."""
    return resnet18(weights=None, num_classes=1)


def features(network: ResNet, inputs: Tensor) -> Tensor:
    """What the last layer of a ResNet18 sees: N x 512 of normalised N x 3 x S x S."""
    x = network.maxpool(network.relu(network.bn1(network.conv1(inputs))))
    x = network.layer4(network.layer3(network.layer2(network.layer1(x))))
    return torch.flatten(network.avgpool(x), 1)


def save(
    folder: Path,
    network: nn.Module,
    *,
    generation: int,
    side: int,
    threshold: float,
    temperature: float = 1.0,
) -> ModelInfo:
    """Write weights and metadata; the pair is what `load` accepts."""
    info = ModelInfo("resnet18", generation, side, round(threshold, 4), round(temperature, 4))
    return weights.write(folder, network.state_dict(), info)


def load(folder: Path) -> tuple[ResNet, ModelInfo]:
    """Read network (fp32, evaluation mode) and metadata; raises BadWeights with what is wrong."""
    tensors, info = weights.read(folder, ModelInfo)
    if info.arch != "resnet18":
        raise BadWeights(
            f"{folder / weights.METADATA} names the network {info.arch!r}; "
            "this code serves resnet18"
        )
    network = build()
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise BadWeights(f"{folder / weights.WEIGHTS} does not fit resnet18: {error}") from error
    return network.eval(), info
