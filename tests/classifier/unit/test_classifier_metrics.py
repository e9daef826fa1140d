"""Figures of a yes/no classifier."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from classifier.evaluation.metrics import (
    best_threshold,
    figures,
    intervals,
    reliability,
    share_right,
)


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


def test_the_threshold_leaves_a_half_that_would_be_wrong() -> None:
    labels = np.array([0] * 50 + [1] * 50)
    scores = np.concatenate([np.linspace(0, 0.7, 50), np.linspace(0.8, 1, 50)])
    assert 0.7 < best_threshold(labels, scores) < 0.8


def test_of_thresholds_as_good_the_one_nearest_to_a_half_is_taken() -> None:
    assert best_threshold(np.array([0, 0, 1]), np.array([0.1, 0.6, 0.9])) == pytest.approx(0.75)
    assert best_threshold(np.array([0, 0, 1]), np.array([0.1, 0.2, 0.9])) == 0.5


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=40))
def test_no_threshold_is_a_standard_error_better_than_the_chosen_one(
    pairs: list[tuple[bool, float]],
) -> None:
    labels = np.array([int(label) for label, _ in pairs] + [0, 1])
    scores = np.array([score for _, score in pairs] + [0.3, 0.6])
    chosen = figures(labels, scores, best_threshold(labels, scores)).balanced_accuracy
    most = 0.25 * (1 / labels.sum() + 1 / (1 - labels).sum())  # the variance of recall is p(1-p)/n
    for threshold in np.linspace(0, 1, 21):
        found = figures(labels, scores, float(threshold)).balanced_accuracy
        assert found <= chosen + np.sqrt(most) / 2 + 1e-9


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])), max_size=40))
def test_areas_are_those_of_scikit_learn(pairs: list[tuple[bool, float]]) -> None:
    labels = np.array([int(label) for label, _ in pairs] + [0, 1])
    scores = np.array([score for _, score in pairs] + [0.5, 0.5])
    found = figures(labels, scores, 0.5)
    assert found.roc_auc == pytest.approx(roc_auc_score(labels, scores))
    assert found.average_precision == pytest.approx(average_precision_score(labels, scores))
    assert found.f1 == pytest.approx(f1_score(labels, scores >= 0.5))


def test_probabilities_that_come_true_have_no_calibration_error() -> None:
    labels = np.array([1] * 3 + [0] * 7 + [1] * 8 + [0] * 2)
    predicted = np.array([0.3] * 10 + [0.8] * 10)
    assert figures(labels, predicted, 0.5).ece == pytest.approx(0)


def test_the_calibration_error_is_the_distance_by_photos() -> None:
    labels = np.array([1, 1, 1, 0])
    predicted = np.array(
        [0.9, 0.9, 0.9, 0.5]
    )  # one bin off by 0.1 with 3 photos, one by 0.5 with 1
    assert figures(labels, predicted, 0.5).ece == pytest.approx((3 * 0.1 + 0.5) / 4)


def test_the_bins_of_the_reliability_hold_all_photos() -> None:
    predicted, true, counts = reliability(np.array([1, 0, 1]), np.array([0.0, 0.5, 1.0]))
    assert predicted.tolist() == [0.0, 0.5, 1.0]
    assert true.tolist() == [1.0, 0.0, 1.0]
    assert counts.tolist() == [1, 1, 1]


def test_intervals_hold_the_figure_and_narrow_with_more_photos() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    scores = np.clip(labels * 0.4 + rng.uniform(0, 0.6, 60), 0, 1)
    few = intervals(labels, scores, 0.5)["balanced_accuracy"]
    many = intervals(np.tile(labels, 9), np.tile(scores, 9), 0.5)["balanced_accuracy"]
    assert few[0] <= figures(labels, scores, 0.5).balanced_accuracy <= few[1]
    assert many[1] - many[0] < (few[1] - few[0]) / 2


def test_intervals_follow_from_the_seed() -> None:
    right = np.array([True, False, True, True])
    assert share_right(right, seed=1) == share_right(right, seed=1)
    assert share_right(right)[0] == 0.75
