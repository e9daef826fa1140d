"""Figures of a yes/no classifier."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.metrics import best_threshold, figures, roc_auc


def test_balanced_accuracy_gives_both_labels_the_same_weight() -> None:
    labels = np.array([1] * 90 + [0] * 10)
    everything_is_fashion = np.ones(100)
    result = figures(labels, everything_is_fashion, 0.5)
    assert result.accuracy == pytest.approx(0.9)
    assert result.balanced_accuracy == pytest.approx(0.5)
    assert result.recall == 1


def test_the_threshold_lies_in_the_middle_of_the_gap() -> None:
    labels = np.array([0, 0, 1, 1])
    assert best_threshold(labels, np.array([0.1, 0.2, 0.8, 0.9])) == pytest.approx(0.5)


def test_a_perfect_ranking_has_an_area_of_one_and_ties_count_half() -> None:
    assert roc_auc(np.array([0, 1]), np.array([0.2, 0.7])) == 1
    assert roc_auc(np.array([0, 1]), np.array([0.4, 0.4])) == 0.5


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=40))
def test_no_threshold_beats_the_chosen_one(pairs: list[tuple[bool, float]]) -> None:
    labels = np.array([int(label) for label, _ in pairs] + [0, 1])
    scores = np.array([score for _, score in pairs] + [0.3, 0.6])
    chosen = figures(labels, scores, best_threshold(labels, scores)).balanced_accuracy
    for threshold in np.linspace(0, 1, 21):
        assert figures(labels, scores, float(threshold)).balanced_accuracy <= chosen + 1e-9
