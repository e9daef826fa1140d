"""The linear probe on frozen ImageNet features."""

from pathlib import Path

import numpy as np
import pytest
import torch

from classifier.data.dataset import read_csv
from classifier.training import probe
from modelkit import imagenet_features
from modelkit.training.table import BadTable


def test_a_probe_separates_what_can_be_separated() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(100) % 2
    features = rng.normal(0, 1, (100, 8)).astype(np.float32)
    features[:, 3] += labels * 8
    fitted = probe.fit(features, labels)
    assert (((fitted.logits(features) > 0) == (labels == 1)).mean()) > 0.97


def test_photos_of_one_label_are_refused() -> None:
    with pytest.raises(BadTable, match="both labels"):
        probe.fit(np.zeros((2, 8), np.float32), np.array([1, 1]))


def test_the_served_network_says_what_the_probe_says(table: Path) -> None:
    features = imagenet_features.load("efficientnet_lite0")
    examples, _ = read_csv(table)
    _, extracted = probe.extract(features, examples, 64)
    fitted = probe.fit(extracted, np.array([example.label for example in examples]))
    network = probe.network(features, fitted)
    with torch.no_grad():
        logits = network.fc(torch.from_numpy(extracted))[:, 0]
    np.testing.assert_allclose(logits.numpy(), fitted.logits(extracted), atol=1e-3)
