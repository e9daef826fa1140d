"""Compiled layers against the same layers in eager torch."""

import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn

from modelkit.compiled import compiled
from modelkit.precision import has_fast_bf16

TOLERANCE = 0.05 if has_fast_bf16("cpu") else 1e-4  # of activations around 1


class Pyramid(nn.Module):
    """Two levels by name, and a head over a list of levels, as detectors have them."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU6())
        self.coarse = nn.Conv2d(8, 8, 3, 2, 1)

    def forward(self, photo: Tensor) -> dict[str, Tensor]:
        fine = self.fine(photo)
        return {"fine": fine, "coarse": self.coarse(fine)}


class Head(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(8, 2, 1)

    def forward(self, levels: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        answers = [self.layer(level) for level in levels]
        return answers, [answer.sigmoid() for answer in answers]


@pytest.fixture(scope="module")
def pyramid() -> nn.Module:
    torch.manual_seed(0)
    return Pyramid().eval()


@pytest.fixture(scope="module")
def fast(pyramid: nn.Module) -> nn.Module:
    return compiled(pyramid, [torch.zeros(1, 3, 32, 32)], "cpu", free=(0, 2, 3))


@pytest.mark.parametrize("shape", [(1, 3, 32, 32), (2, 3, 64, 32), (1, 3, 33, 17)])
def test_an_input_of_any_size_gives_what_eager_torch_gives(
    pyramid: nn.Module, fast: nn.Module, shape: tuple[int, ...]
) -> None:
    photo = torch.rand(shape)
    with torch.inference_mode():
        wanted, found = pyramid(photo), fast(photo)
    assert list(found) == ["fine", "coarse"]
    for name, level in wanted.items():
        torch.testing.assert_close(found[name], level, rtol=TOLERANCE, atol=TOLERANCE)


def test_lists_go_in_and_come_out_as_they_were() -> None:
    torch.manual_seed(0)
    head = Head().eval()
    levels = [torch.rand(1, 8, 6, 4), torch.rand(1, 8, 3, 2)]
    fast = compiled(head, [levels], "cpu", free=(0, 2, 3))
    with torch.inference_mode():
        torch.testing.assert_close(fast(levels), head(levels), rtol=TOLERANCE, atol=TOLERANCE)


def test_no_photo_gives_an_empty_answer(fast: nn.Module) -> None:
    assert fast(torch.zeros(0, 3, 32, 32))["fine"].shape == (0, 8, 16, 16)


def test_an_answer_stays_when_the_next_photo_comes(fast: nn.Module) -> None:
    first = fast(torch.ones(1, 3, 32, 32))["fine"]
    kept = first.clone()
    fast(torch.zeros(1, 3, 32, 32))
    assert torch.equal(first, kept)


def test_a_shape_that_is_not_free_is_refused() -> None:
    fast = compiled(nn.Conv2d(3, 4, 1), [torch.zeros(1, 3, 8, 8)], "cpu")
    with pytest.raises(RuntimeError, match="shape"):
        fast(torch.zeros(1, 3, 8, 9))


@pytest.mark.slow
def test_nothing_of_openvino_reports_its_use() -> None:
    code = (
        "import sys, torch\n"
        "from modelkit.compiled import compiled\n"
        "compiled(torch.nn.Linear(2, 2), [torch.zeros(1, 2)], 'cpu')\n"
        "assert 'openvino' in sys.modules\n"
        "assert sys.modules['openvino_telemetry'] is None\n"
        "assert not any(name.startswith('openvino_telemetry.') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
