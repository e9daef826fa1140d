from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from crawler.core.provenance import merge
from servicekit.events import timestamp
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.fashion.v1.fashion_pb2 import Product, Provenance

DAY = [timestamp(datetime(2026, 11, day, tzinfo=UTC)) for day in (1, 2, 3)]


def seen(**changes: object) -> Provenance:
    values = {
        "site": "s",
        "post": "p",
        "kind": fashion_pb2.SOURCE_KIND_SOCIAL,
        "posted_at": DAY[0],
        "date_source": fashion_pb2.DATE_SOURCE_STATED,
    }
    return Provenance(**{**values, **changes})  # type: ignore[arg-type]


def test_hashtags_of_all_sightings_are_united() -> None:
    merged = merge(seen(hashtags=["ootd"]), seen(hashtags=["fashion", "오오티디"]))
    assert list(merged.hashtags) == ["fashion", "ootd", "오오티디"]


def test_the_first_author_key_stays_when_keys_rotate() -> None:
    assert merge(seen(author_key="old"), seen(author_key="new")).author_key == "old"
    assert merge(seen(), seen(author_key="new")).author_key == "new"


def test_the_day_of_the_first_crawl_stays() -> None:
    crawl = fashion_pb2.DATE_SOURCE_CRAWL
    merged = merge(seen(date_source=crawl), seen(date_source=crawl, posted_at=DAY[1]))
    assert merged.posted_at == DAY[0]


def test_a_better_date_replaces_a_worse_one_and_never_the_other_way() -> None:
    known = seen(date_source=fashion_pb2.DATE_SOURCE_CSV)
    better = merge(known, seen(posted_at=DAY[1]))
    assert (better.posted_at, better.date_source) == (DAY[1], fashion_pb2.DATE_SOURCE_STATED)
    assert merge(better, seen(date_source=fashion_pb2.DATE_SOURCE_CRAWL)).posted_at == DAY[1]


def test_a_shop_is_believed_as_of_its_last_word() -> None:
    known = seen(product=Product(product_id="1", price_cents=3900, available=True))
    sold = seen(product=Product(product_id="1", price_cents=3900, available=False))
    assert not merge(known, sold).product.available


@st.composite
def sightings(draw: st.DrawFn) -> Provenance:
    return seen(
        hashtags=sorted(draw(st.sets(st.sampled_from("abc")))),
        author_key=draw(st.sampled_from(["", "k", "l"])),
        style=draw(st.sampled_from([0, 1, 2])),
        posted_at=draw(st.sampled_from(DAY)),
        date_source=draw(st.sampled_from([1, 2, 3, 4])),
        page=draw(st.sampled_from(["", "x"])),
    )


@given(sightings(), sightings())
def test_the_same_sighting_twice_changes_nothing_more(one: Provenance, two: Provenance) -> None:
    once = merge(one, two)
    assert merge(once, two) == once


@given(sightings(), sightings(), sightings())
def test_hashtags_do_not_depend_on_the_order(a: Provenance, b: Provenance, c: Provenance) -> None:
    assert merge(merge(a, b), c).hashtags == merge(merge(a, c), b).hashtags
