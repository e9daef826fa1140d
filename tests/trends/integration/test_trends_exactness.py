"""Whatever happens on the way, through the real database: what is counted is what the surviving observations add up to."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from servicekit.events import Order
from servicekit.photostore import Post
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from trends.core.cell import Cell, CellKey, total
from trends.core.observation import Observation, PhotoState, Stratum, Worn
from trends.core.recount import Recount
from trends.storage.cellstore import FORMAT
from trends.storage.rebuild import rebuild
from trends.storage.snapshot import Snapshot
from trends.storage.store import RebuildOvertaken, Store

DAY = date(2026, 11, 12)
SITES = {post: "instagram" if post < "c" else "shop.example" for post in "abcdefgh"}
# A step of a history: a photo (post, position) told with an order, or a post erased.
Step = tuple[str, int, Order] | str
Contents = dict[CellKey, dict[str, Any]]

orders = st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(0, 2), st.integers(0, 2))
posts = st.sampled_from("abcd")
steps: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(st.tuples(posts, st.integers(0, 1), orders), posts.map(str)), max_size=25
)


def state(post: str, position: int, order: Order) -> PhotoState:
    """Return what producers of these generations always say of this photo: the same fact has the same content."""
    rng = random.Random(repr((post, position, order)))
    site = SITES[post]
    observation = None
    if order[2]:  # without a segmenter it is a rejection
        observation = Observation(
            stratum=Stratum(rng.choice([1, 2]), site),
            day=DAY + timedelta(days=rng.randrange(9)),
            contributor=rng.choice(["x", "y", "z"]),
            authored=rng.random() < 0.5,
            garments=tuple(
                Worn(rng.randint(1, 3), rng.choice(["red", "navy", ""]), rng.randint(0, 2))
                for _ in range(2)
            ),
            style=rng.randint(0, 2),
            hashtags=frozenset(rng.sample(["ootd", "fashion"], rng.randint(0, 2))),
            order=order,
            dated=rng.random() < 0.8,
        )
    return PhotoState(f"{site}:{post}:{position}", site, post, order, observation)


def survivors(history: Sequence[Step]) -> list[PhotoState]:
    erased = {step for step in history if isinstance(step, str)}
    best: dict[tuple[str, int], Order] = {}
    for step in history:
        if not isinstance(step, str) and step[0] not in erased:
            best[step[:2]] = max(best.get(step[:2], step[2]), step[2])
    return [state(post, position, order) for (post, position), order in best.items()]


def recounted(states: Sequence[PhotoState], hashtag: str = "") -> Contents:
    recount = Recount()
    recount.apply([s.only_with(hashtag) if hashtag else s for s in states])
    return {key: cell.document() for key, cell in recount.cells.items()}


async def stored(store: Store) -> Contents:
    """Return what cells and changes in the database add up to."""
    head = await store.read_head()
    cells = await store.cells.read_cells(head.epoch)
    assert all(cells.values()), "an empty cell is kept"
    for key, change in (await store.cells.sum_changes(head.folded, head.seq)).items():
        cells[key] = total([cells.get(key, Cell()), change])
    return {key: cell.document() for key, cell in cells.items() if cell}


def answers(snapshot: Snapshot) -> Contents:
    return {key: cell.document() for key, cell in snapshot._cells.items() if cell}


async def tell(store: Store, told: Sequence[Step], rng: random.Random) -> None:
    """Tell the service in batches of any size."""
    todo = list(told)
    while todo:
        batch = [todo.pop(0) for _ in range(min(len(todo), rng.randint(1, 4)))]
        photos = [state(*step) for step in batch if not isinstance(step, str)]
        erased = [Post(SITES[step], step) for step in batch if isinstance(step, str)]
        if photos:
            await store.put((p, OutfitDescribed() if p.observation else None) for p in photos)
        if erased:
            await store.erase(erased)


@given(history=steps, seed=st.integers(0, 2**32), fold=st.integers(1, 4))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],  # each example is a database: shrinking takes minutes
)
def test_any_history_told_by_two_replicas_leaves_what_the_survivors_add_up_to(
    mongodb_uri: str, history: list[Step], seed: int, fold: int
) -> None:
    rng = random.Random(seed)
    told = history + rng.sample(history, len(history) // 2)
    rng.shuffle(told)

    async def play() -> None:
        async with AsyncMongoClient[dict[str, Any]](mongodb_uri, tz_aware=True) as client:
            name = f"test_trends_{uuid.uuid4().hex}"
            one, other = (Store(client[name], fold) for _ in range(2))
            await one.prepare()
            follower, late = (Snapshot(one, lambda: 0.0) for _ in range(2))
            await follower.counts("ootd")
            half, third = len(told) // 2, len(told) // 3

            async def busy() -> None:
                await tell(one, told[:third], random.Random(seed))
                await follower.refresh()
                await tell(one, told[third:half], random.Random(seed))

            await asyncio.gather(
                busy(), tell(other, told[half:], random.Random(seed)), rebuild(other)
            )
            expected = recounted(survivors(history))
            assert await stored(one) == expected
            for snapshot in (follower, late):
                await snapshot.refresh()
                assert answers(snapshot) == expected
            tagged = (await follower.counts("ootd")).strata
            assert tagged == sorted({key.stratum for key in recounted(survivors(history), "ootd")})
            await rebuild(one)
            assert await stored(one) == expected
            assert (await one.read_head()).format == FORMAT
            await follower.refresh()
            assert answers(follower) == expected
            await client.drop_database(name)

    asyncio.run(play())


@pytest.fixture
def name() -> str:
    return f"test_trends_{uuid.uuid4().hex}"


async def test_an_erasure_leaves_nothing_of_the_post_in_any_collection(
    mongodb_uri: str, name: str
) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri, tz_aware=True) as client:
        store = Store(client[name])
        await store.prepare()
        await tell(store, [("a", 0, (1, 1, 1, 1)), "a", ("a", 0, (2, 2, 2, 2))], random.Random(1))
        left = {
            collection: [d async for d in client[name][collection].find()]
            for collection in ("photos", "changes", "cells")
        }
        assert left == {"photos": [], "changes": [], "cells": []}
        await client.drop_database(name)


async def test_a_rebuild_mends_cells_that_are_wrong_and_takes_away_what_others_left(
    mongodb_uri: str, name: str
) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri, tz_aware=True) as client:
        store = Store(client[name], 1)
        await store.prepare()
        history: list[Step] = [(post, 0, (1, 1, 1, n)) for n in range(3) for post in "abcd"]
        await tell(store, history, random.Random(2))
        await client[name]["cells"].update_many({}, {"$set": {"refs": b""}})
        died = await store.take_epoch()
        await store.cells.write_cells(died, await store.cells.sum_changes(0, 3))
        await rebuild(store)
        assert await stored(store) == recounted(survivors(history))
        assert {d["epoch"] async for d in client[name]["cells"].find()} == {died + 1}
        await client.drop_database(name)


async def test_a_rebuild_that_another_overtook_changes_nothing(mongodb_uri: str, name: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri, tz_aware=True) as client:
        store = Store(client[name])
        await store.prepare()
        early = await store.take_epoch()
        await rebuild(store)
        with pytest.raises(RebuildOvertaken):
            await store.switch(early, Recount(), 0)
        assert (await store.read_head()).epoch > early
        await client.drop_database(name)


async def test_evidence_is_looked_up_by_what_a_photo_shows(mongodb_uri: str, name: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri, tz_aware=True) as client:
        store = Store(client[name])
        await store.prepare()
        states = [state(post, n, (1, 1, 1, 1)) for post in "abcdefgh" for n in range(4)]
        await store.put((s, OutfitDescribed()) for s in states)
        seen = [(s.image_id, o) for s in states if (o := s.observation)]
        days = sorted({o.day for _, o in seen})
        for value in {v for _, o in seen for v in o.values()}:
            for asked, hashtag in product((days[:1], days), ("", "ootd")):
                found = await store.photos.find_showing(value, ["red", "navy"], hashtag, asked)
                assert {(s, p.image_id) for s, photos in found.items() for p in photos} == {
                    (o.stratum, image_id)
                    for image_id, o in seen
                    if value in o.values()
                    and o.day in asked
                    and (not hashtag or hashtag in o.hashtags)
                }
