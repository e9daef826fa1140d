from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crawler.core.sighting import MAX_IMAGE_ID_BYTES, Sighting, post_id
from snsfashion.fashion.v1 import fashion_pb2


def test_an_image_id_is_site_post_and_position() -> None:
    sighting = Sighting("shop.example", "1234", fashion_pb2.SOURCE_KIND_SHOP, position=2)
    assert sighting.image_id == "shop.example:1234:2"


@given(st.text(min_size=1, max_size=400))
def test_any_post_makes_an_image_id_of_three_parts_within_the_limit(post: str) -> None:
    sighting = Sighting("s", post, fashion_pb2.SOURCE_KIND_SHOP, position=999_999)
    assert len(sighting.image_id.split(":")) == 3
    assert len(sighting.image_id.encode()) <= MAX_IMAGE_ID_BYTES


@given(st.text(max_size=60), st.text(max_size=60))
def test_two_posts_never_share_an_id(one: str, other: str) -> None:
    assert (post_id("s", one) == post_id("s", other)) == (one == other)
