"""Events in any order, twice, and through two replicas leave the same catalog, in memory and in the database."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from recommender.core import ranking
from recommender.core.catalog import Catalog
from recommender.core.filters import Filters
from recommender.core.profile import Learned
from recommender.core.score import Moment, Person, Weights
from recommender.core.shortlist import Key, Shortlist
from recommender.core.trend_table import TrendRow, TrendTable
from recommender.events import EventHandlers
from recommender.storage import store as store_module
from recommender.storage.replica import Replica
from recommender.storage.store import Store
from servicekit.errors import InvalidMessage
from snsfashion.events.v1.events_pb2 import ImageClassified, OutfitDescribed, PostErased
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1.recommender_pb2 import Outfit

Database = AsyncDatabase[dict[str, Any]]
Described = Callable[..., OutfitDescribed]
Rejected = Callable[..., ImageClassified]
TOP, SKIRT = 1, 9
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def start(db: Database) -> tuple[EventHandlers, Replica, Store]:
    store = Store(db)
    await store.prepare()
    replica = Replica(store)
    await replica.load()
    return EventHandlers(store, replica), replica, store


def content(catalog: Catalog) -> dict[str, tuple[bytes, list[float]]]:
    """What a catalog holds, whatever rows it holds it in."""
    return {
        catalog.image_ids[row]: (
            catalog.payloads[row],
            catalog.columns.suitability[row].tolist(),
        )
        for row in np.flatnonzero(catalog.columns.alive)
    }


def answer(catalog: Catalog) -> list[tuple[str, list[float]]]:
    """Image ids and parts of what somebody is recommended."""
    person = Person(frozenset({1}), 4, Learned(families={"red": 0.5}))
    moment = Moment(TrendTable({}, {TOP: TrendRow(0.3, 0.1, 0.5, True)}, {}), NOW.timestamp())
    shortlist = Shortlist(catalog, Key(Weights(), person.personal_color), moment)
    found = ranking.recommend(catalog, shortlist, person, Filters(), 10)
    return [
        (catalog.image_ids[row], parts)
        for row, parts in zip(found.rows, found.parts.tolist(), strict=True)
    ]


async def handle(handlers: EventHandlers, event: Any) -> None:
    if isinstance(event, OutfitDescribed):
        outcomes = await handlers.described([event])
    elif isinstance(event, ImageClassified):
        outcomes = await handlers.rejected([event])
    else:
        outcomes = await handlers.erased([event])
    assert outcomes == [()]


async def test_an_outfit_enters_the_catalog_without_masks(
    db: Database, described: Described
) -> None:
    handlers, replica, store = await start(db)
    await handlers.described([described("a"), described("b", ((SKIRT, "red"),))])
    assert set(content(replica.catalog)) == {"shop:a:0", "shop:b:0"}
    assert all(b"mask" not in stored.payload for stored in await store.outfits())


async def test_social_photos_and_photos_without_garments_are_not_offered(
    db: Database, described: Described
) -> None:
    handlers, replica, _ = await start(db)
    await handlers.described(
        [described("social", kind=fashion_pb2.SOURCE_KIND_SOCIAL), described("empty", ())]
    )
    assert content(replica.catalog) == {}


async def test_a_newer_rejection_removes_an_outfit_and_an_older_one_does_not(
    db: Database, described: Described, rejected: Rejected
) -> None:
    handlers, replica, _ = await start(db)
    await handlers.described([described("a", generations=(1, 2, 1, 1))])
    await handlers.rejected([rejected("a", (1, 1))])
    assert "shop:a:0" in content(replica.catalog)
    await handlers.rejected([rejected("a", (1, 3))])
    assert content(replica.catalog) == {}
    await handlers.described([described("a", generations=(1, 2, 9, 9))])
    assert content(replica.catalog) == {}


async def test_an_erased_post_never_comes_back(db: Database, described: Described) -> None:
    handlers, replica, store = await start(db)
    await handlers.described([described("a"), described("b")])
    await handlers.erased([PostErased(event_id="e", site="shop", post="a")])
    assert set(content(replica.catalog)) == {"shop:b:0"}
    await handlers.described([described("a", generations=(9, 9, 9, 9))])
    assert set(content(replica.catalog)) == {"shop:b:0"}
    assert [stored.image_id for stored in await store.outfits()] == ["shop:b:0"]


async def test_a_write_that_an_erasure_overtook_is_invisible_even_if_its_writer_died(
    db: Database, described: Described
) -> None:
    handlers, replica, _ = await start(db)
    await handlers.described([described("a")])
    kept = await db["outfits"].find_one({"_id": "shop:a:0"})
    assert kept is not None
    await handlers.erased([PostErased(event_id="e", site="shop", post="a")])
    # What a writer leaves that checked before the erasure, wrote after it, and was killed.
    await db["outfits"].insert_one(kept)
    await replica.load()
    assert content(replica.catalog) == {}


async def test_an_erasure_at_the_same_time_as_the_write_leaves_nothing(
    db: Database, described: Described
) -> None:
    handlers, replica, _ = await start(db)
    posts = [f"p{number}" for number in range(20)]
    await asyncio.gather(
        *(handlers.described([described(post)]) for post in posts),
        *(handlers.erased([PostErased(event_id="e", site="shop", post=post)]) for post in posts),
    )
    await replica.refresh()
    assert content(replica.catalog) == {}
    assert await db["outfits"].count_documents({}) == 0


async def test_a_bad_event_among_good_ones_is_refused_alone(
    db: Database, described: Described
) -> None:
    handlers, replica, _ = await start(db)
    bad = described("bad")
    bad.garments[0].category = 99  # type: ignore[assignment]
    outcomes = await handlers.described([described("a"), bad, described("b")])
    assert outcomes[0] == outcomes[2] == ()
    assert isinstance(outcomes[1], InvalidMessage)
    assert "category 99" in str(outcomes[1])
    assert set(content(replica.catalog)) == {"shop:a:0", "shop:b:0"}


async def test_a_replica_that_got_no_event_follows(db: Database, described: Described) -> None:
    handlers, replica, store = await start(db)
    other = Replica(store)
    await other.load()
    await handlers.described([described("a"), described("b")])
    await handlers.erased([PostErased(event_id="e", site="shop", post="a")])
    assert content(other.catalog) == {}
    await other.refresh()
    assert content(other.catalog) == content(replica.catalog) != {}


async def test_a_replica_that_was_away_for_too_long_reads_everything(
    db: Database, described: Described
) -> None:
    handlers, replica, store = await start(db)
    other = Replica(store)
    await other.load()
    await handlers.described([described("a"), described("b")])
    await store.announce(["nothing"] * (store_module.RECENT + 1))
    assert (await store.changed_since(0))[1] is None
    await other.refresh()
    await replica.refresh()
    assert content(other.catalog) == content(replica.catalog)
    assert len(other.catalog) == 2


async def test_a_delivery_that_died_before_it_announced_is_announced_by_the_next(
    db: Database, described: Described
) -> None:
    handlers, _, store = await start(db)
    other = Replica(store)
    await other.load()
    await handlers.described([described("a")])
    # As if the first delivery had written, but died before `announce`.
    await db["changes"].update_one({"_id": "catalog"}, {"$set": {"version": 0, "recent": []}})
    await handlers.described([described("a")])
    await other.refresh()
    assert set(content(other.catalog)) == {"shop:a:0"}


async def test_two_writers_at_once_leave_the_greater_generation(
    db: Database, described: Described
) -> None:
    first, replica, store = await start(db)
    second = EventHandlers(store, Replica(store))
    versions = [
        described(post, ((TOP, family),), generations=(1, 1, 1, generation))
        for generation, family in ((1, "red"), (2, "navy"), (3, "black"))
        for post in "abcdef"
    ]
    await asyncio.gather(
        *(handlers.described([event]) for event in versions for handlers in (first, second))
    )
    await replica.refresh()
    payloads = [payload for payload, _ in content(replica.catalog).values()]
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


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps, st.data())
def test_any_order_and_repetition_leaves_what_the_greatest_tuples_say(
    mongodb_uri: str,
    described: Described,
    rejected: Rejected,
    history: Sequence[tuple[str, str, tuple[int, ...]]],
    data: st.DataObject,
) -> None:
    def event(step: tuple[str, str, tuple[int, ...]]) -> Any:
        name, post, generations = step
        if name == "erased":
            return PostErased(event_id="e", site="shop", post=post)
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
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongodb_uri)
        name = f"test_{uuid.uuid4().hex}"
        try:
            handlers, replica, store = await start(client[name])
            second = Replica(store)
            other = EventHandlers(store, second)
            for number, step in enumerate(arrivals):
                await handle(handlers if number % 2 else other, event(step))
            await replica.refresh()
            await second.refresh()
            clean, clean_replica, _ = await start(client[name + "_clean"])
            for _, step in expected.values():
                await handle(clean, event(step))
            assert content(replica.catalog) == content(clean_replica.catalog)
            fresh = Replica(store)
            await fresh.load()
            assert content(fresh.catalog) == content(replica.catalog)
            assert answer(second.catalog) == answer(fresh.catalog) == answer(replica.catalog)
        finally:
            await client.drop_database(name)
            await client.drop_database(name + "_clean")
            await client.close()

    asyncio.run(run())
