"""Masks are encoded as COCO run lengths and decoded without loss. Malformed ones are refused, never trusted."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from photokit import mask
from photokit.photo import MAX_PIXELS
from snsfashion.fashion.v1.fashion_pb2 import Mask


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_a_mask_survives_the_round_trip(pixels: NDArray[np.bool_]) -> None:
    encoded = mask.encode(pixels)
    assert (encoded.height, encoded.width) == pixels.shape
    decoded = mask.decode(Mask.FromString(encoded.SerializeToString()))
    assert decoded.dtype == np.bool_
    np.testing.assert_array_equal(decoded, pixels)


@given(
    arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=12)),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4),
    st.integers(0, 14),
    st.integers(0, 14),
)
@settings(max_examples=300)
def test_malformed_counts_are_refused_or_fill_the_size_exactly(
    pixels: NDArray[np.bool_], damage: list[tuple[int, int]], height: int, width: int
) -> None:
    counts = bytearray(mask.encode(pixels).counts)
    for position, value in damage:
        counts[position % len(counts)] = value
    try:
        decoded = mask.decode(Mask(height=height, width=width, counts=bytes(counts)))
    except ValueError:
        return
    assert decoded.shape == (height, width)
    # Encoding what came out gives a mask of the same pixels: nothing was read past the end.
    np.testing.assert_array_equal(mask.decode(mask.encode(decoded)), decoded)


@given(st.binary(max_size=30))
def test_arbitrary_bytes_never_crash(counts: bytes) -> None:
    with suppress(ValueError):
        assert mask.decode(Mask(height=9, width=7, counts=counts)).shape == (9, 7)


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (2**31, 2**31), (MAX_PIXELS, 2)])
def test_a_size_that_no_photo_has_is_refused(size: tuple[int, int]) -> None:
    counts = mask.encode(np.ones((4, 4), np.bool_)).counts
    with pytest.raises(ValueError, match="don't add up"):
        mask.decode(Mask(height=size[0], width=size[1], counts=counts))
