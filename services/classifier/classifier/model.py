"""The network and the files of a trained classifier (see `modelkit.weights`)."""

from dataclasses import dataclass
from pathlib import Path

from torch import nn
from torchvision.models import resnet18

from modelkit import weights
from modelkit.weights import BadWeights


@dataclass(frozen=True)
class ModelInfo:
    """What a reader must know to serve the weights as they were trained."""

    arch: str  # "resnet18"
    generation: int  # grows with every retraining; results of a greater generation supersede
    side: int  # input side in pixels
    threshold: float  # fashion if the probability is at least this
    sha256: str = ""  # of model.safetensors


def build() -> nn.Module:
    """ResNet18 with one logit: positive means fashion."""
    network: nn.Module = resnet18(weights=None, num_classes=1)
    return network


def save(
    folder: Path, network: nn.Module, *, generation: int, side: int, threshold: float
) -> ModelInfo:
    """Write weights and metadata; the pair is what `load` accepts."""
    info = ModelInfo("resnet18", generation, side, round(threshold, 4))
    return weights.write(folder, network.state_dict(), info)


def load(folder: Path) -> tuple[nn.Module, ModelInfo]:
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
