"""The notebooks' network, `MultiLabelResnet`, and the reader of its checkpoint."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from modelkit.weights import BadWeights

SIDE = 224
THRESHOLD = 0.5
LAST_BLOCK = "layer4.1.bn2.weight"  # a name that every torchvision ResNet18 has
WRAPPERS = ("state_dict", "model_state_dict")  # that a checkpoint may keep its tensors under


class MultiLabelResnet(nn.Module):
    """3 x 3 convolution, ReLU, ResNet18 with its 1000 outputs, ReLU, one logit."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.resnet = resnet18(weights=None)
        self.linear = nn.Linear(1000, 1)

    def forward(self, photos: Tensor) -> Tensor:
        """Turn RGB N x 3 x 224 x 224 in 0-255 into N x 1 logits; the notebooks take their sigmoid."""
        logits: Tensor = self.linear(self.resnet(self.conv(photos).relu()).relu())
        return logits


def load(file: Path) -> MultiLabelResnet:
    """Read a state dict of `torch.save`; nothing is unpickled but tensors.

    The notebooks' names are not known, so the two layers around the ResNet18 are recognized by
    their shapes, which no layer inside has, and the ResNet18 by torchvision's names or, where its
    layers were renamed (as nn.Sequential does), by their order. Any prefix is fine (`module.`).
    Raise BadWeights, which lists every tensor that is missing, left over or of another shape.
    """
    found = _tensors(file)
    network = MultiLabelResnet()
    wanted = network.state_dict()
    around = [name for name in wanted if not name.startswith("resnet.")]
    taken: dict[str, Tensor] = {}
    faults = []
    for name in around:
        fitting = [key for key, t in found.items() if t.shape == wanted[name].shape]
        if len(fitting) == 1:
            taken[name] = found.pop(fitting[0])
        else:
            shape = tuple(wanted[name].shape)
            faults.append(f"{name} {shape}: {len(fitting)} tensors have this shape, needed is 1")
    inner = {name: t for name, t in wanted.items() if name.startswith("resnet.")}
    for name, tensor in _resnet(found, list(inner)).items():
        if name not in inner:
            faults.append(f"{name} {tuple(tensor.shape)}: left over")
        elif tensor.shape != inner[name].shape:
            expected = tuple(inner[name].shape)
            faults.append(f"{name} {tuple(tensor.shape)}: its shape should be {expected}")
        else:
            taken[name] = tensor
        inner.pop(name, None)
    faults += [f"{name} {tuple(t.shape)}: missing" for name, t in inner.items() if _needed(name)]
    if faults:
        listed = "\n  ".join(faults)
        raise BadWeights(f"{file} is not a MultiLabelResnet of the notebooks:\n  {listed}")
    network.load_state_dict({**wanted, **taken})
    return network.eval()


def _needed(name: str) -> bool:
    """Tell whether serving needs the tensor; old PyTorch versions don't store counts of batches."""
    return not name.endswith("num_batches_tracked")


def _tensors(file: Path) -> dict[str, Tensor]:
    try:
        content: Any = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise BadWeights(f"{file} is missing: name another file, or a folder of weights") from error
    except UnpicklingError as error:
        raise BadWeights(
            f"{file} holds more than tensors, and is not unpickled: save the network's "
            "state_dict() with torch.save"
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise BadWeights(f"{file} can't be read: {error}") from error
    for wrapper in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    if not isinstance(content, Mapping) or not all(
        isinstance(value, Tensor) for value in content.values()
    ):
        raise BadWeights(f"{file} is not a state dict: save the network's state_dict()")
    return {
        str(name): tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in content.items()
    }


def _resnet(found: dict[str, Tensor], names: list[str]) -> dict[str, Tensor]:
    """Return what is left of a checkpoint, under this network's names as far as they can be told."""
    for key in found:
        if key.endswith(LAST_BLOCK):
            prefix = key.removesuffix(LAST_BLOCK)
            return {
                f"resnet.{n.removeprefix(prefix)}" if n.startswith(prefix) else n: tensor
                for n, tensor in found.items()
            }
    counted = any(not _needed(name) or not t.shape for name, t in found.items())
    order = iter(name for name in names if counted or _needed(name))
    return {next(order, key): tensor for key, tensor in found.items()}
