"""The networks and the files of a trained classifier (see `modelkit.weights`)."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import ResNet, resnet18

from modelkit import imagenet_features, weights
from modelkit.imagenet_features import ImageNetFeatures
from modelkit.weights import BadWeights

RESNET18 = "resnet18"
ARCHITECTURES = (RESNET18, *imagenet_features.SIZES)
RESNET18_FEATURES = 512  # before its last layer


@dataclass(frozen=True)
class ModelInfo:
    """What a reader must know to serve the weights as they were trained."""

    arch: str  # one of ARCHITECTURES; of the notebooks' checkpoint, "multilabel_resnet"
    generation: int  # grows with every retraining; results of a greater generation supersede
    side: int  # input side in pixels
    threshold: float  # fashion if the probability is at least this
    temperature: float = 1.0  # the probability is sigmoid(logit / temperature)
    sha256: str = ""  # of model.safetensors


class LinearProbe(nn.Module):
    """ImageNet features and one logit on them; takes RGB N x 3 x S x S in 0-255."""

    def __init__(self, features: ImageNetFeatures) -> None:
        super().__init__()
        self.features = features
        self.fc = nn.Linear(imagenet_features.FEATURES, 1)

    def forward(self, squares: Tensor) -> Tensor:
        """Return N x 1 logits."""
        logits: Tensor = self.fc(self.features(squares))
        return logits


def build(arch: str) -> nn.Module:
    """Return a network with one logit, positive for fashion, and random weights."""
    network: nn.Module = (
        build_resnet18() if arch == RESNET18 else LinearProbe(ImageNetFeatures(arch))
    )
    return network


def build_resnet18() -> ResNet:
    """Return a ResNet18 with one logit; its input is what `preprocess.normalize` returns."""
    return resnet18(weights=None, num_classes=1)


def resnet18_features(network: ResNet, inputs: Tensor) -> Tensor:
    """Return the input of the last layer of a ResNet18: N x 512 for normalized N x 3 x S x S."""
    x = network.maxpool(network.relu(network.bn1(network.conv1(inputs))))
    x = network.layer4(network.layer3(network.layer2(network.layer1(x))))
    return torch.flatten(network.avgpool(x), 1)


def save(folder: Path, network: nn.Module, info: ModelInfo) -> ModelInfo:
    """Write weights and metadata; the pair is what `load` accepts."""
    return weights.write(folder, network.state_dict(), info)


def load(folder: Path) -> tuple[nn.Module, ModelInfo]:
    """Read network (fp32, evaluation mode) and metadata; raise BadWeights with what is wrong."""
    tensors, info = weights.read(folder, ModelInfo)
    if info.arch not in ARCHITECTURES:
        raise BadWeights(
            f"{folder / weights.METADATA} names the network {info.arch!r}; "
            f"this code serves {', '.join(ARCHITECTURES)}"
        )
    network = build(info.arch)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise BadWeights(f"{folder / weights.WEIGHTS} does not fit {info.arch}: {error}") from error
    return network.eval(), info
