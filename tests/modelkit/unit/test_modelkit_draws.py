"""Which photos a step trains on."""

from collections import Counter
from itertools import islice

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modelkit.training.draws import draw

WEIGHTS = np.array([1.0, 3.0, 0.0])


@given(st.integers(0, 20), st.text(max_size=5))
def test_a_resumed_training_draws_what_the_whole_one_draws(first: int, seed: str) -> None:
    whole = islice(draw(WEIGHTS, 4, seed, 0), first, first + 3)
    assert list(whole) == list(islice(draw(WEIGHTS, 4, seed, first), 3))


def test_photos_are_drawn_in_proportion_to_their_weights() -> None:
    counts = Counter(index for batch in islice(draw(WEIGHTS, 8, "0", 0), 500) for index, _ in batch)
    assert 0.7 < counts[1] / counts.total() < 0.8
    assert counts[2] == 0


def test_each_draw_has_a_seed_of_its_own() -> None:
    seeds = [seed for batch in islice(draw(WEIGHTS, 8, "0", 0), 100) for _, seed in batch]
    assert len(set(seeds)) == len(seeds)
