"""The RPCs, over real gRPC and a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2, status_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from photokit.blobs import BlobStore
from recommender.app import RecommenderApp
from recommender.events import Events
from recommender.trend_feed import FRESH_S, RETRY_S
from servicekit.mongo import Database
from servicekit.rpc import RpcServer
from snsfashion.events.v1.events_pb2 import OutfitDescribed, PostErased
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2, recommender_pb2_grpc
from snsfashion.recommender.v1.recommender_pb2 import (
    Filters,
    Preferences,
    RecommendRequest,
    RecommendResponse,
    Weights,
)
from snsfashion.trends.v1 import trends_pb2, trends_pb2_grpc

Described = Callable[..., OutfitDescribed]
Wire = Callable[..., RecommenderApp]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOP, TROUSERS, SKIRT = 2, 8, 9
CASUAL, FEMININE = 1, 2
WINTER_DEEP, SPRING_LIGHT = 14, 5
PARTS = ("trend", "style", "personal_color", "freshness", "novelty")


@dataclass
class Trends(trends_pb2_grpc.TrendsServiceServicer):
    """The trends service's answer, two rows a page."""

    rows: Mapping[trends_pb2.Dimension.ValueType, list[trends_pb2.Trend]]
    calls: list[trends_pb2.GetTrendsRequest] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    """The `traceparent` of each call."""
    worn: list[trends_pb2.CoWorn] = field(default_factory=list)
    """What people wear together."""

    async def GetTrends(
        self, request: trends_pb2.GetTrendsRequest, context: Any
    ) -> trends_pb2.GetTrendsResponse:
        self.calls.append(request)
        self.traces.append(dict(context.invocation_metadata()).get("traceparent", ""))
        rows = self.rows.get(request.dimension, [])
        start = int(request.page_token or 0)
        return trends_pb2.GetTrendsResponse(
            trends=rows[start : start + 2],
            next_page_token=str(start + 2) if start + 2 < len(rows) else "",
        )

    async def GetTrendSeries(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    async def GetTrendEvidence(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    async def GetCoWorn(
        self, request: trends_pb2.GetCoWornRequest, context: Any
    ) -> trends_pb2.GetCoWornResponse:
        return trends_pb2.GetCoWornResponse(rows=self.worn)

    async def GetEvidencePhoto(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    async def GetCatalogGaps(self, request: Any, context: Any) -> Any:
        raise NotImplementedError


def pair(
    category: int, family: str, share: float, before: float = 0.1, rise: float = 0.0
) -> trends_pb2.Trend:
    return trends_pb2.Trend(
        value=trends_pb2.Value(
            category=fashion_pb2.Category.ValueType(category), color_family=family
        ),
        share=share,
        baseline_share=before,
        rise=rise,
        rising=rise > 0,
    )


RED_SKIRTS_RISE = {
    trends_pb2.DIMENSION_ITEM_COLOR: [
        pair(TOP, "navy", 0.1),
        pair(TOP, "ivory", 0.1),
        pair(SKIRT, "red", 0.4, 0.08, 1.1),
        pair(TROUSERS, "black", 0.1),
        pair(TOP, "black", 0.05),
    ]
}


@dataclass
class Recommender:
    stub: recommender_pb2_grpc.RecommenderServiceAsyncStub
    events: Events
    blobs: BlobStore
    clock: list[float]
    """What the service's monotonic clock says."""

    async def recommend(self, user_id: str = "kim", **fields: Any) -> RecommendResponse:
        fields = {"recommendation_id": "r1", **fields}
        return await self.stub.Recommend(RecommendRequest(user_id=user_id, **fields))


@asynccontextmanager
async def serve(
    wired: Wire, db: Database, blob_url: str, trends_address: str
) -> AsyncIterator[Recommender]:
    clock = [0.0]
    app = wired(db, trends_address, lambda: clock[0])
    await app.prepare()
    server = RpcServer("127.0.0.1", 0)
    server.add(app.rpc.register, app.rpc.servicer, app.rpc.name)
    await server.start()
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{server.port}")
    stub = recommender_pb2_grpc.RecommenderServiceStub(channel)
    try:
        yield Recommender(stub, app.events, BlobStore(blob_url), clock)
    finally:
        await channel.close(None)
        await server.stop(0)
        await app.close()


@asynccontextmanager
async def serve_trends(trends: Trends, port: int = 0) -> AsyncIterator[str]:
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    trends_pb2_grpc.add_TrendsServiceServicer_to_server(trends, server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@pytest.fixture
async def trends() -> AsyncIterator[tuple[Trends, str]]:
    service = Trends(RED_SKIRTS_RISE)
    async with serve_trends(service) as address:
        yield service, address


@pytest.fixture
async def recommender(
    wired: Wire, db: Database, blob_url: str, trends: tuple[Trends, str]
) -> AsyncIterator[Recommender]:
    async with serve(wired, db, blob_url, trends[1]) as running:
        yield running


@contextmanager
def refused(code: grpc.StatusCode, named: str = "") -> Iterator[None]:
    """Expect the call in the block to fail with `code`, and with google.rpc.BadRequest that names the field `named`."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        yield
    assert error.value.code() is code
    if named:
        # Pairs, whatever the stubs say.
        metadata: Any = error.value.trailing_metadata()
        details = dict(metadata)["grpc-status-details-bin"]
        status = status_pb2.Status.FromString(details)
        detail = error_details_pb2.BadRequest()
        assert status.details[0].Unpack(detail)
        assert [violation.field for violation in detail.field_violations] == [named]


def ids(answer: RecommendResponse) -> list[str]:
    return [r.outfit.image.image_id for r in answer.recommendations]


CATALOG = (
    ("red-skirt", [(TOP, "ivory"), (SKIRT, "red")], FEMININE),
    ("navy-suit", [(TOP, "navy"), (TROUSERS, "black")], CASUAL),
    ("ivory-top", [(TOP, "ivory"), (TROUSERS, "ivory")], CASUAL),
    ("black-skirt", [(TOP, "black"), (SKIRT, "black")], FEMININE),
)


async def fill(recommender: Recommender, described: Described) -> None:
    await recommender.events.described(
        [described(post, worn, style=style) for post, worn, style in CATALOG]
    )


async def test_an_empty_catalog_is_a_state_not_an_error(recommender: Recommender) -> None:
    answer = await recommender.recommend()
    assert answer.state == recommender_pb2.RECOMMEND_STATE_NO_CATALOG
    assert ids(answer) == []


async def test_a_catalog_of_social_photos_only_counts_as_empty(
    recommender: Recommender, described: Described
) -> None:
    await recommender.events.described([described("post", kind=fashion_pb2.SOURCE_KIND_SOCIAL)])
    assert (await recommender.recommend()).state == recommender_pb2.RECOMMEND_STATE_NO_CATALOG


async def test_an_answer_holds_outfit_score_parts_and_reasons(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    answer = await recommender.recommend(k=1, weights=Weights(trend=1))
    assert (answer.state, answer.degraded, answer.candidates) == (
        recommender_pb2.RECOMMEND_STATE_OK,
        False,
        4,
    )
    first = answer.recommendations[0]
    assert first.outfit.product.title == "Look red-skirt"
    assert not any(garment.HasField("mask") for garment in first.outfit.garments)
    assert first.parts.trend == pytest.approx(first.score)
    assert first.reasons[0].text == (
        "Red skirts are rising: 40% of the last 7 days' looks, 8% before"
    )
    assert first.reasons[0].text_ko == (
        "요즘 빨강 스커트가 뜨고 있어요. 최근 7일 룩의 40%예요. 그전에는 8%였어요"
    )


async def test_two_people_get_different_outfits_for_good_reasons(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    for user, style, color in (("kim", CASUAL, WINTER_DEEP), ("lee", FEMININE, SPRING_LIGHT)):
        await recommender.stub.PutProfile(
            recommender_pb2.PutProfileRequest(
                user_id=user,
                preferences=Preferences(styles=[style], personal_color=color),  # type: ignore[list-item, arg-type]
            )
        )
    kim = await recommender.recommend("kim", k=1)
    lee = await recommender.recommend("lee", k=1)
    assert (ids(kim), ids(lee)) == (["shop:navy-suit:0"], ["shop:red-skirt:0"])
    kim_text = {reason.text for reason in kim.recommendations[0].reasons}
    lee_text = {reason.text for reason in lee.recommendations[0].reasons}
    assert {
        "Casual, a style that you chose",
        "Navy, the color of the long sleeve top, suits winter deep",
    } <= kim_text
    assert {
        "Feminine, a style that you chose",
        "Ivory, the color of the long sleeve top, suits spring light",
    } <= lee_text


positive = st.floats(0.125, 10, width=32)
some_requests = st.builds(
    RecommendRequest,
    user_id=st.just("kim"),
    k=st.integers(1, 50),
    preferences=st.builds(
        Preferences,
        styles=st.lists(st.integers(1, 6), unique=True, max_size=6),
        personal_color=st.integers(0, 14),
    ),
    weights=st.builds(
        Weights,
        trend=positive,
        style=positive,
        personal_color=positive,
        freshness=positive,
        novelty=positive,
    ),
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(request=some_requests)
async def test_the_parts_add_up_to_the_score(
    request: RecommendRequest, recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    answer = await recommender.stub.Recommend(request)
    assert 1 <= len(answer.recommendations) <= request.k
    for one in answer.recommendations:
        parts = [getattr(one.parts, name) for name in PARTS]
        assert abs(sum(parts) - one.score) <= 1e-6
        assert min(parts) >= 0
        assert one.score <= 1 + 1e-6
        assert one.parts.personal_color <= 0.25 + 1e-6
        assert one.position
        assert answer.recommendation_id
        assert answer.weights_id
        assert all(reason.code and reason.text and reason.text_ko for reason in one.reasons)


async def test_trends_out_of_reach_make_a_degraded_answer_not_an_error(
    wired: Wire, db: Database, blob_url: str, absent_address: str, described: Described
) -> None:
    async with serve(wired, db, blob_url, absent_address) as recommender:
        await fill(recommender, described)
        answer = await recommender.recommend(weights=Weights(trend=1))
        assert answer.degraded
        assert {round(r.score, 6) for r in answer.recommendations} == {0.0}


async def test_trends_that_come_back_are_used_again(
    wired: Wire, db: Database, blob_url: str, absent_address: str, described: Described
) -> None:
    async with serve(wired, db, blob_url, absent_address) as recommender:
        await fill(recommender, described)
        assert (await recommender.recommend()).degraded
        port = int(absent_address.rpartition(":")[2])
        async with serve_trends(Trends(RED_SKIRTS_RISE), port):
            # The feed asks again when its clock says so; the channel reconnects within two seconds.
            async with asyncio.timeout(10):
                answer = await recommender.recommend()
                while answer.degraded:
                    await asyncio.sleep(0.05)
                    recommender.clock[0] += RETRY_S
                    answer = await recommender.recommend()
            assert not answer.degraded


async def test_trends_are_read_page_by_page_over_social_photos_and_then_cached(
    recommender: Recommender, described: Described, trends: tuple[Trends, str]
) -> None:
    await fill(recommender, described)
    await recommender.recommend()
    calls = trends[0].calls
    # Five rows are three pages; items and colors are one empty page each.
    assert [call.page_token for call in calls] == ["", "2", "4", "", ""]
    assert {call.filter.kind for call in calls} == {fashion_pb2.SOURCE_KIND_SOCIAL}
    assert {call.as_of.seconds for call in calls} == {int(NOW.timestamp())}
    await recommender.recommend("lee")
    assert len(calls) == 5
    recommender.clock[0] += 60
    await recommender.recommend()
    assert len(calls) == 10


async def test_the_call_to_trends_carries_the_trace_of_the_call_that_it_is_made_for(
    recommender: Recommender, trends: tuple[Trends, str]
) -> None:
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    await recommender.stub.Recommend(
        RecommendRequest(user_id="kim"),
        metadata=(("traceparent", f"00-{trace_id}-b7ad6b7169203331-01"),),
    )
    assert {parent.split("-")[1] for parent in trends[0].traces} == {trace_id}


async def test_trends_of_some_seconds_ago_serve_while_they_are_read_again(
    recommender: Recommender, described: Described, trends: tuple[Trends, str]
) -> None:
    await fill(recommender, described)
    before = await recommender.recommend(weights=Weights(trend=1))
    trends[0].rows = {}
    recommender.clock[0] += FRESH_S + 1
    assert await recommender.recommend(weights=Weights(trend=1)) == before
    async with asyncio.timeout(10):
        while (answer := await recommender.recommend(weights=Weights(trend=1))) == before:
            pass
    assert not answer.degraded
    assert {one.score for one in answer.recommendations} == {0.0}


async def test_filters_relax_and_the_answer_says_which(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    answer = await recommender.recommend(
        filters=Filters(
            categories=[fashion_pb2.CATEGORY_SKIRT], color_families=["navy"], season="autumn"
        )
    )
    assert answer.state == recommender_pb2.RECOMMEND_STATE_RELAXED
    assert list(answer.relaxed) == ["season", "color_families"]
    assert set(ids(answer)) == {"shop:red-skirt:0", "shop:black-skirt:0"}


async def test_a_price_ceiling_that_nothing_meets_says_so(
    recommender: Recommender, described: Described
) -> None:
    await recommender.events.described(
        [
            described("expensive", price_micros=90_000_000, currency="EUR"),
            described("unknown-price"),
        ]
    )
    ceiling = Filters(max_price_micros=50_000_000, currency="EUR")
    answer = await recommender.recommend(filters=ceiling)
    assert answer.state == recommender_pb2.RECOMMEND_STATE_NOTHING_ALLOWED
    assert list(answer.relaxed) == []
    won = await recommender.recommend(filters=Filters(max_price_minor=50_000, currency="KRW"))
    assert won.state == recommender_pb2.RECOMMEND_STATE_OTHER_CURRENCY
    assert list(won.currencies) == ["EUR"]
    higher = await recommender.recommend(
        filters=Filters(max_price_micros=90_000_000, currency="EUR")
    )
    assert ids(higher) == ["shop:expensive:0"]


async def test_prices_of_older_messages_are_read_and_answers_have_both(
    recommender: Recommender, described: Described
) -> None:
    await recommender.events.described(
        [
            described("old", price_cents=4000, currency="EUR"),
            described("new", price_micros=39_900_000, currency="EUR"),
            described("both", price_cents=5000, price_micros=50_000_000, currency="EUR"),
        ]
    )

    async def below(**ceiling: Any) -> dict[str, tuple[int, int]]:
        answer = await recommender.recommend(filters=Filters(currency="EUR", **ceiling))
        return {
            one.outfit.product.product_id: (
                one.outfit.product.price_cents,
                one.outfit.product.price_micros,
            )
            for one in answer.recommendations
        }

    cheap = {"old": (4000, 40_000_000), "new": (3990, 39_900_000)}
    assert await below(max_price_cents=4000) == cheap
    assert await below(max_price_micros=40_000_000) == cheap
    # The successor wins.
    assert await below(max_price_micros=40_000_000, max_price_cents=1) == cheap
    assert await below() == {**cheap, "both": (5000, 50_000_000)}
    for product_id, prices in cheap.items():
        request = recommender_pb2.GetOutfitRequest(image_id=f"shop:{product_id}:0")
        product = (await recommender.stub.GetOutfit(request)).outfit.product
        assert (product.price_cents, product.price_micros) == prices


async def test_a_bad_request_names_the_field(recommender: Recommender) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "k"):
        await recommender.recommend(k=51)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "user_id"):
        await recommender.recommend("")
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "weights.trend"):
        await recommender.recommend(weights=Weights(trend=-1))


async def feedback(
    recommender: Recommender, event_id: str, post: str, kind: int, user: str = "kim"
) -> bool:
    answer = await recommender.stub.RecordFeedback(
        recommender_pb2.RecordFeedbackRequest(
            event_id=event_id,
            user_id=user,
            image_id=f"shop:{post}:0",
            kind=recommender_pb2.FeedbackKind.ValueType(kind),
        )
    )
    return answer.recorded


async def profile(recommender: Recommender, user: str = "kim") -> recommender_pb2.Profile:
    request = recommender_pb2.GetProfileRequest(user_id=user)
    return (await recommender.stub.GetProfile(request)).profile


async def test_the_same_feedback_counts_once(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    liked = recommender_pb2.FEEDBACK_KIND_LIKED
    assert await feedback(recommender, "e1", "red-skirt", liked)
    once = await profile(recommender)
    assert not await feedback(recommender, "e1", "red-skirt", liked)
    assert await profile(recommender) == once
    assert once.seen == 1
    assert set(once.learned_styles) == {FEMININE}


async def test_liking_moves_the_ranking_and_says_so(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    weights = Weights(style=1)
    liked = recommender_pb2.FEEDBACK_KIND_LIKED
    for number in range(3):
        await feedback(recommender, f"e{number}", "navy-suit", liked)
    first = (await recommender.recommend(weights=weights)).recommendations[0]
    assert first.outfit.style == CASUAL
    assert "Casual, a style that you have liked" in {r.text for r in first.reasons}


async def test_an_item_and_a_color_that_were_liked_are_reasons_and_stand_in_the_profile(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    for number in range(6):
        await feedback(recommender, f"e{number}", "red-skirt", recommender_pb2.FEEDBACK_KIND_LIKED)
        await feedback(
            recommender, f"d{number}", "navy-suit", recommender_pb2.FEEDBACK_KIND_DISLIKED
        )
    known = await profile(recommender)
    assert known.learned_categories[SKIRT] > 0 > known.learned_categories[TROUSERS]
    assert known.learned_colors["red"] > 0 > known.learned_colors["navy"]
    answer = await recommender.recommend(weights=Weights(style=1))
    reasons = {
        one.outfit.image.image_id: {(r.code, r.text, r.text_ko) for r in one.reasons}
        for one in answer.recommendations
    }
    assert (
        recommender_pb2.REASON_CODE_LEARNED_CATEGORY,
        "Skirts, which you have liked",
        "좋아하신 스커트예요",
    ) in reasons["shop:black-skirt:0"]
    # Ivory hangs with the red skirt, so it is liked too, and hangs without the skirt here.
    assert (
        recommender_pb2.REASON_CODE_LEARNED_COLOR,
        "Ivory, a color that you have liked",
        "좋아하신 아이보리 컬러예요",
    ) in reasons["shop:ivory-top:0"]


async def test_feedback_on_an_outfit_that_is_erased_later_goes_on_teaching(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    await feedback(recommender, "e1", "red-skirt", recommender_pb2.FEEDBACK_KIND_LIKED)
    before = await profile(recommender)
    await recommender.events.erased([PostErased(event_id="e", site="shop", post="red-skirt")])
    assert await profile(recommender) == before
    answer = await recommender.recommend()
    assert "shop:red-skirt:0" not in ids(answer)
    assert len(ids(answer)) == 3


async def test_feedback_is_seen_by_the_next_call(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    first = ids(await recommender.recommend(k=1))[0]
    post = first.split(":")[1]
    await feedback(recommender, "e1", post, recommender_pb2.FEEDBACK_KIND_DISLIKED)
    assert first not in ids(await recommender.recommend())


async def test_what_was_shown_gives_way_and_what_is_disliked_never_comes_again(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    novelty = Weights(novelty=1)
    await feedback(recommender, "e1", "red-skirt", recommender_pb2.FEEDBACK_KIND_SHOWN)
    await feedback(recommender, "e2", "navy-suit", recommender_pb2.FEEDBACK_KIND_DISLIKED)
    answer = await recommender.recommend(weights=novelty)
    assert ids(answer)[-1] == "shop:red-skirt:0"
    assert "shop:navy-suit:0" not in ids(answer)
    only_disliked = Filters(
        exclude_image_ids=[f"shop:{post}:0" for post, _, _ in CATALOG if post != "navy-suit"]
    )
    relaxed = await recommender.recommend(filters=only_disliked)
    assert relaxed.state == recommender_pb2.RECOMMEND_STATE_NOTHING_ALLOWED


async def test_a_request_s_preferences_come_before_the_profile_s(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    await recommender.stub.PutProfile(
        recommender_pb2.PutProfileRequest(
            user_id="kim", preferences=Preferences(styles=[fashion_pb2.STYLE_CASUAL])
        )
    )
    asked = Preferences(styles=[fashion_pb2.STYLE_FEMININE])
    answer = await recommender.recommend(preferences=asked, weights=Weights(style=1), k=1)
    assert answer.recommendations[0].outfit.style == FEMININE


async def test_declaring_again_replaces_what_was_declared_and_keeps_what_was_learned(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    await feedback(recommender, "e1", "red-skirt", recommender_pb2.FEEDBACK_KIND_LIKED)
    for styles in ([fashion_pb2.STYLE_CASUAL], [fashion_pb2.STYLE_STREET]):
        await recommender.stub.PutProfile(
            recommender_pb2.PutProfileRequest(user_id="kim", preferences=Preferences(styles=styles))
        )
    found = await profile(recommender)
    assert list(found.preferences.styles) == [fashion_pb2.STYLE_STREET]
    assert set(found.learned_styles) == {FEMININE}


async def test_an_erased_person_is_forgotten_and_erasing_again_changes_nothing(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    await recommender.stub.PutProfile(recommender_pb2.PutProfileRequest(user_id="kim"))
    await feedback(recommender, "e1", "red-skirt", recommender_pb2.FEEDBACK_KIND_LIKED)
    await feedback(recommender, "e2", "red-skirt", recommender_pb2.FEEDBACK_KIND_LIKED, "lee")
    request = recommender_pb2.ErasePersonRequest(user_id="kim")
    assert (await recommender.stub.ErasePerson(request)).removed == 2
    assert (await recommender.stub.ErasePerson(request)).removed == 0
    with refused(grpc.StatusCode.NOT_FOUND):
        await profile(recommender)
    assert (await profile(recommender, "lee")).seen == 1


async def test_outfit_and_photo_are_served_until_the_post_is_erased(
    recommender: Recommender, described: Described
) -> None:
    event = described("a")
    await recommender.events.described([event])
    await recommender.blobs.put_if_absent(event.image.key, b"jpeg")
    outfit_request = recommender_pb2.GetOutfitRequest(image_id="shop:a:0")
    photo_request = recommender_pb2.GetPhotoRequest(image_id="shop:a:0")
    outfit = (await recommender.stub.GetOutfit(outfit_request)).outfit
    assert (outfit.image.image_id, outfit.photo_url) == ("shop:a:0", "")
    photo = await recommender.stub.GetPhoto(photo_request)
    assert (photo.photo, photo.media_type) == (b"jpeg", "image/jpeg")
    await recommender.blobs.delete(event.image.key)
    with refused(grpc.StatusCode.NOT_FOUND):
        await recommender.stub.GetPhoto(photo_request)
    await recommender.events.erased([PostErased(event_id="e", site="shop", post="a")])
    with refused(grpc.StatusCode.NOT_FOUND):
        await recommender.stub.GetOutfit(outfit_request)


async def test_feedback_on_an_unknown_outfit_is_refused(recommender: Recommender) -> None:
    with refused(grpc.StatusCode.NOT_FOUND):
        await feedback(recommender, "e1", "nowhere", recommender_pb2.FEEDBACK_KIND_LIKED)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "kind"):
        await feedback(recommender, "e1", "nowhere", 0)


async def test_the_best_outfit_comes_first_and_scores_do_not_depend_on_the_length(
    recommender: Recommender, described: Described
) -> None:
    worn: Sequence[Sequence[tuple[int, str]]] = [
        [(category, family)]
        for category in range(1, 14)
        for family in ("red", "navy", "black", "ivory")
    ]
    await recommender.events.described(
        [described(f"p{n}", pairs, style=n % 6 + 1, age_days=n) for n, pairs in enumerate(worn)]
    )
    asked = Preferences(
        styles=[fashion_pb2.STYLE_CASUAL], personal_color=fashion_pb2.PERSONAL_COLOR_WINTER
    )
    every = await recommender.recommend(preferences=asked, k=50, exploration=0.0)
    scores = {one.outfit.image.image_id: one.score for one in every.recommendations}
    assert ids(every)[0] == max(scores, key=lambda image_id: scores[image_id])
    few = await recommender.recommend(preferences=asked, k=3, exploration=0.0)
    for one in few.recommendations:
        assert one.score == pytest.approx(scores[one.outfit.image.image_id], abs=1e-6)


async def test_a_batch_answers_each_request_and_a_bad_one_with_its_error(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    requests = [
        RecommendRequest(user_id="kim", k=2),
        RecommendRequest(user_id=""),
        RecommendRequest(user_id="lee", filters=Filters(exclude_color_families=["nvay"])),
        RecommendRequest(user_id="lee", k=1),
    ]
    stream = recommender.stub.RecommendBatch(
        recommender_pb2.RecommendBatchRequest(requests=requests)
    )
    answers = [answer async for answer in stream]
    assert [answer.index for answer in answers] == [0, 1, 2, 3]
    assert [len(answer.response.recommendations) for answer in answers] == [2, 0, 0, 1]
    assert "user_id" in answers[1].error
    assert "navy" in answers[2].error
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "requests"):
        async for _ in recommender.stub.RecommendBatch(recommender_pb2.RecommendBatchRequest()):
            pass


async def test_a_guest_is_answered_by_what_they_do_in_the_visit(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    liked = recommender_pb2.Interaction(
        image_id="shop:navy-suit:0", kind=recommender_pb2.FEEDBACK_KIND_LIKED
    )
    guest = recommender_pb2.Guest(interactions=[liked])
    answer = await recommender.stub.Recommend(
        RecommendRequest(guest=guest, weights=Weights(style=1))
    )
    assert answer.recommendations[0].outfit.style == CASUAL


async def test_a_batch_of_feedback_says_what_is_left_out(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    clicked = recommender_pb2.FEEDBACK_KIND_CLICKED

    def event(event_id: str, user: str, post: str) -> recommender_pb2.RecordFeedbackRequest:
        return recommender_pb2.RecordFeedbackRequest(
            event_id=event_id,
            user_id=user,
            image_id=f"shop:{post}:0",
            kind=clicked,
            position=3,
            recommendation_id="r1",
            weights_id="w",
        )

    events = [
        event("e1", "kim", "red-skirt"),
        event("e1", "kim", "red-skirt"),
        event("e1", "lee", "red-skirt"),
        event("e2", "kim", "nowhere"),
    ]
    batch = recommender_pb2.RecordFeedbackBatchRequest(events=events)
    first = await recommender.stub.RecordFeedbackBatch(batch)
    # An id counts once for a person, and another person has ids of their own.
    assert [result.recorded for result in first.results] == [True, False, True, False]
    assert "nowhere" in first.results[3].error
    unnamed = recommender_pb2.RecordFeedbackRequest(user_id="kim", kind=clicked)
    batch.events.append(unnamed)
    again = await recommender.stub.RecordFeedbackBatch(batch)
    assert "event_id" in again.results[4].error
    assert not any(result.recorded for result in again.results)


async def test_a_promotion_is_stored_listed_followed_and_ended(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    promotion = recommender_pb2.Promotion(
        promotion_id="p1", image_ids=["shop:ivory-top:0"], position=1
    )
    promotion.ends_at.seconds = int(NOW.timestamp()) + 3600
    put = await recommender.stub.PutPromotion(
        recommender_pb2.PutPromotionRequest(promotion=promotion)
    )
    assert put.outfits == 1
    answer = await recommender.recommend()
    assert ids(answer)[0] == "shop:ivory-top:0"
    assert answer.recommendations[0].pinned
    listed = await recommender.stub.ListPromotions(recommender_pb2.ListPromotionsRequest())
    assert [one.promotion_id for one in listed.promotions] == ["p1"]
    ended = recommender_pb2.DeletePromotionRequest(promotion_id="p1")
    await recommender.stub.DeletePromotion(ended)
    assert not (await recommender.recommend()).recommendations[0].pinned
    with refused(grpc.StatusCode.NOT_FOUND):
        await recommender.stub.DeletePromotion(ended)


async def test_similar_outfits_are_like_the_one_and_without_it(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    answer = await recommender.stub.SimilarOutfits(
        recommender_pb2.SimilarOutfitsRequest(image_id="shop:red-skirt:0")
    )
    found = [one.outfit.image.image_id for one in answer.outfits]
    assert found[0] in ("shop:black-skirt:0", "shop:ivory-top:0")
    assert "shop:red-skirt:0" not in found
    with refused(grpc.StatusCode.NOT_FOUND):
        await recommender.stub.SimilarOutfits(
            recommender_pb2.SimilarOutfitsRequest(image_id="nowhere")
        )


async def test_what_completes_a_garment_is_an_item_that_is_not_there(
    recommender: Recommender, described: Described
) -> None:
    await fill(recommender, described)
    garment = recommender_pb2.OwnGarment(category=fashion_pb2.CATEGORY_SKIRT, color_family="레드")
    answer = await recommender.stub.CompleteOutfit(
        recommender_pb2.CompleteOutfitRequest(garments=[garment])
    )
    assert answer.completions
    for one in answer.completions:
        category = one.outfit.garments[one.garment].category
        assert category not in (fashion_pb2.CATEGORY_SKIRT, fashion_pb2.CATEGORY_TROUSERS)
        assert 0 <= one.score <= 1


async def test_outfits_of_which_shop_and_photo_disagree_are_listed(
    recommender: Recommender, described: Described
) -> None:
    await recommender.events.described([described("navy-dress", [(TOP, "red")])])
    answer = await recommender.stub.ListDisagreements(recommender_pb2.ListDisagreementsRequest())
    (one,) = answer.disagreements
    assert list(one.colors_not_found) == ["navy"]
    assert [list(item.categories) for item in one.items_not_found] == [[10, 11, 12, 13]]
    assert (answer.compared, answer.disagree) == (1, 1)
