"""Frozen ImageNet features."""

import pytest
import torch

from modelkit import imagenet_features
from modelkit.imagenet_features import FEATURES, ImageNetFeatures

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def network() -> ImageNetFeatures:
    return imagenet_features.load("efficientnet_lite0")


def test_a_photo_has_the_same_features_alone_and_in_company(network: ImageNetFeatures) -> None:
    torch.manual_seed(0)
    squares = torch.randint(0, 255, (3, 3, 64, 64), dtype=torch.uint8)
    together = network(squares)
    assert together.shape == (3, FEATURES)
    torch.testing.assert_close(network(squares[1:2])[0], together[1], rtol=1e-3, atol=1e-4)


def test_features_are_frozen(network: ImageNetFeatures) -> None:
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
