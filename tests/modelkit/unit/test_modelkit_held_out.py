"""Splits by a hash of the name."""

from hypothesis import given
from hypothesis import strategies as st

from modelkit.training.held_out import is_held_out


def test_about_the_share_is_held_out() -> None:
    held = sum(is_held_out(f"post {number}", 0.1) for number in range(5000))
    assert 400 < held < 600


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_holds_out_all_that_a_smaller_one_does(
    name: str, one: float, other: float
) -> None:
    small, large = sorted((one, other))
    assert is_held_out(name, large) or not is_held_out(name, small)


def test_nothing_is_held_out_of_no_share_and_all_of_a_whole() -> None:
    assert not any(is_held_out(str(number), 0) for number in range(100))
    assert all(is_held_out(str(number), 1) for number in range(100))
