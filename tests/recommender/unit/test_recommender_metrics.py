"""Metrics of a ranking, against values computed by hand and against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.evaluation import metrics


def test_ndcg_by_hand() -> None:
    # 3 / log2(2) + 1 / log2(4) of 3 / log2(2) + 2 / log2(3) + 1 / log2(4)
    assert metrics.ndcg([3, 0, 1], [0, 1, 2, 3], 3) == pytest.approx(3.5 / (3.5 + 2 / np.log2(3)))


def test_ndcg_of_the_ideal_order_is_1_and_of_nothing_gained_0() -> None:
    assert metrics.ndcg([3, 2, 1], [1, 2, 3], 10) == 1
    assert metrics.ndcg([0, 0], [0, 5], 2) == 0
    assert metrics.ndcg([0, 0], [0, 0], 2) == 0


@settings(deadline=None)  # the first example imports scikit-learn
@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(0, 1)), min_size=2, max_size=20),
    st.integers(1, 10),
)
def test_ndcg_is_that_of_scikit_learn(pairs: list[tuple[int, float]], k: int) -> None:
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    gains = [float(gain) for gain, _ in pairs]
    # Distinct scores: scikit-learn averages over ties.
    scores = np.argsort(np.argsort([score for _, score in pairs], kind="stable")).astype(float)
    ranked = [gains[n] for n in np.argsort(-scores)]
    expected = sklearn_metrics.ndcg_score([gains], [scores], k=k)
    assert metrics.ndcg(ranked, gains, k) == pytest.approx(expected)


def test_a_hit_is_anything_gained_among_the_first_k() -> None:
    assert metrics.hit([0, 0, 1], 3) == 1
    assert metrics.hit([0, 0, 1], 2) == 0


def test_coverage_counts_each_outfit_once() -> None:
    assert metrics.coverage([["a", "b"], ["b", "c"]], 4) == 0.75
    assert metrics.coverage([], 0) == 0


def test_diversity_is_1_minus_the_mean_likeness_of_different_outfits() -> None:
    likeness = np.array([[1, 0.5, 0], [0.5, 1, 0.1], [0, 0.1, 1]])
    assert metrics.diversity(likeness) == pytest.approx(1 - (0.5 + 0 + 0.1) / 3)
    assert metrics.diversity(np.ones((1, 1))) == 1


def test_popularity_bias_is_the_share_of_the_catalog_that_is_less_popular() -> None:
    popularity = {"a": 0.0, "b": 0.0, "c": 5.0, "d": 9.0}
    assert metrics.popularity_bias(["d"], popularity) == pytest.approx(3.5 / 4)
    assert metrics.popularity_bias(["a"], popularity) == pytest.approx(1 / 4)
    assert metrics.popularity_bias(popularity, popularity) == pytest.approx(0.5)


def test_an_interval_holds_the_mean_and_narrows_with_more_people() -> None:
    random = np.random.default_rng(0)
    few = metrics.interval([0.0, 1.0] * 5, random)
    many = metrics.interval([0.0, 1.0] * 500, random)
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
    assert metrics.interval([], random) == (0, 0)
