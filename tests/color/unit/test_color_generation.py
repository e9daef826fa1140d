"""Method and palette share one number that only grows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from color.core.generation import MAX_PALETTES, METHOD, join, split

methods = st.integers(0, 1000)
numbers = st.integers(1, MAX_PALETTES - 1)


@given(st.tuples(methods, numbers), st.tuples(methods, numbers))
def test_generations_compare_as_method_and_then_palette_and_never_collide(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    first, second = join(one[1], one[0]), join(other[1], other[0])
    assert (first < second, first == second) == (one < other, one == other)
    assert split(first) == one


def test_what_came_before_palettes_had_numbers_is_superseded() -> None:
    assert join(1) > 1
    assert METHOD >= 1
    assert split(1) == (0, 1)


@pytest.mark.parametrize("number", [0, -1, MAX_PALETTES])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="palette number"):
        join(number)
