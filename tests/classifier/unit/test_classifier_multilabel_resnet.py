"""The notebooks' checkpoint, under whatever names they gave their layers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from classifier.nets.engine import Engine
from classifier.nets.multilabel_resnet import MultiLabelResnet, load
from classifier.nets.preprocess import to_square
from modelkit.weights import BadWeights

pytestmark = pytest.mark.slow

Tensors = dict[str, Tensor]


class Notebook(nn.Module):
    """As the issue describes it, with names and an order of its own."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.model = resnet18(weights=None)
        self.Linear1 = nn.Linear(1000, 1)
        self.first = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.model(torch.relu(self.first(x))))
        return torch.sigmoid(self.Linear1(x))


@pytest.fixture(scope="module")
def notebook() -> Notebook:
    return Notebook().eval()


def saved(tensors: Tensors, folder: Path) -> Path:
    torch.save(tensors, folder / "best.pt")
    return folder / "best.pt"


def test_a_checkpoint_is_served_as_it_was(notebook: Notebook, tmp_path: Path) -> None:
    engine = Engine.load(saved(notebook.state_dict(), tmp_path), generation=7)
    photo = np.random.default_rng(0).integers(0, 255, (300, 200, 3), dtype=np.uint8)
    with torch.no_grad():
        expected = float(notebook(to_square(photo, 224)[None].float()))
    assert engine.predict([photo])[0] == pytest.approx(expected, abs=1e-5)
    assert engine.threshold == 0.5
    assert engine.generation == 7


@pytest.mark.parametrize(
    "renamed",
    [
        lambda tensors: {f"module.{name}": t for name, t in tensors.items()},
        lambda tensors: {f"layer_{i}": t for i, t in enumerate(tensors.values())},
        lambda tensors: {n: t for n, t in tensors.items() if "num_batches" not in n},
        lambda tensors: {"epoch": {}, "state_dict": tensors},
    ],
    ids=["of DataParallel", "without a known name", "of old PyTorch", "inside a checkpoint"],
)
def test_other_names_make_no_difference(
    notebook: Notebook, tmp_path: Path, renamed: Callable[[Tensors], Tensors]
) -> None:
    found = load(saved(renamed(dict(notebook.state_dict())), tmp_path))
    photos = torch.rand(1, 3, 64, 64) * 255
    with torch.no_grad():
        torch.testing.assert_close(torch.sigmoid(found(photos)), notebook(photos))


def test_everything_that_does_not_fit_is_listed_in_one_error(
    notebook: Notebook, tmp_path: Path
) -> None:
    tensors = dict(notebook.state_dict())
    del tensors["model.layer2.0.conv1.weight"]
    tensors["model.bn1.weight"] = torch.zeros(32)
    tensors["other.weight"] = torch.zeros(7)
    with pytest.raises(BadWeights) as error:
        load(saved(tensors, tmp_path))
    text = str(error.value)
    assert "resnet.layer2.0.conv1.weight (128, 64, 3, 3): missing" in text
    assert "resnet.bn1.weight (32,): its shape should be (64,)" in text
    assert "other.weight (7,): left over" in text


def test_a_whole_network_is_not_unpickled(tmp_path: Path) -> None:
    torch.save(MultiLabelResnet(), tmp_path / "whole.pt")
    with pytest.raises(BadWeights, match="state_dict"):
        load(tmp_path / "whole.pt")


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match=r"gone\.pth is missing"):
        Engine.load(tmp_path / "gone.pth")
