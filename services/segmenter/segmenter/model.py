"""The network and its files: `model.safetensors` (fp16), `model.json` (metadata), `card.md`."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision.models import mobilenet_v2
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.rpn import AnchorGenerator

from segmenter.categories import CATEGORIES

WEIGHTS = "model.safetensors"
METADATA = "model.json"
ARCH = "maskrcnn_mobilenet_v2_fpn"


class BadWeights(Exception):
    """The weights folder is incomplete, damaged or of another network."""


@dataclass(frozen=True)
class ModelInfo:
    """What a reader must know to serve the weights as they were trained."""

    arch: str
    generation: int  # grows with every retraining; results of a greater generation supersede
    categories: int  # 13, numbered as in DeepFashion2
    side: int  # longer side of the input in pixels
    threshold: float  # a garment if the score is at least this
    most_shared: float  # see detection.one_garment_a_pixel
    sha256: str  # of model.safetensors


def build() -> MaskRCNN:
    """torchvision's Mask R-CNN on MobileNetV2 and a feature pyramid of 128 channels."""
    channels = 128
    backbone = BackboneWithFPN(
        mobilenet_v2(weights=None).features,
        {"3": "0", "6": "1", "13": "2", "18": "3"},
        [24, 32, 96, 1280],
        channels,
    )
    anchors = AnchorGenerator(
        ((16,), (32,), (64,), (128,), (256,)), ((0.4, 0.7, 1.0, 1.6, 2.5),) * 5
    )
    classes = len(CATEGORIES) + 1
    return MaskRCNN(
        backbone,
        None,
        rpn_anchor_generator=anchors,
        rpn_pre_nms_top_n_train=1000,
        rpn_post_nms_top_n_train=300,
        rpn_pre_nms_top_n_test=500,
        rpn_post_nms_top_n_test=150,
        box_head=TwoMLPHead(channels * 7 * 7, 512),
        box_predictor=FastRCNNPredictor(512, classes),
        box_batch_size_per_image=64,
        box_detections_per_img=20,
        mask_head=MaskRCNNHeads(channels, (channels,) * 3, 1),
        mask_predictor=MaskRCNNPredictor(channels, channels, classes),
        _skip_resize=True,  # in training; photos are scaled by segmenter.preprocess
    )


def init_backbone(network: MaskRCNN, file: Path) -> None:
    """Start from ImageNet weights: a MobileNetV2 state dict in the order of torchvision's."""
    features = network.backbone.body
    source = list(torch.load(file, map_location="cpu", weights_only=True).values())
    target = features.state_dict()
    if len(source) < len(target):
        raise BadWeights(f"{file} has {len(source)} tensors, MobileNetV2 needs {len(target)}")
    for (name, tensor), value in zip(target.items(), source, strict=False):
        if tensor.shape != value.shape:
            raise BadWeights(
                f"{file}: {name} needs {tuple(tensor.shape)}, has {tuple(value.shape)}"
            )
    features.load_state_dict(dict(zip(target, source, strict=False)))


def freeze_statistics(network: MaskRCNN) -> None:
    """Keep the first three blocks and all batch norms as they are.

    Edges are learnt already, and batches of two photos have no statistics worth learning.
    """
    for module in network.backbone.body.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
            module.requires_grad_(False)
    for name in ("0", "1", "2"):
        network.backbone.body[name].requires_grad_(False)


def save(
    folder: Path,
    network: MaskRCNN,
    *,
    generation: int,
    side: int,
    threshold: float,
    most_shared: float = 0.6,
) -> ModelInfo:
    """Write the weights in half precision with their metadata; the pair is what `load` accepts."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous().cpu()
        for name, tensor in network.state_dict().items()
    }
    save_file(tensors, folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # safetensors writes for the owner only
    digest = _sha256(folder / WEIGHTS)
    info = ModelInfo(
        ARCH, generation, len(CATEGORIES), side, round(threshold, 3), most_shared, digest
    )
    (folder / METADATA).write_text(json.dumps(asdict(info), indent=2) + "\n")
    return info


def load(folder: Path) -> tuple[MaskRCNN, ModelInfo]:
    """Read network (fp32, evaluation mode) and metadata; raises BadWeights with what is wrong."""
    try:
        info = ModelInfo(**json.loads((folder / METADATA).read_text()))
        digest = _sha256(folder / WEIGHTS)
    except FileNotFoundError as error:
        raise BadWeights(
            f"{error.filename} is missing: train with `python -m segmenter.train`"
        ) from error
    except (TypeError, ValueError) as error:
        raise BadWeights(f"{folder / METADATA} can't be read: {error}") from error
    if info.arch != ARCH or info.categories != len(CATEGORIES):
        raise BadWeights(
            f"{folder / METADATA}: {info.arch} with {info.categories} categories; "
            f"this code serves {ARCH} with {len(CATEGORIES)}"
        )
    if digest != info.sha256:
        raise BadWeights(f"{folder / WEIGHTS} has sha256 {digest}, {METADATA} says {info.sha256}")
    network = build()
    try:
        network.load_state_dict(load_file(folder / WEIGHTS))
    except RuntimeError as error:
        raise BadWeights(f"{folder / WEIGHTS} does not fit {ARCH}: {error}") from error
    return network.float().eval(), info


def has_fast_bf16(device: str) -> bool:
    """Whether bf16 is worth it: GPUs, and CPUs with AMX or AVX-512 bf16 instructions."""
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
