"""The end is that of one clean run, in whatever order and however often results and erasures arrive, and whenever a writer dies."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from servicekit import migration
from servicekit.errors import StartError
from servicekit.events import Order
from servicekit.migration import Old, migrate
from servicekit.mongo import Database, Document
from servicekit.photostore import PhotoStore, Post, Put, Result, Write, post_key

POSTS = (Post("shop", "1"), Post("shop", "2"), Post("10.0.0.1:8080", "1"))
Standing: TypeAlias = dict[str, Order]


class Killed(Exception):
    """Stands for a kill in the middle of a write."""


@dataclass(frozen=True)
class Batch:
    """One delivery: photos (post, position, tuple) and erased posts. `killed_at`: the step of the write at which it first dies."""

    photos: tuple[tuple[int, int, Order], ...]
    erased: tuple[int, ...]
    killed_at: int | None


orders = st.tuples(st.integers(1, 2), st.integers(0, 2), st.integers(0, 1), st.integers(0, 1))
photos = st.tuples(st.integers(0, 2), st.integers(0, 1), orders)
batches = st.builds(
    Batch,
    st.lists(photos, max_size=4).map(tuple),
    st.lists(st.integers(0, 2), max_size=1).map(tuple),
    st.one_of(st.none(), st.integers(0, 5)),
)


@pytest.fixture
async def db(mongodb_uri: str) -> AsyncIterator[Database]:
    client: AsyncMongoClient[Document] = AsyncMongoClient(mongodb_uri, tz_aware=True)
    name = f"test_photostore_{uuid.uuid4().hex}"
    yield client[name]
    await client.drop_database(name)
    await client.close()


def result(post: int, position: int, order: Order) -> Result:
    """Return the fields of a photo. They follow from the tuple, since the same fact always has the same fields."""
    where = POSTS[post]
    return Result(f"{where.site}:{where.post}:{position}", where, order, {"value": list(order)})


async def deliver(store: PhotoStore, batch: Batch) -> None:
    """Write a batch. If the write is killed, the batch is delivered again."""
    steps = 0
    dying = batch.killed_at

    async def work(write: Write) -> None:
        nonlocal steps

        async def step() -> None:
            nonlocal steps, dying
            if steps == dying:
                dying = None
                raise Killed
            steps += 1

        await step()
        await write.put([result(*photo) for photo in batch.photos])
        await step()
        if batch.erased:
            await write.erase([POSTS[post] for post in batch.erased])
        await step()

    try:
        await store.write(work)
    except Killed:
        await store.write(work)


async def standing(store: PhotoStore) -> Standing:
    """Return the stored result of every photo."""
    found: Standing = {}
    async for document in store.photos.find():
        first, second, third, fourth = document["order"]
        assert document["value"] == document["order"]
        found[document["_id"]] = (first, second, third, fourth)
    return found


def clean(batches: Sequence[Batch]) -> Standing:
    """Return what must be stored in the end, by the rule alone."""
    erased = {post for batch in batches for post in batch.erased}
    best: Standing = {}
    for batch in batches:
        for post, position, order in batch.photos:
            if post not in erased:
                name = result(post, position, order).image_id
                best[name] = max(best.get(name, order), order)
    return best


@settings(max_examples=30, deadline=None)
@given(history=st.lists(batches, max_size=6), again=st.randoms(use_true_random=False))
def test_any_history_ends_as_a_clean_run(
    mongodb_uri: str, history: list[Batch], again: object
) -> None:
    """A history has duplicates, in any order, and kills anywhere. Memory that follows by `seq` must end with the same."""
    shuffled = [*history, *history]
    again.shuffle(shuffled)  # type: ignore[attr-defined]

    async def run() -> None:
        client: AsyncMongoClient[Document] = AsyncMongoClient(mongodb_uri, tz_aware=True)
        name = f"test_photostore_{uuid.uuid4().hex}"
        store = PhotoStore(client[name])
        try:
            await store.prepare()
            memory: Standing = {}
            known = 0
            for number, batch in enumerate(shuffled):
                await deliver(store, batch)
                if number % 2:
                    known = await follow(store, memory, known)
            await follow(store, memory, known)
            assert await standing(store) == clean(history) == memory
        finally:
            await client.drop_database(name)
            await client.close()

    asyncio.run(run())


async def follow(store: PhotoStore, memory: Standing, known: int) -> int:
    """Load what changed since `known`, as a replica does."""
    newest = int((await store.read_head()).get("seq", 0))
    changes = await store.find_changes(known, newest)
    for document in changes.photos:
        first, second, third, fourth = document["order"]
        memory[document["_id"]] = (first, second, third, fourth)
    for tombstone in changes.tombstones:
        for image_id in tombstone["image_ids"]:
            memory.pop(image_id, None)
    return newest


async def test_two_writers_at_once_lose_nothing(db: Database) -> None:
    stores = [PhotoStore(db) for _ in range(3)]
    await stores[0].prepare()
    tuples: list[Order] = [(1, n, 0, 0) for n in range(12)]
    await asyncio.gather(
        *(
            stores[n % 3].put([result(0, 0, order), result(1, n % 2, order)])
            for n, order in enumerate(tuples)
        )
    )
    assert (await standing(stores[0]))["shop:1:0"] == (1, 11, 0, 0)
    assert (await stores[0].read_head())["seq"] == 12


async def test_put_returns_what_was_there_what_was_stored_and_what_is_erased(db: Database) -> None:
    store = PhotoStore(db)
    await store.put([result(0, 0, (1, 1, 1, 1))])
    await store.erase([POSTS[1]])
    put: Put = await store.put(
        [result(0, 0, (1, 1, 1, 1)), result(0, 1, (1, 1, 1, 1)), result(1, 0, (1, 1, 1, 1))]
    )
    assert list(put.before) == ["shop:1:0"]
    assert [document["_id"] for document in put.stored] == ["shop:1:1"]
    assert put.erased == {POSTS[1]}


async def test_a_tombstone_names_every_photo_that_its_post_ever_had(db: Database) -> None:
    store = PhotoStore(db)
    await store.put([result(0, 0, (1, 0, 0, 0)), result(0, 1, (1, 0, 0, 0))])
    (first,) = await store.erase([POSTS[0]])
    (again,) = await store.erase([POSTS[0]])
    assert first["image_ids"] == again["image_ids"] == ["shop:1:0", "shop:1:1"]
    assert again["seq"] > first["seq"]
    assert await store.find_erased(POSTS) == {POSTS[0]}


async def test_a_write_that_fails_leaves_nothing(db: Database) -> None:
    store = PhotoStore(db)

    async def work(write: Write) -> None:
        await write.put([result(0, 0, (1, 0, 0, 0))])
        await write.update_head({"palette": 7})
        raise Killed

    with pytest.raises(Killed):
        await store.write(work)
    assert await standing(store) == {}
    assert await store.read_head() == {}


async def test_the_only_writer_does_not_wait_for_what_its_killed_predecessor_left_open(
    db: Database,
) -> None:
    killed, successor = PhotoStore(db), PhotoStore(db)
    await killed.take_over()
    begun = asyncio.Event()

    async def work(write: Write) -> None:
        await write.put([result(0, 0, (1, 0, 0, 0))])
        begun.set()
        await asyncio.Event().wait()

    open_write = asyncio.create_task(killed.write(work))
    await begun.wait()
    await successor.take_over()
    async with asyncio.timeout(20):
        await successor.put([result(1, 0, (1, 0, 0, 0))])
    assert await standing(successor) == {"shop:2:0": (1, 0, 0, 0)}
    open_write.cancel()
    await asyncio.gather(open_write, return_exceptions=True)
    assert await standing(successor) == {"shop:2:0": (1, 0, 0, 0)}


@given(st.text(max_size=6), st.text(max_size=6), st.text(max_size=6), st.text(max_size=6))
def test_no_two_posts_share_a_tombstone(site: str, post: str, other_site: str, other: str) -> None:
    """A site and a post may contain any characters."""
    same = (site, post) == (other_site, other)
    assert (post_key(site, post) == post_key(other_site, other)) == same


def test_the_key_of_a_post_is_the_start_of_its_image_ids() -> None:
    assert post_key("instagram", "178") == "instagram:178"


async def test_data_of_version_0_1_is_refused_until_it_is_migrated(db: Database) -> None:
    await db["outfits"].insert_many(
        [
            {
                "_id": "shop:1:0",
                "site": "shop",
                "post": "1",
                "order": [1, 1, 1, 1],
                "value": [1] * 4,
            },
            {
                "_id": "shop:2:0",
                "site": "shop",
                "post": "2",
                "order": [1, 1, 1, 2],
                "value": [1, 1, 1, 2],
            },
        ]
    )
    await db["erased"].insert_one({"_id": "shop/3"})
    store = PhotoStore(db)
    with pytest.raises(StartError, match="migrate"):
        await store.prepare()
    old = Old(
        photos="outfits",
        tombstones="erased",
        photo=lambda document: document,
        tombstone=lambda document: (Post("shop", document["_id"][5:]), {"old": True}),
    )
    moved = await migrate(db, old)
    assert (moved.photos, moved.tombstones) == (2, 1)
    await store.prepare()
    assert await standing(store) == {"shop:1:0": (1, 1, 1, 1), "shop:2:0": (1, 1, 1, 2)}
    assert await store.find_erased([Post("shop", "3"), Post("shop", "1")]) == {Post("shop", "3")}
    assert [t["old"] async for t in store.tombstones.find()] == [True]
    moved = await migrate(db, old)
    assert (moved.photos, moved.tombstones) == (0, 0)


@pytest.mark.parametrize("kill_after", range(1, 6))
async def test_a_migration_that_is_killed_is_finished_by_the_next(
    db: Database, kill_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has five writes: three pages of photos, two of tombstones. It is killed after one of them, before what follows."""
    monkeypatch.setattr(migration, "_PAGE", 2)
    await db["outfits"].insert_many(
        [{"_id": f"shop:{n}:0", "site": "shop", "post": str(n), "order": [1] * 4} for n in range(5)]
    )
    await db["erased"].insert_many([{"_id": f"shop/{post}"} for post in ("x", "y", "z")])
    old = Old(
        photos="outfits",
        tombstones="erased",
        photo=lambda document: document,
        tombstone=lambda document: (Post("shop", document["_id"][5:]), {}),
    )
    write = PhotoStore.write
    writes = 0

    async def write_and_die(store: PhotoStore, work: Callable[[Write], Awaitable[Any]]) -> Any:
        nonlocal writes
        done = await write(store, work)
        writes += 1
        if writes == kill_after:
            raise Killed
        return done

    with monkeypatch.context() as patched:
        patched.setattr(PhotoStore, "write", write_and_die)
        with pytest.raises(Killed):
            await migrate(db, old)
    store = PhotoStore(db)
    with pytest.raises(StartError, match="migrate"):
        await store.prepare()
    await migrate(db, old)
    await store.prepare()
    assert {d["_id"] async for d in store.photos.find()} == {f"shop:{n}:0" for n in range(5)}
    assert {d["_id"] async for d in store.tombstones.find()} == {f"shop:{p}" for p in "xyz"}


async def test_a_migration_has_an_index_for_the_photos_of_a_tombstone(db: Database) -> None:
    """Without it, each of thousands of tombstones would scan all photos."""
    await db["outfits"].insert_one({"_id": "shop:1:0", "site": "shop", "post": "1", "order": [1]})
    old = Old(
        "outfits", "erased", photo=lambda document: document, tombstone=lambda _: (POSTS[0], {})
    )
    await migrate(db, old)
    indexes = [index["key"] async for index in await db["photos"].list_indexes()]
    assert {"site": 1, "post": 1} in [dict(key) for key in indexes]
