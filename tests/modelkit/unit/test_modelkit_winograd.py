"""Winograd's algorithm gives what the direct convolution gives."""

import pytest
import torch
from torch import nn

from modelkit.winograd import WinogradConv2d, use_winograd


@pytest.mark.parametrize("size", [(64, 64), (50, 70), (8, 8), (7, 513)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_convolution_gives_the_same_numbers(size: tuple[int, int], bias: bool) -> None:
    torch.manual_seed(0)
    direct = nn.Sequential(nn.Conv2d(64, 96, 3, padding=1, bias=bias))
    x = torch.randn(2, 64, *size)
    with torch.inference_mode():
        expected = direct(x)
        use_winograd(direct)
        torch.testing.assert_close(direct(x), expected, rtol=0, atol=1e-4)


def test_only_wide_plain_3_x_3_convolutions_change() -> None:
    if not torch.backends.nnpack.is_available() or torch.cpu._is_avx512_supported():  # type: ignore[no-untyped-call]
        pytest.skip("this CPU's direct convolution is faster")
    network = nn.Sequential(
        nn.Conv2d(64, 64, 3, padding=1),
        nn.Conv2d(64, 64, 3, padding=1, stride=2),
        nn.Conv2d(64, 64, 1),
        nn.Conv2d(64, 64, 3, padding=1, groups=64),
        nn.Conv2d(3, 64, 3, padding=1),
    )
    assert use_winograd(network) == 1
    assert isinstance(network[0], WinogradConv2d)
