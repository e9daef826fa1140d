"""3 x 3 convolutions by Winograd's algorithm, on CPUs whose direct ones are slower.

Winograd's minimal filtering (Lavin and Gray 2016) takes a fraction of the multiplications. Measured on
AVX2 in fp32: 2 to 3 times faster than oneDNN's direct convolution from about 48 x 48 pixels (or 12 maps of
14 x 14) and 64 channels on, slower below; the largest difference is 1e-5 of the largest output.
"""

import torch
from torch import Tensor, nn

LEAST_PIXELS = 2048  # of all output maps; below, transforming the weights costs more than it saves
LEAST_SIDE = 12  # of a map; below, tiles of 6 x 6 hang over its edges
LEAST_CHANNELS = 64


class WinogradConv2d(nn.Conv2d):
    """A 3 x 3 convolution of stride 1 that runs through NNPACK where that is faster."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve N x C x H x W."""
        batch, _, height, width = x.shape
        small = batch * height * width < LEAST_PIXELS or min(height, width) < LEAST_SIDE
        if small or x.device.type != "cpu" or x.dtype != torch.float32:
            return super().forward(x)
        return torch._nnpack_spatial_convolution(
            x.contiguous(), self.weight.contiguous(), self.bias, [1, 1], [1, 1]
        )


def use_winograd(network: nn.Module) -> int:
    """Run the network's 3 x 3 convolutions by Winograd where this CPU gains; return how many.

    CPUs with AVX-512 gain nothing. For inference: the gradient is not defined.
    """
    # `is_available` also starts NNPACK, which the convolution needs.
    if not torch.backends.nnpack.is_available() or torch.cpu._is_avx512_supported():  # type: ignore[no-untyped-call]
        return 0
    changed = 0
    for module in network.modules():
        if type(module) is nn.Conv2d and _fits(module):
            module.__class__ = WinogradConv2d
            changed += 1
    return changed


def _fits(layer: nn.Conv2d) -> bool:
    return (
        layer.kernel_size == (3, 3)
        and layer.stride == (1, 1)
        and layer.padding == (1, 1)
        and layer.dilation == (1, 1)
        and layer.groups == 1
        and min(layer.in_channels, layer.out_channels) >= LEAST_CHANNELS
    )
