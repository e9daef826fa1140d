"""The networks by name, and the weights they start from."""

import re
from pathlib import Path

import pytest
import torch
from torchvision.models import resnet18
from torchvision.models.detection import maskrcnn_resnet50_fpn

from modelkit.pretrained import packaged
from segmenter.nets import backbones

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", backbones.BACKBONES)
def test_every_backbone_finds_boxes_in_its_feature_pyramid(name: str) -> None:
    network = backbones.build(name, 14).eval()
    with torch.inference_mode():
        features = network.backbone(torch.zeros(1, 3, 64, 96))
    assert [tuple(level.shape[2:]) for level in features.values()] == [
        (16, 24),
        (8, 12),
        (4, 6),
        (2, 3),
        (1, 2),
    ]


def test_packaged_imagenet_weights_fit_and_see_edges() -> None:
    network = backbones.build("efficientnet_lite1", 14).eval()
    taken = backbones.init(network, packaged("efficientnet_lite1"))
    assert taken == len(network.backbone.body.state_dict())
    gray = torch.zeros(1, 3, 64, 64)
    edge = gray.clone()
    edge[..., 32:] = 1
    with torch.inference_mode():
        flat, striped = (network.backbone.body(x)["0"] for x in (gray, edge))
    assert (striped - flat).abs().max() > 0.5


def test_weights_of_another_backbone_are_refused_with_the_layer(tmp_path: Path) -> None:
    other = backbones.build("mobilenet_v2", 14).backbone.body.state_dict()
    torch.save(other, tmp_path / "other.pt")
    with pytest.raises(backbones.BadInit, match="another backbone"):
        backbones.init(backbones.build("mobilenet_v3_large", 14), tmp_path / "other.pt")


def test_a_detector_of_other_classes_gives_all_but_its_predictors(tmp_path: Path) -> None:
    coco = backbones.build("resnet18", 91)
    torch.save(coco.state_dict(), tmp_path / "coco.pt")
    network = backbones.build("resnet18", 14)
    backbones.init(network, tmp_path / "coco.pt")
    ours, theirs = network.state_dict(), coco.state_dict()
    same = {name for name in ours if ours[name].shape == theirs[name].shape}
    assert all(torch.equal(ours[name], theirs[name]) for name in same)
    assert {name.split(".")[1] for name in set(ours) - same} == {"box_predictor", "mask_predictor"}


def old_name(name: str) -> str:
    """Return the name that torchvision's file COCO_V1 has for a tensor."""
    name = re.sub(r"(_blocks\.\d)\.0\.", r"\1.", name).replace("head.conv.0.0.", "head.conv.")
    return re.sub(r"mask_head\.(\d)\.0", lambda m: f"mask_head.mask_fcn{int(m[1]) + 1}", name)


def test_a_file_with_the_names_of_coco_v1_gives_all_but_the_predictors(tmp_path: Path) -> None:
    coco = maskrcnn_resnet50_fpn(weights=None, weights_backbone=None).state_dict()
    file = {old_name(name): tensor for name, tensor in coco.items()}
    assert {"rpn.head.conv.weight", "roi_heads.mask_head.mask_fcn4.bias"} < file.keys()
    torch.save(file, tmp_path / "maskrcnn_resnet50_fpn_coco.pth")
    network = backbones.build("resnet50", 14)
    backbones.init(network, tmp_path / "maskrcnn_resnet50_fpn_coco.pth")
    ours = network.state_dict()
    left = {name for name in ours if not torch.equal(ours[name], coco[name])}
    assert {name.split(".")[1] for name in left} == {"box_predictor", "mask_predictor"}


@pytest.mark.parametrize("content", [b"", b"not a state dict", None])
def test_a_file_that_is_no_state_dict_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "weights.pt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(backbones.BadInit, match=r"weights\.pt can't be read"):
        backbones.init(backbones.build("mobilenet_v2", 14), file)


def test_a_checkpoint_of_other_things_is_refused(tmp_path: Path) -> None:
    torch.save({"epoch": 3, "network": {}}, tmp_path / "c.pt")
    with pytest.raises(backbones.BadInit, match="'epoch' is not a tensor"):
        backbones.init(backbones.build("mobilenet_v2", 14), tmp_path / "c.pt")


def test_downloaded_weights_come_from_the_cache_when_they_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    cached = tmp_path / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    cached.parent.mkdir(parents=True)
    torch.save(resnet18().state_dict(), cached)
    network = backbones.build("resnet18", 14)
    assert backbones.init(network, backbones.download("resnet18")) > 0


def test_a_backbone_without_published_weights_says_which_have_some() -> None:
    with pytest.raises(backbones.BadInit, match="mobilenet_v3_large"):
        backbones.download("efficientnet_lite1")


def test_frozen_layers_do_not_learn() -> None:
    network = backbones.build("efficientnet_lite0", 14).train()
    backbones.freeze(network, "efficientnet_lite0")
    learning = {name for name, p in network.named_parameters() if p.requires_grad}
    assert not any(".body.stem." in name or ".body.stage1." in name for name in learning)
    assert any(".body.stage2." in name for name in learning)
