"""Both clients have a method with words for every RPC."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from client.rpcs import RPCS, AnyService, helper_name, serve_any

from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2
from snsfashion.trends.v1 import trends_pb2
from snsfashion_client import Addresses, AsyncClient, Client, UnknownName, messages

DAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
FEEDBACK = messages.record_feedback("kim", "shop:p1:0", "liked", event_id="e1", occurred_at=DAY)
CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "StartCrawl": ((), {"hashtags": ["#ootd"], "request_id": "r1"}),
    "GetCrawl": (("c1",), {}),
    "ListCrawls": ((), {"page_size": 5}),
    "CancelCrawl": (("c1",), {}),
    "ErasePosts": (([("instagram", "18023")],), {}),
    "GetFate": (("shop:p1:0",), {}),
    "CountFates": ((), {"crawl_id": "c1"}),
    "Classify": ((b"photo",), {}),
    "Segment": ((b"photo",), {}),
    "ExtractColors": ((b"photo", [fashion_pb2.Garment(category=fashion_pb2.CATEGORY_SKIRT)]), {}),
    "NameColor": (("#1f2852",), {}),
    "GetPalette": (("acme",), {}),
    "PutPalette": (("acme", "name,rgb,family"), {}),
    "ListPalettes": ((), {}),
    "PreviewPalette": ((), {"csv": "name,rgb,family", "max_outfits": 100}),
    "ActivatePalette": (("acme",), {}),
    "GetTrends": (("color",), {"order": "rise", "hashtag": "#ootd", "kind": "social"}),
    "GetTrendSeries": ((), {"item": "skirt", "first_day": DAY, "last_day": DAY, "step": "week"}),
    "GetTrendEvidence": ((), {"item": "skirt", "color": "red", "as_of": DAY}),
    "GetCoWorn": ((), {"item": "skirt", "as_of": DAY}),
    "GetEvidencePhoto": (("t1",), {}),
    "GetCatalogGaps": ((), {"side": "offered", "shop_site": "shop.example", "examples": 2}),
    "Recommend": (("kim",), {"styles": ["casual"], "personal_color": "winter-deep"}),
    "RecommendBatch": (([messages.recommend("kim"), messages.recommend("lee")],), {}),
    "SimilarOutfits": (("shop:p1:0",), {"k": 3}),
    "CompleteOutfit": ((), {"garments": [("skirt", "red")], "style": "casual"}),
    "RecordFeedback": (("kim", "shop:p1:0", "dislike-undone"), {"event_id": "e1"}),
    "RecordFeedbackBatch": (([FEEDBACK],), {}),
    "PutProfile": (("kim",), {"styles": ["street"]}),
    "GetProfile": (("kim",), {}),
    "ErasePerson": (("kim",), {}),
    "GetOutfit": (("shop:p1:0",), {}),
    "GetPhoto": (("shop:p1:0",), {}),
    "PutPromotion": (("winter",), {"ends_at": DAY, "outfits": ["shop:p1:0"], "boost": 0.5}),
    "ListPromotions": ((), {}),
    "DeletePromotion": (("winter",), {}),
    "ListDisagreements": ((), {"page_size": 5}),
}
WITHOUT_METHOD: dict[str, str] = {}
"""RPCs that the clients do not have a method for, with the reason."""
SERVICES = ("crawler", "classifier", "segmenter", "color", "trends", "recommender")


@pytest.fixture
def served() -> Iterator[tuple[AnyService, Addresses]]:
    with serve_any() as (service, address):
        yield service, Addresses(**dict.fromkeys(SERVICES, address))


def test_every_rpc_has_a_method() -> None:
    assert set(CALLS) | set(WITHOUT_METHOD) == set(RPCS)


@pytest.mark.parametrize("rpc", CALLS)
async def test_both_clients_send_the_same_request(
    rpc: str, served: tuple[AnyService, Addresses]
) -> None:
    service, addresses = served
    arguments, named = CALLS[rpc]
    streams = RPCS[rpc].server_streaming
    with Client(addresses) as client:
        answer = getattr(client, helper_name(rpc))(*arguments, **named)
        blocking = list(answer) if streams else [answer]
    async with AsyncClient(addresses) as other:
        pending = getattr(other, helper_name(rpc))(*arguments, **named)
        awaited = [one async for one in pending] if streams else [await pending]
    [(first, one), (second, same)] = service.calls
    assert first == second == rpc
    assert one == same == getattr(messages, helper_name(rpc))(*arguments, **named)
    assert [a.DESCRIPTOR for a in blocking] == [RPCS[rpc].output_type]
    assert blocking == awaited


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_a_method_shows_its_arguments_and_what_they_mean(client: Any) -> None:
    shown = inspect.signature(client.recommend)
    assert list(shown.parameters)[:3] == ["self", "user_id", "styles"]
    assert "winter-deep" in (inspect.getdoc(client.recommend) or "")


def test_words_become_the_numbers_of_the_contract() -> None:
    trends = messages.get_trends("item", order="growth", kind="shop", hashtag="#ootd", as_of=DAY)
    assert (trends.dimension, trends.order) == (trends_pb2.DIMENSION_ITEM, trends_pb2.ORDER_GROWTH)
    assert trends.filter.kind == fashion_pb2.SOURCE_KIND_SHOP
    assert trends.filter.hashtag == "ootd"
    assert trends.as_of.ToDatetime(UTC) == DAY
    assert FEEDBACK.kind == recommender_pb2.FEEDBACK_KIND_LIKED
    narrow = messages.filters(genders=["female"], age_groups=["adult"], max_price="39.90")
    assert list(narrow.genders) == [fashion_pb2.GENDER_FEMALE]
    assert list(narrow.age_groups) == [fashion_pb2.AGE_GROUP_ADULT]
    assert narrow.max_price_micros == 39_900_000


def test_what_is_not_given_is_not_sent() -> None:
    assert messages.get_trend_evidence(color="red").value == trends_pb2.Value(color_family="red")
    assert not messages.recommend("kim").HasField("exploration")
    assert not messages.recommend("kim").HasField("guest")
    assert messages.recommend(guest=[]).HasField("guest")


def test_items_are_added_to_the_filters_and_the_filters_stay_as_they_are() -> None:
    mine = messages.filters(items=["skirt"])
    sent = messages.recommend("kim", items=["shorts"], filters=mine).filters
    assert list(sent.categories) == [fashion_pb2.CATEGORY_SKIRT, fashion_pb2.CATEGORY_SHORTS]
    assert list(mine.categories) == [fashion_pb2.CATEGORY_SKIRT]


@pytest.mark.parametrize("name", ["styles", "items"])
def test_a_bare_string_is_refused_with_what_to_write(name: str) -> None:
    bare: Any = {name: "casual"}
    with pytest.raises(TypeError, match=rf"{name} takes a list: write {name}=\['casual'\]"):
        messages.recommend("kim", **bare)


def test_the_name_of_a_photo_is_refused_with_what_to_write() -> None:
    name: Any = "photo.jpg"
    with pytest.raises(TypeError, match="read_bytes"):
        messages.classify(name)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="as_of has no time zone"):
        messages.get_trends(as_of=datetime(2026, 11, 22))  # noqa: DTZ001


@pytest.mark.parametrize("price", ["-1", "NaN", "39,90"])
def test_what_is_not_a_price_is_refused(price: str) -> None:
    with pytest.raises(ValueError, match="max_price must be an amount"):
        messages.filters(max_price=price)


def test_a_typo_in_any_word_gets_a_suggestion() -> None:
    with pytest.raises(UnknownName, match=r"unknown feedback kind 'like'; did you mean liked\?"):
        messages.record_feedback("kim", "shop:p1:0", "like", event_id="e1")


def test_a_crawl_has_one_source() -> None:
    with pytest.raises(ValueError, match="exactly one of"):
        messages.start_crawl(shop="https://shop.example", folder="photos")
    assert messages.start_crawl(folder="photos").folder == crawler_pb2.FolderSource(path="photos")


@pytest.mark.parametrize("value", [{}, {"style": "casual", "item": "skirt"}])
def test_a_series_is_of_a_style_or_of_items_and_colors(value: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="or only a style"):
        messages.get_trend_series(**value, first_day=DAY, last_day=DAY)
