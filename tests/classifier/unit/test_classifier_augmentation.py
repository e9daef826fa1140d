"""Augmentation."""

import random

import numpy as np

from classifier.data.augmentation import augment


def test_augmentation_follows_from_its_seed_and_varies_with_it() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (90, 60, 3), dtype=np.uint8)
    one, again, other = (augment(pixels, 64, random.Random(seed)) for seed in (1, 1, 2))
    assert one.shape == (3, 64, 64)
    assert bool((one == again).all())
    assert not bool((one == other).all())
