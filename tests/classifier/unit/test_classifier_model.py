"""The files of a trained classifier."""

from pathlib import Path

import pytest

from classifier.nets import model
from classifier.nets.model import ModelInfo
from modelkit.weights import METADATA, WEIGHTS, BadWeights


@pytest.mark.parametrize("arch", ["resnet18", "efficientnet_lite0"])
def test_what_is_saved_is_loaded(arch: str, tmp_path: Path) -> None:
    saved = model.save(tmp_path, model.build(arch), ModelInfo(arch, 3, 64, 0.4, 1.5))
    assert model.load(tmp_path)[1] == saved


def test_damaged_weights_are_refused_by_hash(tmp_path: Path) -> None:
    model.save(tmp_path, model.build("resnet18"), ModelInfo("resnet18", 1, 64, 0.5))
    content = bytearray((tmp_path / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (tmp_path / WEIGHTS).write_bytes(content)
    with pytest.raises(BadWeights, match="sha256"):
        model.load(tmp_path)


def test_another_network_is_refused_by_name(tmp_path: Path) -> None:
    model.save(tmp_path, model.build("resnet18"), ModelInfo("resnet18", 1, 64, 0.5))
    text = (tmp_path / METADATA).read_text().replace("resnet18", "resnet99")
    (tmp_path / METADATA).write_text(text)
    with pytest.raises(BadWeights, match="resnet99"):
        model.load(tmp_path)
