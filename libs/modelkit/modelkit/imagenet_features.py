"""Features of photos by an EfficientNet-Lite as it was trained on ImageNet."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from modelkit.efficientnet_lite import convolution, efficientnet_lite
from modelkit.pretrained import packaged

FEATURES = 1280
SIZES = {"efficientnet_lite0": 0, "efficientnet_lite1": 1, "efficientnet_lite2": 2}


class ImageNetFeatures(nn.Module):
    """The body of EfficientNet-Lite, its last 1 x 1 convolution, and the mean over the picture."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.body, ends = efficientnet_lite(SIZES[name])
        channels = list(ends.values())[-1]
        self.head = nn.Sequential(*convolution(channels, FEATURES))

    def forward(self, squares: Tensor) -> Tensor:
        """Turn RGB uint8 N x 3 x S x S, S a multiple of 32, into float N x 1280."""
        # The input of TensorFlow's `models/official/efficientnet/lite`: mean 127, deviation 128.
        inputs = ((squares.float() - 127) / 128).contiguous(memory_format=torch.channels_last)
        features: Tensor = self.head(self.body(inputs)).mean((2, 3))
        return features


def load(name: str) -> ImageNetFeatures:
    """Return the network with the weights of an installed package, frozen, in evaluation mode.

    Raise LookupError, with what to install, if there is no such package.
    """
    network = ImageNetFeatures(name)
    found = torch.load(packaged(name), map_location="cpu", weights_only=True)
    # The file has other names for its layers, but the same order. The layer of ImageNet's classes
    # comes last and is left out.
    names = list(network.state_dict())
    tensors = list(found.values())[: len(names)]
    network.load_state_dict(dict(zip(names, tensors, strict=True)))
    network.requires_grad_(False)
    return network.eval().to(memory_format=torch.channels_last)
