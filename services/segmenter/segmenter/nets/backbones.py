"""Mask R-CNN by the name of its backbone, and the weights that a training starts from."""

import pickle
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log2
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import get_weight, mobilenet_v2, mobilenet_v3_large, resnet18
from torchvision.models.detection import (
    MaskRCNN,
    maskrcnn_resnet50_fpn,
    maskrcnn_resnet50_fpn_v2,
)
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.rpn import AnchorGenerator
from torchvision.ops import FrozenBatchNorm2d
from torchvision.ops.poolers import initLevelMapper

from modelkit.efficientnet_lite import efficientnet_lite

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and deviation of torchvision
CENTERED = ((127 / 255,) * 3, (128 / 255,) * 3)  # those of EfficientNet-Lite
STRIDES = (4, 8, 16, 32)  # of the pyramid levels that boxes and masks are read from
PYRAMID = 128  # channels of the light pyramids; ResNet50 has torchvision's 256


# Names of tensors before torchvision 0.13, which its file COCO_V1 of ResNet50 still has, and since.
_RENAMED = (
    (re.compile(r"(fpn\.(?:inner|layer)_blocks\.\d)\.(weight|bias)$"), r"\1.0.\2"),
    (re.compile(r"rpn\.head\.conv\.(weight|bias)$"), r"rpn.head.conv.0.0.\1"),
    *(
        (re.compile(rf"mask_head\.mask_fcn{n + 1}\.(weight|bias)$"), rf"mask_head.{n}.0.\1")
        for n in range(4)
    ),
)


class BadInit(Exception):
    """Weights to start from are missing, or don't fit the network; the message says what to do."""


@dataclass(frozen=True)
class Light:
    """A backbone for CPUs: its layers and how it wants pixels."""

    body: Callable[[], tuple[nn.Module, dict[str, int]]]  # layers, ends at strides 4, 8, 16, 32
    frozen: tuple[str, ...]  # layers that training does not change: they have learned edges already
    pixels: tuple[tuple[float, ...], tuple[float, ...]] = IMAGENET


LIGHT = {
    "efficientnet_lite0": Light(
        lambda: efficientnet_lite(0), ("stem", "stage0", "stage1"), CENTERED
    ),
    "efficientnet_lite1": Light(
        lambda: efficientnet_lite(1), ("stem", "stage0", "stage1"), CENTERED
    ),
    "efficientnet_lite2": Light(
        lambda: efficientnet_lite(2), ("stem", "stage0", "stage1"), CENTERED
    ),
    "mobilenet_v2": Light(
        lambda: (mobilenet_v2().features, {"3": 24, "6": 32, "13": 96, "18": 1280}),
        ("0", "1", "2"),
    ),
    "mobilenet_v3_large": Light(
        lambda: (mobilenet_v3_large().features, {"3": 24, "6": 40, "12": 112, "16": 960}),
        ("0", "1", "2"),
    ),
    "resnet18": Light(
        lambda: (
            resnet18(norm_layer=FrozenBatchNorm2d),
            {"layer1": 64, "layer2": 128, "layer3": 256, "layer4": 512},
        ),
        ("conv1", "bn1", "layer1"),
    ),
}
HEAVY: dict[str, Callable[..., MaskRCNN]] = {
    "resnet50": maskrcnn_resnet50_fpn,
    "resnet50_v2": maskrcnn_resnet50_fpn_v2,
}
BACKBONES = (*LIGHT, *HEAVY)
# torchvision's own weights: whole detectors for the heavy ones (COCO), else ImageNet.
PUBLISHED = {
    "resnet50": "MaskRCNN_ResNet50_FPN_Weights.COCO_V1",
    "resnet50_v2": "MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1",
    "resnet18": "ResNet18_Weights.IMAGENET1K_V1",
    "mobilenet_v2": "MobileNet_V2_Weights.IMAGENET1K_V2",
    "mobilenet_v3_large": "MobileNet_V3_Large_Weights.IMAGENET1K_V2",
}


def build(backbone: str, classes: int) -> MaskRCNN:
    """Return a Mask R-CNN with random weights; `classes` counts the background.

    Torchvision's 1,000 proposals are too many for a CPU: light backbones keep 150. Photos are scaled
    by `segmenter.nets.preprocess`, not by the network. Raise KeyError for an unknown backbone.
    """
    if backbone in HEAVY:
        network = HEAVY[backbone](
            weights=None,
            weights_backbone=None,
            num_classes=classes,
            box_detections_per_img=20,
            _skip_resize=True,
        )
    else:
        network = _light(LIGHT[backbone], classes)
    for pool in (network.roi_heads.box_roi_pool, network.roi_heads.mask_roi_pool):
        # torchvision guesses the strides from the first photo and keeps them. The guess is wrong, for
        # all photos after it, if padding to a multiple of 32 makes up much of the first photo.
        pool.scales = [1 / stride for stride in STRIDES]
        pool.map_levels = initLevelMapper(*(round(log2(s)) for s in (STRIDES[0], STRIDES[-1])))
    return network


def _light(light: Light, classes: int) -> MaskRCNN:
    body, ends = light.body()
    levels = {name: str(i) for i, name in enumerate(ends)}
    mean, deviation = light.pixels
    return MaskRCNN(
        BackboneWithFPN(body, levels, list(ends.values()), PYRAMID),
        None,
        image_mean=list(mean),
        image_std=list(deviation),
        rpn_anchor_generator=AnchorGenerator(
            ((16,), (32,), (64,), (128,), (256,)), ((0.4, 0.7, 1.0, 1.6, 2.5),) * 5
        ),
        rpn_pre_nms_top_n_train=1000,
        rpn_post_nms_top_n_train=300,
        rpn_pre_nms_top_n_test=500,
        rpn_post_nms_top_n_test=150,
        box_head=TwoMLPHead(PYRAMID * 7 * 7, 512),
        box_predictor=FastRCNNPredictor(512, classes),
        box_batch_size_per_image=64,
        box_detections_per_img=20,
        mask_head=MaskRCNNHeads(PYRAMID, (PYRAMID,) * 3, 1),
        mask_predictor=MaskRCNNPredictor(PYRAMID, PYRAMID, classes),
        _skip_resize=True,
    )


def freeze(network: MaskRCNN, backbone: str) -> None:
    """Freeze all batch norms of the backbone and its first layers.

    Batches of a few photos have no statistics worth learning. Call it again after `train()`.
    """
    body = network.backbone.body
    for module in body.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
            module.requires_grad_(False)
    names = LIGHT[backbone].frozen if backbone in LIGHT else ("conv1", "bn1", "layer1")
    for name in names:
        body[name].requires_grad_(False)


def download(backbone: str) -> Path:
    """Fetch torchvision's own weights, COCO's or ImageNet's, once into torch's cache; return the file.

    Raise BadInit if there are none, or if the internet is out of reach.
    """
    if backbone not in PUBLISHED:
        raise BadInit(f"torchvision publishes no weights of {backbone}: it has {list(PUBLISHED)}")
    url = get_weight(PUBLISHED[backbone]).url
    file = Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        # The name ends with the first letters of the hash.
        expected = file.stem.rpartition("-")[2]
        try:
            torch.hub.download_url_to_file(url, str(file), hash_prefix=expected)
        except OSError as error:
            raise BadInit(
                f"{url} is out of reach ({error}): fetch it and use --init FILE"
            ) from error
    return file


def init(network: MaskRCNN, file: Path) -> int:
    """Start from a state dict: of a whole detector (COCO), or of the backbone alone (ImageNet).

    A detector's tensors are taken by name, except for its predictors, which have other classes. A
    backbone's are taken by name, or in order if a package has other names for its layers. Return
    how many tensors were taken; raise BadInit if the file is of another network.
    """
    source = _read(file)
    if any(name.startswith("backbone.") for name in source):
        target = network.state_dict()
        kept = {n: t for n, t in source.items() if n in target and t.shape == target[n].shape}
        left = set(target) - set(kept)
        if any(".mask_fcn_logits." not in n and ".box_predictor." not in n for n in left):
            raise BadInit(f"{file} has no tensor that fits {min(left)}")
        network.load_state_dict(kept, strict=False)
        return len(kept)
    body = network.backbone.body
    target = body.state_dict()
    chosen = _by_name(source, target) or _in_order(source, target)
    for name, tensor in target.items():
        if chosen[name].shape != tensor.shape:
            needs, has = tuple(tensor.shape), tuple(chosen[name].shape)
            raise BadInit(f"{file}: {name} needs {needs}, has {has}: another backbone's weights?")
    body.load_state_dict(chosen)
    return len(chosen)


def _read(file: Path) -> dict[str, Tensor]:
    """Return the tensors of a state dict, under today's names. Raise BadInit."""
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise BadInit(f"{file} can't be read as a state dict: {error}") from error
    if not isinstance(content, Mapping) or not content:
        raise BadInit(f"{file} is not a state dict: expected tensors by name")
    for name, value in content.items():
        if not isinstance(value, Tensor):
            raise BadInit(f"{file} is not a state dict: {name!r} is not a tensor")
    return {_today(name): value for name, value in content.items()}


def _today(name: str) -> str:
    """Return the name that a tensor has today."""
    for old, new in _RENAMED:
        name = old.sub(new, name)
    return name


def _by_name(source: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> dict[str, Tensor]:
    stripped = {name.removeprefix("features."): tensor for name, tensor in source.items()}
    return {n: stripped[n] for n in target} if set(target) <= set(stripped) else {}


def _in_order(source: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> dict[str, Tensor]:
    if len(source) < len(target):
        raise BadInit(f"{len(source)} tensors, the backbone has {len(target)}")
    return dict(zip(target, source.values(), strict=False))
