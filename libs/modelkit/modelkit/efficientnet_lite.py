"""EfficientNet-Lite: EfficientNet for CPUs, without squeeze-and-excitation and swish.

Layers, widths and SAME padding are those of TensorFlow's `models/official/efficientnet/lite`, so that its
published ImageNet weights fit. The sides of the input are multiples of 32.
"""

from collections import OrderedDict
from math import ceil

import torch
from torch import Tensor, nn

# EfficientNet-B0: kernel, stride, expansion, channels, repeats of each stage (Tan and Le 2019).
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
SCALES = {0: (1.0, 1.0), 1: (1.0, 1.1), 2: (1.1, 1.2)}  # of channels and of repeats
STEM = 32  # channels of the first convolution, whatever the scale


class Depthwise(nn.Conv2d):
    """A depthwise convolution whose gradient is computed in fp32 on a CPU.

    oneDNN's bf16 gradient of 5 x 5 depthwise convolutions is 4 to 7 times slower than that.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Convolve N x C x H x W."""
        if torch.is_grad_enabled() and x.device.type == "cpu":
            with torch.autocast("cpu", enabled=False):
                return super().forward(x.float())
        return super().forward(x)


class MBConv(nn.Module):
    """Inverted residual: expand, depthwise convolution, project; plus the input where it fits."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.layers = nn.Sequential(
            *(convolution(inputs, wide) if expansion > 1 else []),
            *convolution(wide, wide, kernel, stride, groups=wide),
            *convolution(wide, outputs)[:-1],
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Turn N x inputs x H x W into N x outputs x H / stride x W / stride."""
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


def convolution(
    inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """Return a convolution with SAME padding, batch norm and ReLU6."""
    around = (kernel - 1) // 2
    padding: list[nn.Module] = []
    if stride == 2:  # SAME pads an even side by one pixel less on the left and at the top
        padding = [nn.ZeroPad2d((around - 1, around, around - 1, around))]
        around = 0
    kind = Depthwise if groups > 1 and kernel > 3 else nn.Conv2d
    return [
        *padding,
        kind(inputs, outputs, kernel, stride, around, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01),
        nn.ReLU6(inplace=True),
    ]


def efficientnet_lite(size: int) -> tuple[nn.Sequential, dict[str, int]]:
    """Return EfficientNet-Lite of size 0, 1 or 2 up to its last stage.

    Also return the names of the last layers of strides 4, 8, 16 and 32, with their channels.
    """
    widen, deepen = SCALES[size]
    body: OrderedDict[str, nn.Module] = OrderedDict(stem=nn.Sequential(*convolution(3, STEM, 3, 2)))
    channels, stride = STEM, 2
    ends: dict[int, tuple[str, int]] = {}
    for number, (kernel, step, expansion, width, repeats) in enumerate(STAGES):
        if 0 < number < len(STAGES) - 1:  # the first and the last stage are never deepened
            repeats = ceil(repeats * deepen)
        # EfficientNet's rule against rounding down by more than a tenth is not needed for these widths.
        scaled = int(width * widen + 4) // 8 * 8
        name = f"stage{number}"
        body[name] = nn.Sequential(
            *(
                MBConv(scaled if i else channels, scaled, kernel, 1 if i else step, expansion)
                for i in range(repeats)
            )
        )
        channels, stride = scaled, stride * step
        ends[stride] = (name, channels)
    return nn.Sequential(body), dict(ends[s] for s in (4, 8, 16, 32))
