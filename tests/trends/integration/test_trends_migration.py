"""`snsfashion-admin trends migrate`: data of version 0.1 is moved once, and the answers stay the same."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, timedelta
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner
from google.protobuf.message import Message
from pymongo import AsyncMongoClient

from servicekit import mongo
from servicekit.admin import main
from servicekit.errors import StartError
from servicekit.mongo import Database
from servicekit.photostore import Post
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.app import TrendsApp
from trends.core.cell import Cell, total
from trends.core.observation import Observation, PhotoState, Stratum, Worn
from trends.core.recount import Recount
from trends.storage.store import Store

SUNDAY = date(2026, 11, 22)
SITE = "shop.example:8080"
SKIRT = trends_pb2.Value(category=fashion_pb2.CATEGORY_SKIRT)
REQUESTS = (
    trends_pb2.GetTrendsRequest(dimension=trends_pb2.DIMENSION_ITEM_COLOR),
    trends_pb2.GetTrendsRequest(
        dimension=trends_pb2.DIMENSION_COLOR, filter=trends_pb2.Filter(hashtag="ootd")
    ),
    trends_pb2.GetTrendEvidenceRequest(
        dimension=trends_pb2.DIMENSION_ITEM, value=SKIRT, page_size=30
    ),
)
T = TypeVar("T")
Wired = Callable[[Database, Callable[[], float]], TrendsApp]


def photo(number: int, order: tuple[int, int, int, int] = (1, 1, 1, 1)) -> PhotoState:
    """Return a photo; every fifth one is rejected."""
    observation = Observation(
        stratum=Stratum(fashion_pb2.SOURCE_KIND_SOCIAL, SITE),
        day=SUNDAY - timedelta(days=number % 14),
        contributor=f"p{number}",
        authored=True,
        garments=(Worn(fashion_pb2.CATEGORY_SKIRT, "red" if number % 3 else "navy"),),
        style=0,
        hashtags=frozenset(["ootd"] if number % 2 else []),
        order=order,
        dated=True,
    )
    post = f"{number}:x"
    image_id = f"{SITE}:{post}:0"
    return PhotoState(image_id, SITE, post, order, observation if number % 5 else None)


def described(state: PhotoState) -> tuple[PhotoState, OutfitDescribed | None]:
    if state.observation is None:
        return state, None
    return state, OutfitDescribed(image=fashion_pb2.ImageRef(image_id=state.image_id))


async def age(db: Database) -> None:
    """Bring the data into the shape of version 0.1.

    `observations` held what `photos` holds, and a tombstone was {_id: "<site>/<post>", site, post, seq}.
    """
    async for document in db["photos"].find():
        await db["observations"].insert_one(document)
    await db["photos"].drop()
    for tombstone in [document async for document in db["erased"].find()]:
        await db["erased"].delete_one({"_id": tombstone["_id"]})
        old = {name: tombstone[name] for name in ("site", "post", "seq")}
        await db["erased"].insert_one({"_id": f"{old['site']}/{old['post']}", **old})


@pytest.fixture
def name(mongodb_uri: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the name of a database that `snsfashion-admin` works on."""
    name = f"test_trends_{uuid.uuid4().hex}"
    monkeypatch.setattr(mongo, "database", lambda client, service: client[name])
    monkeypatch.setenv("MONGODB_URI", mongodb_uri)
    yield name

    async def drop(db: Database) -> None:
        await db.client.drop_database(name)

    on(mongodb_uri, name, drop)


def on(uri: str, name: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True) as client:
            return await work(client[name])

    return asyncio.run(run())


def test_moved_data_gives_the_same_answers_and_counts_on(
    mongodb_uri: str, name: str, wired: Wired
) -> None:
    photos = [photo(number) for number in range(200)]
    gone = photo(201)

    async def answers(db: Database) -> list[Message]:
        app = wired(db, lambda: 0.0)
        await app.prepare()
        service: Any = app.service
        return [
            await getattr(service, type(request).__name__.removesuffix("Request"))(request, None)
            for request in REQUESTS
        ]

    async def fill(db: Database) -> list[Message]:
        store = Store(db, fold=4)  # some in cells, some in changes
        await store.prepare()
        for start in range(0, len(photos), 10):
            await store.put(map(described, [*photos[start : start + 10], gone]))
            if start == 100:
                await store.erase([Post(gone.site, gone.post)])
        told = await answers(db)
        await age(db)
        with pytest.raises(StartError, match=r"snsfashion-admin .* migrate"):
            await store.prepare()
        return told

    before = on(mongodb_uri, name, fill)
    assert all(message.ByteSize() > 100 for message in before)
    for moved in ("200 photos and 1 tombstones moved", "0 photos and 0 tombstones moved"):
        result = CliRunner().invoke(main, ["trends", "migrate"])
        assert result.exit_code == 0, result.output
        assert moved in result.output
    assert on(mongodb_uri, name, answers) == before

    async def go_on(db: Database) -> None:
        store = Store(db, fold=4)
        newer = [photo(number, (1, 1, 1, 2)) for number in range(150, 250)]
        late = photo(201, (9, 9, 9, 9))
        await store.put(map(described, [*newer, late]))
        head = await store.read_head()
        cells = await store.cells.read_cells(head.epoch)
        for key, change in (await store.cells.sum_changes(head.folded, head.seq)).items():
            cells[key] = total([cells.get(key, Cell()), change])
        recount = Recount()
        recount.apply(photos)
        recount.apply(state for state in newer if state.post != gone.post)
        assert {key: cell.document() for key, cell in cells.items() if cell} == {
            key: cell.document() for key, cell in recount.cells.items()
        }

    on(mongodb_uri, name, go_on)
