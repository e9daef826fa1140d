"""How well fashion is recognized in photos of a source that was not trained on.

The label of a photo follows its source, so a network may learn sources instead of fashion. Here a
linear probe on frozen ImageNet features is fitted without each source in turn, and judges it. The
features never saw these photos, so nothing of the source has leaked. `classifier.train --leave-out`
does the same with a whole training.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from classifier.data.dataset import Example
from classifier.evaluation.metrics import share_right
from classifier.training import probe
from modelkit.imagenet_features import ImageNetFeatures
from modelkit.training.table import BadTable

SIDE = 160


def judge_sources(
    network: ImageNetFeatures, training: Sequence[Example], judged: Sequence[Example]
) -> dict[str, dict[str, Any]]:
    """Return recall (share right, at probability 0.5), its 95% interval and support by source of `judged`.

    Leave out a source without which only one label would remain to learn from. Raise BadTable if
    the training photos have no sources.
    """
    if not any(example.source for example in training):
        raise BadTable("leaving a source out needs the sources of the training photos")
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
        found[source] = {"recall": share, "interval": interval, "support": int(own.sum())}
    return found
