"""Budgets and learning rates."""

import pytest

from modelkit.training.schedule import SCHEDULES, Budget


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_warms_up_to_its_peak_and_ends_near_zero(name: str) -> None:
    rate = SCHEDULES[name]
    assert 0 < rate(0.0) < 0.1
    assert rate(0.04) == pytest.approx(1.0)
    assert rate(1.0) == pytest.approx(0.01)
    after = [rate(0.04 + 0.96 * i / 50) for i in range(51)]
    assert after == sorted(after, reverse=True)


def test_progress_is_of_whichever_is_spent_first() -> None:
    budget = Budget(minutes=2, most_steps=10, seconds=30, steps=5)
    assert budget.progress == 0.5
    budget.seconds = 200
    assert budget.progress == 1.0
