"""Pairs of nearly the same hashes, against a comparison of all."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from modelkit.training.duplicates import SAME_BITS, find_near


@given(st.lists(st.tuples(st.integers(0, 3), st.sets(st.integers(0, 63), max_size=6)), max_size=20))
def test_the_pairs_are_those_that_a_comparison_of_all_finds(
    drawn: list[tuple[int, set[int]]],
) -> None:
    bases = (0, 2**64 - 1, 0x0F0F0F0F0F0F0F0F, 0x123456789ABCDEF0)
    hashes = [bases[base] ^ sum(1 << bit for bit in bits) for base, bits in drawn]
    expected = {
        (i, j)
        for (i, a), (j, b) in combinations(enumerate(hashes), 2)
        if (a ^ b).bit_count() <= SAME_BITS
    }
    found = list(find_near(hashes))
    assert len(found) == len(set(found))
    assert set(found) == expected
