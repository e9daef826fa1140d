"""Events in any order, twice, and through two replicas leave the same catalog, in memory and in the database."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender import messages
from recommender.app import RecommenderApp
from recommender.core.catalog import Catalog
from recommender.core.filters import Filters
from recommender.core.profile import Learned
from recommender.core.ranking import Key
from recommender.core.recommend import Plan, recommend
from recommender.core.score import Moment, Person, Weights
from recommender.core.shortlist import Shortlist
from recommender.core.trend_table import TrendRow, TrendTable
from recommender.storage import replica as replica_module
from recommender.storage.stored_outfits import shop_photo
from servicekit import mongo
from servicekit.errors import InvalidMessage
from servicekit.mongo import Database
from servicekit.photostore import PhotoStore, Result, Write
from snsfashion.events.v1.events_pb2 import ImageClassified, OutfitDescribed, PostErased
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1.recommender_pb2 import Outfit

Described = Callable[..., OutfitDescribed]
Rejected = Callable[..., ImageClassified]
Wire = Callable[..., RecommenderApp]
TOP, SKIRT = 1, 9
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
async def app(db: Database, wired: Wire) -> RecommenderApp:
    """A replica."""
    return await start(wired, db)


async def start(wired: Wire, db: Database) -> RecommenderApp:
    app = wired(db)
    await app.prepare()
    return app


def content(catalog: Catalog) -> dict[str, tuple[bytes, list[float]]]:
    """Return what a catalog holds, whatever rows it holds it in."""
    return {
        catalog.image_ids[row]: (
            catalog.payloads[row],
            catalog.columns.suitability[row].tolist(),
        )
        for row in np.flatnonzero(catalog.columns.alive)
    }


def answer(catalog: Catalog) -> list[tuple[str, list[float]]]:
    """Return image ids and parts of what somebody is recommended."""
    person = Person(frozenset({1}), 4, Learned(families={"red": 0.5}))
    moment = Moment(TrendTable({}, {TOP: TrendRow(0.3, 0.1, 0.5, True)}, {}), NOW.timestamp())
    shortlist = Shortlist(catalog, Key.of(Weights(), person), moment)
    found = recommend(catalog, shortlist, person, Filters(), Plan(10, NOW.timestamp()))
    return [
        (catalog.image_ids[row], parts)
        for row, parts in zip(found.rows, found.parts.tolist(), strict=True)
    ]


async def handle(app: RecommenderApp, event: Any) -> None:
    if isinstance(event, OutfitDescribed):
        outcomes = await app.events.described([event])
    elif isinstance(event, ImageClassified):
        outcomes = await app.events.rejected([event])
    else:
        outcomes = await app.events.erased([event])
    assert outcomes == [()]


def photo(event: OutfitDescribed) -> Result:
    """Return what is stored of an event."""
    return shop_photo(event, messages.catalog_outfit(event).SerializeToString())


def erasure(post: str) -> PostErased:
    return PostErased(event_id="e", site="shop", post=post)


async def test_an_outfit_enters_the_catalog_without_masks(
    app: RecommenderApp, described: Described
) -> None:
    await app.events.described([described("a"), described("b", ((SKIRT, "red"),))])
    assert set(content(app.replica.catalog)) == {"shop:a:0", "shop:b:0"}
    assert all(b"mask" not in stored.payload for stored in await app.outfits.find_all())


async def test_social_photos_and_photos_without_garments_are_not_offered(
    app: RecommenderApp, described: Described
) -> None:
    await app.events.described(
        [described("social", kind=fashion_pb2.SOURCE_KIND_SOCIAL), described("empty", ())]
    )
    assert content(app.replica.catalog) == {}


async def test_a_newer_rejection_removes_an_outfit_and_an_older_one_does_not(
    app: RecommenderApp, described: Described, rejected: Rejected
) -> None:
    await app.events.described([described("a", generations=(1, 2, 1, 1))])
    await app.events.rejected([rejected("a", (1, 1))])
    assert "shop:a:0" in content(app.replica.catalog)
    await app.events.rejected([rejected("a", (1, 3))])
    assert content(app.replica.catalog) == {}
    await app.events.described([described("a", generations=(1, 2, 9, 9))])
    assert content(app.replica.catalog) == {}


async def test_an_erased_post_never_comes_back(app: RecommenderApp, described: Described) -> None:
    await app.events.described([described("a"), described("b")])
    await app.events.erased([erasure("a")])
    assert set(content(app.replica.catalog)) == {"shop:b:0"}
    await app.events.described([described("a", generations=(9, 9, 9, 9))])
    assert set(content(app.replica.catalog)) == {"shop:b:0"}
    assert [stored.image_id for stored in await app.outfits.find_all()] == ["shop:b:0"]


async def test_a_write_that_was_cut_off_leaves_nothing(
    app: RecommenderApp, db: Database, described: Described
) -> None:
    await app.events.described([described("a")])

    async def cut_off(write: Write) -> None:
        await write.put([photo(described("b"))])
        await write.erase([photo(described("a")).post])
        raise RuntimeError("the process was killed")

    with pytest.raises(RuntimeError, match="killed"):
        await PhotoStore(db).write(cut_off)
    await app.replica.refresh()
    assert set(content(app.replica.catalog)) == {"shop:a:0"}
    assert [stored.image_id for stored in await app.outfits.find_all()] == ["shop:a:0"]


async def test_an_erasure_at_the_same_time_as_the_write_leaves_nothing(
    app: RecommenderApp, db: Database, described: Described
) -> None:
    posts = [f"p{number}" for number in range(20)]
    await asyncio.gather(
        *(app.events.described([described(post)]) for post in posts),
        *(app.events.erased([erasure(post)]) for post in posts),
    )
    await app.replica.refresh()
    assert content(app.replica.catalog) == {}
    assert await db["photos"].count_documents({}) == 0


async def test_a_bad_event_among_good_ones_is_refused_alone(
    app: RecommenderApp, described: Described
) -> None:
    bad = described("bad")
    bad.garments[0].category = 99  # type: ignore[assignment]
    outcomes = await app.events.described([described("a"), bad, described("b")])
    assert outcomes[0] == outcomes[2] == ()
    assert isinstance(outcomes[1], InvalidMessage)
    assert "category 99" in str(outcomes[1])
    assert set(content(app.replica.catalog)) == {"shop:a:0", "shop:b:0"}


@pytest.mark.parametrize("cents", [-(2**63), -1, 2**63 - 1])
async def test_a_price_that_is_out_of_range_does_not_keep_a_replica_from_loading(
    app: RecommenderApp, db: Database, wired: Wire, described: Described, cents: int
) -> None:
    await app.events.described([described("a", price_cents=cents, currency="EUR")])
    again = await start(wired, db)
    for replica in (app.replica, again.replica):
        (row,) = np.flatnonzero(replica.catalog.columns.alive)
        assert replica.catalog.columns.price_micros[row] == max(cents, 0)


async def test_a_replica_that_got_no_event_follows(
    app: RecommenderApp, db: Database, wired: Wire, described: Described, rejected: Rejected
) -> None:
    other = await start(wired, db)
    await app.events.described([described("a"), described("b"), described("c")])
    await other.replica.refresh()
    assert content(other.replica.catalog) == content(app.replica.catalog)
    await app.events.erased([erasure("a")])
    await app.events.rejected([rejected("b", (1, 2))])
    assert len(other.replica.catalog) == 3
    await other.replica.refresh()
    assert content(other.replica.catalog) == content(app.replica.catalog)
    assert set(content(other.replica.catalog)) == {"shop:c:0"}


async def test_a_database_that_was_restored_from_an_older_copy_is_read_again(
    app: RecommenderApp, db: Database, wired: Wire, described: Described
) -> None:
    other = await start(wired, db)
    for generation in range(1, 4):
        await app.events.described([described("a", generations=(1, 1, 1, generation))])
    await other.replica.refresh()
    await db["photos"].delete_many({})
    await db["meta"].delete_many({})
    await app.outfits.put([photo(described("b"))])
    await other.replica.refresh()
    assert [stored.image_id for stored in await app.outfits.find_all()] == ["shop:b:0"]
    assert set(content(other.replica.catalog)) == {"shop:b:0"}


async def test_what_a_process_wrote_before_it_died_reaches_the_other_replicas(
    app: RecommenderApp, db: Database, wired: Wire, described: Described
) -> None:
    other = await start(wired, db)
    outfit = described("a")
    # As if the process had written, but died before it looked at its own catalog and acked.
    await app.outfits.put([photo(outfit)])
    await other.replica.refresh()
    assert len(other.replica.catalog) == 1
    await app.events.described([outfit])
    assert len(app.replica.catalog) == 1


async def test_while_a_large_catalog_is_loaded_other_work_gets_its_turn(
    app: RecommenderApp, db: Database, wired: Wire, described: Described
) -> None:
    number = 10 * replica_module._BREATH
    await app.events.described([described(f"p{n}") for n in range(number)])
    replica = wired(db).replica
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 0 < len(replica.catalog) < number

    counting = asyncio.create_task(count())
    await replica.load()
    counting.cancel()
    assert len(replica.catalog) == number
    assert turns >= 5


async def test_two_writers_at_once_leave_the_greater_generation(
    app: RecommenderApp, db: Database, wired: Wire, described: Described
) -> None:
    second = await start(wired, db)
    versions = [
        described(post, ((TOP, family),), generations=(1, 1, 1, generation))
        for generation, family in ((1, "red"), (2, "navy"), (3, "black"))
        for post in "abcdef"
    ]
    await asyncio.gather(
        *(writer.events.described([event]) for event in versions for writer in (app, second))
    )
    await app.replica.refresh()
    payloads = [payload for payload, _ in content(app.replica.catalog).values()]
    assert len(payloads) == 6
    assert {Outfit.FromString(p).garments[0].colors[0].family for p in payloads} == {"black"}


posts = st.sampled_from(["a", "b", "c"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("described"), posts, st.tuples(*[st.integers(1, 2)] * 4)),
        st.tuples(st.just("rejected"), posts, st.tuples(*[st.integers(1, 2)] * 2)),
        st.tuples(st.just("erased"), st.just("c"), st.just(())),
    ),
    max_size=8,
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(steps, st.data())
def test_any_order_and_repetition_leaves_what_the_greatest_tuples_say(
    mongodb_uri: str,
    wired: Wire,
    described: Described,
    rejected: Rejected,
    history: Sequence[tuple[str, str, tuple[int, ...]]],
    data: st.DataObject,
) -> None:
    def event(step: tuple[str, str, tuple[int, ...]]) -> Any:
        name, post, generations = step
        if name == "erased":
            return erasure(post)
        if name == "rejected":
            return rejected(post, generations)
        # The same tuple always describes the same outfit.
        worn = [(TOP, "navy"), (SKIRT, "red")][: sum(generations) % 3]
        return described(post, worn, generations=generations)

    arrivals = data.draw(st.permutations([*history, *history[:3]]))
    # Of one photo, the same provenance and classifier can't both reject and describe it.
    told = {(s[1], s[2][:2]) for s in history if s[0] == "rejected"}
    arrivals = [s for s in arrivals if not (s[0] == "described" and (s[1], s[2][:2]) in told)]

    expected: dict[str, tuple[tuple[int, ...], Any]] = {}
    gone = {s[1] for s in arrivals if s[0] == "erased"}
    for step in arrivals:
        name, post, generations = step
        if name == "erased" or post in gone:
            continue
        padded = (*generations, 0, 0)[:4]
        if post not in expected or padded > expected[post][0]:
            expected[post] = (padded, step)

    async def run() -> None:
        client = mongo.open_client(mongodb_uri, timeout_s=10)
        name = f"test_{uuid.uuid4().hex}"
        try:
            first, second = await start(wired, client[name]), await start(wired, client[name])
            for number, step in enumerate(arrivals):
                await handle(first if number % 2 else second, event(step))
            await first.replica.refresh()
            await second.replica.refresh()
            clean = await start(wired, client[name + "_clean"])
            for _, step in expected.values():
                await handle(clean, event(step))
            assert content(first.replica.catalog) == content(clean.replica.catalog)
            fresh = await start(wired, client[name])
            assert content(fresh.replica.catalog) == content(first.replica.catalog)
            assert answer(second.replica.catalog) == answer(fresh.replica.catalog)
            assert answer(fresh.replica.catalog) == answer(first.replica.catalog)
        finally:
            await client.drop_database(name)
            await client.drop_database(name + "_clean")
            await client.close()

    asyncio.run(run())
