"""The network and its files: `model.safetensors` (fp16), `model.json` (metadata), `card.md`."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision.models import resnet18

WEIGHTS = "model.safetensors"
METADATA = "model.json"


class BadWeights(Exception):
    """The weights folder is incomplete, damaged or of another network."""


@dataclass(frozen=True)
class ModelInfo:
    """What a reader must know to serve the weights as they were trained."""

    arch: str  # "resnet18"
    generation: int  # grows with every retraining; results of a greater generation supersede
    side: int  # input side in pixels
    threshold: float  # fashion if the probability is at least this
    sha256: str  # of model.safetensors


def build() -> nn.Module:
    """ResNet18 with one logit: positive means fashion."""
    network: nn.Module = resnet18(weights=None, num_classes=1)
    return network


def save(
    folder: Path, network: nn.Module, *, generation: int, side: int, threshold: float
) -> ModelInfo:
    """Write the weights in half precision with their metadata; the pair is what `load` accepts."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous().cpu()
        for name, tensor in network.state_dict().items()
    }
    save_file(tensors, folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # safetensors writes for the owner only
    info = ModelInfo("resnet18", generation, side, round(threshold, 4), _sha256(folder / WEIGHTS))
    (folder / METADATA).write_text(json.dumps(asdict(info), indent=2) + "\n")
    return info


def load(folder: Path) -> tuple[nn.Module, ModelInfo]:
    """Read network (fp32, evaluation mode) and metadata; raises BadWeights with what is wrong."""
    try:
        info = ModelInfo(**json.loads((folder / METADATA).read_text()))
        digest = _sha256(folder / WEIGHTS)
    except FileNotFoundError as error:
        raise BadWeights(
            f"{error.filename} is missing: train with `python -m classifier.train`"
        ) from error
    except (TypeError, ValueError) as error:
        raise BadWeights(f"{folder / METADATA} can't be read: {error}") from error
    if info.arch != "resnet18":
        raise BadWeights(
            f"{folder / METADATA} names the network {info.arch!r}; this code serves resnet18"
        )
    if digest != info.sha256:
        raise BadWeights(f"{folder / WEIGHTS} has sha256 {digest}, {METADATA} says {info.sha256}")
    network = build()
    try:
        network.load_state_dict(load_file(folder / WEIGHTS))
    except RuntimeError as error:
        raise BadWeights(f"{folder / WEIGHTS} does not fit resnet18: {error}") from error
    return network.float().eval(), info


def has_fast_bf16(device: str) -> bool:
    """Whether bf16 is worth it: GPUs, and CPUs with AMX or AVX-512 bf16 instructions."""
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
