"""How well fashion is told in photos of a source that was never trained on.

The label of a photo follows its source, so a network may learn sources instead of fashion. Here a
linear probe on frozen ImageNet features is fitted without each source in turn, and judges it: that
network never saw these photos, so nothing of the source has leaked. It bounds what the labels teach,
and not what the shipped ResNet18 does; `classifier.train --leave-out` trains one of those without.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from classifier import probe
from classifier.dataset import Example
from classifier.metrics import share_right
from modelkit.imagenet_features import ImageNetFeatures

SIDE = 160


def leave_one_source_out(
    network: ImageNetFeatures, training: Sequence[Example], judged: Sequence[Example]
) -> dict[str, dict[str, Any]]:
    """Share right (at probability 0.5), its 95% interval and support of each source of `judged`.

    A source whose absence leaves only one label to learn from is left out.
    """
    kept, features = probe.extract(network, training, SIDE)
    sources = np.array([example.source for example in kept])
    labels = np.array([example.label for example in kept])
    held, judged_features = probe.extract(network, judged, SIDE)
    judged_sources = np.array([example.source for example in held])
    judged_labels = np.array([example.label for example in held])
    found = {}
    for source in sorted(set(judged_sources) - {""}):
        others = sources != source
        if len(set(labels[others])) < 2:
            continue
        fitted = probe.fit(features[others], labels[others])
        own = judged_sources == source
        right = (fitted.logits(judged_features[own]) > 0) == (judged_labels[own] == 1)
        share, interval = share_right(right)
        found[source] = {"share_right": share, "interval": interval, "support": int(own.sum())}
    return found
