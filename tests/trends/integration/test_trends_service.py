"""Trends through the real database and the real broker: exact whatever happens on the way, and honest answers."""

from __future__ import annotations

import asyncio
import uuid
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nats
import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from pymongo import AsyncMongoClient

from servicekit import topology, validation
from servicekit.consumer import Consumer, Outcome, Subscription, publish
from servicekit.errors import InvalidArgument, InvalidMessage, NotFound
from servicekit.events import Publication, photo_event_id, timestamp
from servicekit.mongo import Database
from snsfashion.events.v1 import events_pb2
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.app import TrendsApp
from trends.events import Events

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SKIRT, TROUSERS = fashion_pb2.CATEGORY_SKIRT, fashion_pb2.CATEGORY_TROUSERS
SOCIAL, SHOP = fashion_pb2.SOURCE_KIND_SOCIAL, fashion_pb2.SOURCE_KIND_SHOP


# Any: tests send what the type checker would not let through.
TRENDS: Any = trends_pb2.GetTrendsRequest
SERIES: Any = trends_pb2.GetTrendSeriesRequest
EVIDENCE: Any = trends_pb2.GetTrendEvidenceRequest
WORN: Any = trends_pb2.GetCoWornRequest
GAPS: Any = trends_pb2.GetCatalogGapsRequest
FILTER: Any = trends_pb2.Filter
VALUE: Any = trends_pb2.Value
COLOR = trends_pb2.DIMENSION_COLOR
STAMP = timestamp(NOW)


class World:
    """One database with a replica of the service on it."""

    def __init__(self, db: Database, wired: Callable[..., TrendsApp]) -> None:
        self.time = 0.0
        self.app = wired(db, lambda: self.time)
        self.store = self.app.store
        self.events = self.app.events
        self.snapshot = self.app.snapshot
        self.service = self.app.service

    async def ask(self, request: Message) -> Any:
        """Return the answer to a request, which is checked as the server checks it."""
        validation.check(request)
        await self.snapshot.refresh()
        name = type(request).__name__.removesuffix("Request")
        return await getattr(self.service, name)(request, None)


@pytest.fixture
async def mongo(mongodb_uri: str) -> AsyncIterator[tuple[AsyncMongoClient[dict[str, Any]], str]]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongodb_uri, tz_aware=True)
    name = f"test_trends_{uuid.uuid4().hex}"
    yield client, name
    await client.drop_database(name)
    await client.close()


@pytest.fixture
async def world(
    mongo: tuple[AsyncMongoClient[dict[str, Any]], str], wired: Callable[..., TrendsApp]
) -> World:
    client, name = mongo
    made = World(client[name], wired)
    await made.app.prepare()
    return made


def outfit(
    post: int | str,
    garments: Sequence[tuple[int, str]] = ((SKIRT, "red"),),
    *,
    days_ago: int = 0,
    generations: tuple[int, int, int, int] = (1, 1, 1, 1),
    kind: fashion_pb2.SourceKind.ValueType = SOCIAL,
    style: fashion_pb2.Style.ValueType = fashion_pb2.STYLE_UNSPECIFIED,
    hashtags: Sequence[str] = (),
    author: str = "",
    phash: int | None = None,
    site: str = "instagram",
    available: bool = True,
) -> events_pb2.OutfitDescribed:
    image = fashion_pb2.ImageRef(
        image_id=f"{site}:{post}:0",
        sha256=b"s" * 32,
        key=f"{site}-{post}",
        media_type="image/jpeg",
        phash=zlib.crc32(str(post).encode()) if phash is None else phash,
    )
    order = fashion_pb2.Generations(
        **dict(zip(("provenance", "classifier", "segmenter", "color"), generations, strict=True))
    )
    return events_pb2.OutfitDescribed(
        event_id=photo_event_id(topology.DESCRIBED, image, order),
        image=image,
        provenance=fashion_pb2.Provenance(
            site=site,
            post=str(post),
            kind=kind,
            product=fashion_pb2.Product(available=available) if kind == SHOP else None,
            style=style,
            hashtags=hashtags,
            author_key=author,
            posted_at=timestamp(NOW - timedelta(days=days_ago)),
            date_source=fashion_pb2.DATE_SOURCE_STATED,
        ),
        generations=order,
        garments=[
            fashion_pb2.Garment(
                category=fashion_pb2.Category.ValueType(category),
                score=0.9,
                colors=[fashion_pb2.Color(family=family, share=1)],
            )
            for category, family in garments
        ],
    )


def rejection(post: int | str, generations: tuple[int, int]) -> events_pb2.ImageClassified:
    accepted = outfit(post)
    order = fashion_pb2.Generations(provenance=generations[0], classifier=generations[1])
    return events_pb2.ImageClassified(
        event_id=photo_event_id(topology.REJECTED, accepted.image, order),
        image=accepted.image,
        provenance=accepted.provenance,
        generations=order,
    )


def erasure(post: int | str) -> events_pb2.PostErased:
    return events_pb2.PostErased(event_id=str(post), site="instagram", post=str(post))


async def tell(events: Events, event: Message) -> None:
    if isinstance(event, events_pb2.OutfitDescribed):
        outcomes = await events.described([event])
    elif isinstance(event, events_pb2.ImageClassified):
        outcomes = await events.rejected([event])
    else:
        assert isinstance(event, events_pb2.PostErased)
        outcomes = await events.erased([event])
    assert list(outcomes) == [()]


def items(**options: Any) -> trends_pb2.GetTrendsRequest:
    return trends_pb2.GetTrendsRequest(dimension=trends_pb2.DIMENSION_ITEM, **options)


async def test_a_batch_with_duplicates_and_a_bad_event_keeps_the_rest(world: World) -> None:
    bad = outfit(2)
    bad.garments[0].category = fashion_pb2.CATEGORY_UNSPECIFIED
    newer = outfit(1, [(TROUSERS, "navy")], generations=(1, 1, 2, 1))
    outcomes = await world.events.described([newer, outfit(1), bad, outfit(1), newer])
    assert [o for o in outcomes if o != ()] == [outcomes[2]]
    assert isinstance(outcomes[2], InvalidMessage)
    ((state,),) = [page async for page in world.store.photos.pages()]
    assert state.order == (1, 1, 2, 1)


async def test_an_erased_post_leaves_no_trace_in_the_database(
    mongo: tuple[AsyncMongoClient[dict[str, Any]], str], world: World
) -> None:
    staying = [outfit(f"stays-{n}") for n in range(5)]
    await world.events.described([outfit("gone", author="ab" * 32), *staying])
    await world.snapshot.refresh()
    await world.events.erased([erasure("gone")])
    await world.events.described([outfit("gone", generations=(9, 9, 9, 9))])
    assert (await world.ask(items())).basis.support == 5
    client, name = mongo
    left = {d["_id"] async for d in client[name]["photos"].find()}
    assert left == {one.image.image_id for one in staying}


async def test_get_trends_pages_through_rows_with_their_basis(world: World) -> None:
    await world.events.described(
        [
            outfit(n, [(1 + n % 4, "red")], days_ago=n % 7, generations=(3, 1, 2, 1))
            for n in range(40)
        ]
    )
    first = await world.ask(items(page_size=3))
    assert [row.count for row in first.trends] == [10, 10, 10]
    assert first.trends[0].share == pytest.approx(0.25)
    assert len(first.trends[0].series) == 28
    basis = first.basis
    assert (basis.support, basis.baseline_support, basis.withheld) == (40, 0, 0)
    assert basis.contributors == trends_pb2.CONTRIBUTOR_KIND_PHOTOS
    assert basis.generations.segmenter == 2
    assert basis.dated
    assert basis.as_of.ToDatetime(tzinfo=UTC) == NOW
    second = await world.ask(items(page_size=3, page_token=first.next_page_token))
    assert [row.value.category for row in second.trends] == [4]
    assert second.next_page_token == ""


async def test_a_rise_is_found_and_ordered_by_rise(world: World) -> None:
    events = []
    for n in range(288):
        week = n // 72
        color = "yellow" if n % 72 < (29 if week == 3 else 6) else ("red", "navy", "grey")[n % 3]
        events.append(outfit(n, [(SKIRT, color)], days_ago=27 - 7 * week - n % 7))
    await world.events.described(events)
    request = TRENDS(dimension=trends_pb2.DIMENSION_ITEM_COLOR, order=trends_pb2.ORDER_RISE)
    answer = await world.ask(request)
    assert [row.value.color_family for row in answer.trends] == ["yellow"]
    row = answer.trends[0]
    assert (row.count, row.baseline_count, row.rising, row.comparable) == (25, 15, True, True)


async def test_growth_lists_what_may_rise_and_says_which_does(world: World) -> None:
    """Navy: 20 of 144 in the last week where 10 were before, as chance may give it once among many."""
    events = []
    for n in range(576):
        week, place = n // 144, n % 144
        if place < (60 if week == 3 else 10):
            color = "yellow"
        elif place >= (124 if week == 3 else 134):
            color = "navy"
        else:
            color = f"steady {place % 4}"
        events.append(outfit(n, [(SKIRT, color)], days_ago=27 - 7 * week - n % 7))
    await world.events.described(events)
    request = TRENDS(dimension=trends_pb2.DIMENSION_COLOR, order=trends_pb2.ORDER_GROWTH)
    growing = (await world.ask(request)).trends
    assert [row.value.color_family for row in growing] == ["yellow", "navy"]
    assert all(row.rise > 0 for row in growing)
    request.order = trends_pb2.ORDER_RISE
    rising = (await world.ask(request)).trends
    assert [row.value for row in rising] == [row.value for row in growing if row.rising]


async def test_filters_choose_kind_site_and_hashtag(world: World) -> None:
    await world.events.described(
        [outfit(n, hashtags=["ootd"] if n < 6 else ["else"]) for n in range(12)]
        + [
            outfit(100 + n, [(TROUSERS, "navy")], kind=SHOP, style=fashion_pb2.STYLE_STREET)
            for n in range(7)
        ]
    )
    tagged = await world.ask(items(filter=FILTER(hashtag="ootd")))
    assert [(row.value.category, row.count) for row in tagged.trends] == [(SKIRT, 5)]
    shops = await world.ask(items(filter=FILTER(kind=SHOP)))
    assert [(row.value.category, row.count) for row in shops.trends] == [(TROUSERS, 5)]
    styles = await world.ask(TRENDS(dimension=trends_pb2.DIMENSION_STYLE))
    assert [(row.value.style, row.share) for row in styles.trends] == [
        (fashion_pb2.STYLE_STREET, 1.0)
    ]


@pytest.mark.parametrize("spelled", ["#ootd", "OOTD", " #Ootd "])
async def test_a_hashtag_is_found_however_it_is_spelled(world: World, spelled: str) -> None:
    await world.events.described([outfit(n, hashtags=["ootd"]) for n in range(6)])
    answer = await world.ask(items(filter=FILTER(hashtag=spelled)))
    assert [row.count for row in answer.trends] == [5]
    assert answer.basis.state == trends_pb2.BASIS_STATE_OK


async def test_what_is_no_hashtag_or_no_site_is_told_from_what_nobody_wears(world: World) -> None:
    await world.events.described([outfit(n) for n in range(6)])
    with pytest.raises(InvalidArgument, match=r"filter.hashtag: '#two words' is not a hashtag"):
        await world.ask(items(filter=FILTER(hashtag="#two words")))
    with pytest.raises(InvalidArgument, match=r"from 'instagarm'; there are: instagram"):
        await world.ask(items(filter=FILTER(site="instagarm")))
    with pytest.raises(InvalidArgument, match=r"from 'shop'; there are: instagram"):
        await world.ask(SERIES(dimension=COLOR, value=VALUE(color_family="red"), filter=FILTER(site="shop"), first_day=STAMP, last_day=STAMP))  # fmt: skip


@pytest.mark.parametrize(
    ("tag", "end", "state"),
    [
        ("", NOW, "OK"),
        ("", NOW - timedelta(days=60), "OUTSIDE_DATA"),
        ("", NOW + timedelta(days=60), "OUTSIDE_DATA"),
        ("rare", NOW, "UNKNOWN_HASHTAG"),
        ("never", NOW, "UNKNOWN_HASHTAG"),
    ],
)
async def test_an_answer_says_whether_there_are_photos(
    world: World, tag: str, end: datetime, state: str
) -> None:
    few = [outfit(100 + n, hashtags=["rare"]) for n in range(3)]
    await world.events.described([outfit(n, days_ago=n // 10) for n in range(40)] + few)
    basis = (await world.ask(items(filter=FILTER(hashtag=tag), as_of=timestamp(end)))).basis
    assert trends_pb2.BasisState.Name(basis.state) == f"BASIS_STATE_{state}"
    days = (basis.first_day.ToDatetime().date(), basis.last_day.ToDatetime().date())
    if not tag:
        assert days == ((NOW - timedelta(days=3)).date(), NOW.date())


async def test_without_photos_there_is_no_data(world: World) -> None:
    basis = (await world.ask(items(filter=FILTER(site="instagram")))).basis
    assert basis.state == trends_pb2.BASIS_STATE_NO_DATA
    assert not basis.HasField("first_day")
    assert basis.partial


async def test_a_window_that_is_not_full_yet_is_partial(world: World) -> None:
    await world.events.described([outfit(n, days_ago=2 + n // 10) for n in range(40)])
    for days_ago, partial in ((0, True), (1, True), (2, False), (3, False)):
        end = timestamp(NOW - timedelta(days=days_ago))
        assert (await world.ask(items(as_of=end))).basis.partial == partial, days_ago


async def test_counts_of_a_hashtag_follow_every_change(world: World) -> None:
    request = items(filter=FILTER(hashtag="ootd"))
    await world.events.described([outfit(n, hashtags=["ootd"]) for n in range(12)])
    assert (await world.ask(request)).basis.support == 10
    late = outfit(12, hashtags=["ootd"])
    untagged = outfit(0, hashtags=["else"], generations=(2, 1, 1, 1))
    await world.events.described([late, untagged])
    await world.events.rejected([rejection(1, (1, 2))])
    assert (await world.ask(request)).basis.support == 10
    await world.events.erased([erasure(2), erasure(3)])
    assert (await world.ask(request)).basis.support == 5


async def test_a_hashtag_is_read_once_for_all_who_ask_even_if_the_first_gives_up(
    world: World,
) -> None:
    await world.events.described([outfit(n, hashtags=["ootd"]) for n in range(7)])
    first = asyncio.create_task(world.snapshot.counts("ootd"))
    others = [asyncio.create_task(world.snapshot.counts("ootd")) for _ in range(2)]
    await asyncio.wait([first], timeout=0)  # all have asked
    first.cancel()
    one, other = await asyncio.gather(*others)
    assert one is other
    assert one is await world.snapshot.counts("ootd")
    assert [stratum.site for stratum in one.strata] == ["instagram"]


async def test_authors_photos_and_both_are_named(world: World) -> None:
    await world.events.described([outfit(n, author=f"a{n}") for n in range(5)])
    answer = await world.ask(items())
    assert answer.basis.contributors == trends_pb2.CONTRIBUTOR_KIND_AUTHORS
    await world.events.described([outfit(9)])
    answer = await world.ask(items())
    assert answer.basis.contributors == trends_pb2.CONTRIBUTOR_KIND_MIXED


async def test_series_by_day_and_week_withhold_small_crowds(world: World) -> None:
    await world.events.described([outfit(n, days_ago=6 if n < 12 else 1) for n in range(15)])
    request = SERIES(
        dimension=trends_pb2.DIMENSION_ITEM,
        value=VALUE(category=SKIRT),
        first_day=timestamp(NOW - timedelta(days=6)),
        last_day=timestamp(NOW),
    )
    days = (await world.ask(request)).points
    assert [(p.count, p.total, p.withheld) for p in days] == [
        (10, 10, False),
        *[(0, 0, True)] * 6,
    ]
    assert [p.partial for p in days] == [False] * 6 + [True]
    request.step = trends_pb2.STEP_WEEK
    (week,) = (await world.ask(request)).points
    assert (week.count, week.total, week.share, week.partial) == (15, 15, 1.0, True)
    assert week.share_low == pytest.approx(0.7961, abs=1e-4)
    assert week.share_high == 1
    assert week.start.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 16, tzinfo=UTC)


async def test_series_read_the_days_of_callers_that_know_only_from_and_to(world: World) -> None:
    await world.events.described([outfit(n, days_ago=1) for n in range(12)])
    asked = {"dimension": trends_pb2.DIMENSION_ITEM, "value": VALUE(category=SKIRT)}
    first, last = timestamp(NOW - timedelta(days=2)), timestamp(NOW - timedelta(days=1))
    answer = await world.ask(SERIES(**asked, first_day=first, last_day=last))
    assert [p.count for p in answer.points] == [0, 10]
    assert await world.ask(SERIES(**asked, **{"from": first}, to=last)) == answer
    assert await world.ask(SERIES(**asked, **{"from": first}, last_day=last)) == answer
    # The successors win.
    late = {"from": last, "to": last}
    assert await world.ask(SERIES(**asked, first_day=first, last_day=last, **late)) == answer


async def test_evidence_is_newest_first_without_the_erased_or_the_withheld(world: World) -> None:
    await world.events.described(
        [outfit(n, days_ago=n % 7) for n in range(40)]
        + [outfit(f"old {n}", days_ago=7 + n % 7) for n in range(40)]
        + [outfit(99, [(TROUSERS, "navy")])]
    )
    request = EVIDENCE(
        dimension=trends_pb2.DIMENSION_ITEM_COLOR,
        value=VALUE(category=SKIRT, color_family="red"),
        window_days=14,
        page_size=4,
    )
    first = await world.ask(request)
    assert len(first.evidence) == 4
    assert first.evidence[0].garment.colors[0].family == "red"
    assert (first.basis.support, first.basis.withheld) == (80, 0)
    assert first.basis.generations.color == 1
    gone = first.evidence[0].image.image_id
    await world.events.erased([erasure(gone.split(":")[1])])
    request.page_size = 100
    every = (await world.ask(request)).evidence
    assert gone not in {e.image.image_id for e in every}
    mondays = [e.posted_at.ToDatetime().date() for e in every]
    assert mondays == sorted(mondays, reverse=True)
    assert {day.weekday() for day in mondays} == {0}
    # At most half of a week are shown, so that nobody can count them.
    assert 0 < len(every) <= 40
    request.value.category = TROUSERS
    request.value.color_family = "navy"
    withheld = await world.ask(request)
    assert not withheld.evidence
    assert withheld.basis.withheld == 1


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("dimension", TRENDS()),
        ("dimension", TRENDS(dimension=77)),
        ("order", items(order=9)),
        ("window_days", items(window_days=93)),
        ("baseline_days", items(baseline_days=367)),
        ("page_size", items(page_size=101)),
        ("page_token", items(page_token="not a token")),
        ("page_token", items(page_token="e30=")),
        ("filter.kind", items(filter=FILTER(kind=9))),
        ("as_of", items(as_of=timestamp(datetime(1, 2, 3, tzinfo=UTC)))),
        (
            "filter.kind",
            TRENDS(dimension=trends_pb2.DIMENSION_STYLE, filter=FILTER(kind=SOCIAL)),
        ),
        ("value.category", EVIDENCE(dimension=trends_pb2.DIMENSION_ITEM)),
        ("value.category", EVIDENCE(dimension=COLOR, value=VALUE(category=99))),
        ("value.color_family", EVIDENCE(dimension=COLOR)),
        ("first_day", SERIES(dimension=COLOR, value=VALUE(color_family="red"), last_day=STAMP)),
        (
            "last_day",
            SERIES(
                dimension=COLOR,
                value=VALUE(color_family="red"),
                first_day=STAMP,
                last_day=timestamp(NOW + timedelta(days=367)),
            ),
        ),
        (
            "to",
            SERIES(
                dimension=COLOR,
                value=VALUE(color_family="red"),
                to=timestamp(NOW - timedelta(days=1)),
                **{"from": STAMP},
            ),
        ),
        ("as_of", items(as_of=Timestamp(seconds=1, nanos=-1))),
        (
            "step",
            SERIES(
                dimension=COLOR,
                value=VALUE(color_family="red"),
                first_day=STAMP,
                last_day=STAMP,
                step=8,
            ),
        ),
    ],
)
async def test_what_is_wrong_is_named(world: World, field: str, request_: Message) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await world.ask(request_)
    assert caught.value.field == field


async def test_a_page_token_is_of_its_own_request_only(world: World) -> None:
    await world.events.described([outfit(n, [(1, "red"), (2, "red")]) for n in range(6)])
    token = (await world.ask(items(page_size=1))).next_page_token
    with pytest.raises(InvalidArgument) as caught:
        await world.ask(items(page_size=1, window_days=14, page_token=token))
    assert caught.value.field == "page_token"


async def test_replicas_that_start_at_once_on_an_empty_database_all_start(
    mongo: tuple[AsyncMongoClient[dict[str, Any]], str],
    wired: Callable[[Database, Callable[[], float]], TrendsApp],
) -> None:
    client, name = mongo
    for number in range(5):
        db = client[f"{name}_{number}"]
        try:
            replicas = [wired(db, lambda: 0.0) for _ in range(4)]
            await asyncio.gather(*(replica.prepare() for replica in replicas))
        finally:
            await client.drop_database(db.name)


async def test_an_answer_says_how_old_it_is(world: World) -> None:
    await world.ask(items())
    world.time += 1.5
    answer = await world.service.GetTrends(items(), None)  # type: ignore[arg-type]
    assert answer.basis.snapshot_age.ToTimedelta() == timedelta(seconds=1.5)


async def test_events_arrive_through_the_broker(world: World, nats_url: str) -> None:
    connection = await nats.connect(nats_url)
    js = connection.jetstream()
    site = uuid.uuid4().hex  # the broker is shared: only this test's events count
    rejected = rejection("0", (1, 2))
    rejected.provenance.site, rejected.image.image_id = site, f"{site}:0:0"
    rejected.event_id = photo_event_id(topology.REJECTED, rejected.image, rejected.generations)
    missing = {*(f"{site}:{n}:0" for n in range(6)), "the rejection"}
    done = asyncio.Event()

    def noting(subscription: Subscription[Any]) -> Subscription[Any]:
        async def handle(events: Sequence[Any]) -> Sequence[Outcome]:
            outcomes = await subscription.handle(events)
            for event in events:
                is_rejection = event.event_id == rejected.event_id
                missing.discard("the rejection" if is_rejection else event.image.image_id)
            if not missing:
                done.set()
            return outcomes

        return Subscription(subscription.subject, handle)

    durable = next(d for d in topology.durables_of("trends") if d.stream is topology.PIPELINE)
    taken = [s for s in world.app.subscriptions if s.subject in durable.subjects]
    consumer = Consumer(js, durable, [noting(subscription) for subscription in taken])
    for n in range(6):
        await publish(js, Publication(topology.DESCRIBED, outfit(n, site=site)))
    await publish(js, Publication(topology.REJECTED, rejected))
    consumer.start()
    try:
        async with asyncio.timeout(20):
            await done.wait()
    finally:
        await consumer.stop(5)
        await connection.close()
    answer = await world.ask(items(filter=FILTER(site=site)))
    assert [(row.value.category, row.count) for row in answer.trends] == [(SKIRT, 5)]


# -- what people wear and shops do not sell


def an_offer(number: int, garment: tuple[int, str], available: bool = True) -> Any:
    return outfit(f"look{number}", [garment], kind=SHOP, site="shop.example", available=available)


async def with_a_gap(world: World) -> None:
    """People wear red trousers, and the shop sells navy skirts; red trousers are sold out."""
    worn = [outfit(n, [(TROUSERS, "red")], days_ago=n % 20) for n in range(40)]
    worn += [outfit(n, [(SKIRT, "black")], days_ago=n % 20) for n in range(40, 80)]
    offers = [an_offer(n, (SKIRT, "navy")) for n in range(30)]
    offers += [an_offer(n, (SKIRT, "black")) for n in range(30, 50)]
    offers += [an_offer(n, (TROUSERS, "red"), available=False) for n in range(50, 60)]
    await world.events.described(worn + offers)


async def test_what_people_wear_and_shops_do_not_sell_is_a_gap(world: World) -> None:
    await with_a_gap(world)
    answer = await world.ask(GAPS(dimension=trends_pb2.DIMENSION_ITEM_COLOR, examples=2))
    [row] = answer.gaps
    assert (row.value.category, row.value.color_family) == (TROUSERS, "red")
    assert (row.offered_count, answer.offered_total) == (0, 50)
    assert row.worn_count % 5 == 0
    assert row.worn_share > 0.3
    assert row.gap == pytest.approx(row.worn_share_low - row.offered_share_high)
    assert 0 < len(row.worn_examples) <= 2
    assert not row.offered_examples


async def test_what_shops_sell_and_nobody_wears_is_the_opposite_gap(world: World) -> None:
    await with_a_gap(world)
    answer = await world.ask(
        GAPS(
            dimension=trends_pb2.DIMENSION_ITEM_COLOR,
            side=trends_pb2.GAP_SIDE_OFFERED,
            examples=3,
        )
    )
    [row] = answer.gaps
    assert (row.value.category, row.value.color_family) == (SKIRT, "navy")
    assert (row.offered_count, row.worn_count) == (30, 0)
    assert [one.image.image_id.split(":")[0] for one in row.offered_examples] == [
        "shop.example"
    ] * 3
    assert not row.worn_examples


async def test_without_offers_there_is_no_gap(world: World) -> None:
    await world.events.described([outfit(n) for n in range(20)])
    answer = await world.ask(GAPS(dimension=COLOR, shop_site="shop.example"))
    assert not answer.gaps
    assert answer.offered_total == 0
    assert answer.basis.support > 0


async def test_a_typo_in_a_shop_gets_the_shops_that_there_are(world: World) -> None:
    await with_a_gap(world)
    with pytest.raises(InvalidArgument, match=r"shop_site: .*there are: shop.example"):
        await world.ask(GAPS(dimension=COLOR, shop_site="shop.exampl"))


async def test_an_offer_that_is_sold_out_or_erased_is_none_any_more(world: World) -> None:
    await with_a_gap(world)
    sold_out = an_offer(0, (SKIRT, "navy"), available=False)
    sold_out.generations.provenance = 2
    await world.events.described([sold_out])
    await world.events.erased([events_pb2.PostErased(site="shop.example", post="look1")])
    answer = await world.ask(GAPS(dimension=COLOR, side=trends_pb2.GAP_SIDE_OFFERED))
    assert answer.offered_total == 48
    assert answer.gaps[0].offered_count == 28


async def test_pages_of_gaps_add_up_to_all(world: World) -> None:
    await with_a_gap(world)
    await world.events.described(
        [outfit(n, [(5, "green")], days_ago=n % 20) for n in range(100, 140)]
    )
    asked = GAPS(dimension=trends_pb2.DIMENSION_ITEM_COLOR)
    every = await world.ask(asked)
    assert len(every.gaps) == 2
    asked.page_size = 1
    first = await world.ask(asked)
    asked.page_token = first.next_page_token
    second = await world.ask(asked)
    assert [*first.gaps, *second.gaps] == list(every.gaps)
    assert not second.next_page_token


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (GAPS(dimension=trends_pb2.DIMENSION_STYLE), "dimension"),
        (GAPS(dimension=COLOR, filter=FILTER(kind=SHOP)), "filter.kind"),
    ],
)
async def test_a_gap_has_two_sides(world: World, asked: Any, field: str) -> None:
    with pytest.raises(InvalidArgument, match=field):
        await world.ask(asked)


# -- what is worn together


async def test_what_is_worn_with_an_item_is_in_other_garments(world: World) -> None:
    top = fashion_pb2.CATEGORY_SHORT_SLEEVE_TOP
    looks = [outfit(n, [(SKIRT, "red"), (top, "navy")], days_ago=n % 7) for n in range(30)]
    looks += [outfit(30 + n, [(TROUSERS, "red"), (top, "navy")]) for n in range(15)]
    looks += [outfit(45 + n, [(SKIRT, "red"), (TROUSERS, "black")]) for n in range(3)]
    looks += [outfit(48 + n, [(top, "navy"), (top, "red")]) for n in range(12)]
    await world.events.described(looks)
    answer = await world.ask(
        WORN(dimension=trends_pb2.DIMENSION_ITEM, value=VALUE(category=SKIRT), window_days=7)
    )
    [row] = answer.rows
    assert (row.value.category, row.other.category) == (SKIRT, top)
    assert row.count % 5 == 0
    assert 0.6 < row.share_low < row.share <= row.share_high
    # Nearly everybody wears a top.
    assert row.lift == pytest.approx(1, abs=0.3)
    # How many different pairs are withheld would tell of how many people.
    assert answer.basis.withheld == 0
    everything = await world.ask(WORN(dimension=trends_pb2.DIMENSION_ITEM))
    pairs = [(one.value.category, one.other.category) for one in everything.rows]
    assert [value for value, _ in pairs] == sorted(value for value, _ in pairs)
    assert set(pairs) == {(top, SKIRT), (SKIRT, top), (top, TROUSERS), (TROUSERS, top)}


async def test_two_garments_of_one_color_are_worn_together_two_of_one_item_are_not(
    world: World,
) -> None:
    await world.events.described([outfit(n, [(SKIRT, "red"), (SKIRT, "red")]) for n in range(9)])
    [row] = (await world.ask(WORN(dimension=COLOR))).rows
    assert (row.value.color_family, row.other.color_family, row.count) == ("red", "red", 5)
    assert not (await world.ask(WORN(dimension=trends_pb2.DIMENSION_ITEM))).rows


async def test_only_items_and_colors_are_worn_together(world: World) -> None:
    with pytest.raises(InvalidArgument, match="dimension: must be items or colors"):
        await world.ask(WORN(dimension=trends_pb2.DIMENSION_ITEM_COLOR))


# -- photos that can be looked at


PHOTO: Any = trends_pb2.GetEvidencePhotoRequest


async def shown(world: World, folder: Path) -> Any:
    """Return a photo that an answer shows; its bytes are in the blob store."""
    await world.events.described([outfit(n) for n in range(40)])
    answer = await world.ask(EVIDENCE(dimension=COLOR, value=VALUE(color_family="red")))
    photo = answer.evidence[0].photo
    (folder / "blobs" / photo.image.key).write_bytes(b"jpeg")
    return photo


async def test_a_photo_behind_a_number_can_be_looked_at(world: World, tmp_path: Path) -> None:
    photo = await shown(world, tmp_path)
    found = await world.ask(PHOTO(token=photo.token))
    assert (found.photo, found.media_type) == (b"jpeg", "image/jpeg")
    # The store is a folder: it has no addresses.
    assert photo.url == ""


async def test_another_replica_knows_the_token(
    world: World,
    mongo: tuple[AsyncMongoClient[dict[str, Any]], str],
    wired: Callable[..., TrendsApp],
    tmp_path: Path,
) -> None:
    photo = await shown(world, tmp_path)
    client, name = mongo
    other = World(client[name], wired)
    assert (await other.ask(PHOTO(token=photo.token))).photo == b"jpeg"


async def test_a_token_ends_after_an_hour(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    photo = await shown(world, tmp_path)
    monkeypatch.setattr(world.service._looks, "_clock", lambda: NOW + timedelta(minutes=59))
    assert (await world.ask(PHOTO(token=photo.token))).photo == b"jpeg"
    monkeypatch.setattr(world.service._looks, "_clock", lambda: NOW + timedelta(minutes=60))
    with pytest.raises(NotFound, match="the token has ended"):
        await world.ask(PHOTO(token=photo.token))


async def test_an_erased_photo_is_gone_at_once(world: World, tmp_path: Path) -> None:
    photo = await shown(world, tmp_path)
    site, post, _ = photo.image.image_id.split(":")
    await world.events.erased([events_pb2.PostErased(site=site, post=post)])
    with pytest.raises(NotFound, match="is gone"):
        await world.ask(PHOTO(token=photo.token))


async def test_a_photo_whose_bytes_are_gone_is_not_found(world: World, tmp_path: Path) -> None:
    photo = await shown(world, tmp_path)
    (tmp_path / "blobs" / photo.image.key).unlink()
    with pytest.raises(NotFound, match="is gone"):
        await world.ask(PHOTO(token=photo.token))


@pytest.mark.parametrize("place", [0, 20, 45, -3])
async def test_a_token_that_somebody_changed_is_refused(
    world: World, tmp_path: Path, place: int
) -> None:
    photo = await shown(world, tmp_path)
    letter = "A" if photo.token[place] != "A" else "B"
    changed = photo.token[:place] + letter + photo.token[place:][1:]
    for token in (changed, "nonsense", "bm9uc2Vuc2U=", "é"):
        with pytest.raises(InvalidArgument, match="is not a token of this service"):
            await world.ask(PHOTO(token=token))
