"""`snsfashion-admin recommender migrate` on what version 0.1 stored."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from recommender import messages
from recommender.admin import OLD, move
from recommender.app import RecommenderApp
from servicekit.errors import StartError
from servicekit.mongo import Database, Document
from snsfashion.events.v1.events_pb2 import ImageClassified, OutfitDescribed, PostErased
from snsfashion.recommender.v1.recommender_pb2 import Outfit

Described = Callable[..., OutfitDescribed]
Rejected = Callable[..., ImageClassified]
Wire = Callable[..., RecommenderApp]


def old_photo(event: OutfitDescribed, *, shows_an_outfit: bool = True) -> Document:
    """Return what version 0.1 stored of an event."""
    numbers = event.generations
    order = (numbers.provenance, numbers.classifier, numbers.segmenter, numbers.color)
    outfit = messages.catalog_outfit(event)
    outfit.product.ClearField("price_micros")
    return {
        "_id": event.image.image_id,
        "order": "".join(f"{number:016x}" for number in order),
        "post": f"{event.provenance.site}\n{event.provenance.post}",
        "site": event.provenance.site,
        "author": event.provenance.author_key,
        "payload": outfit.SerializeToString() if shows_an_outfit else None,
    }


@pytest.fixture
async def old(db: Database, described: Described) -> Database:
    """A database of version 0.1: outfits a and b, c rejected, d erased, and what a late write left of d."""
    photos = [
        old_photo(described("a", generations=(1, 2, 3, 2**40), price_cents=3990, currency="EUR")),
        old_photo(described("b")),
        old_photo(described("c", generations=(1, 9, 0, 0)), shows_an_outfit=False),
        old_photo(described("d")),
    ]
    await db["outfits"].create_index("post")
    await db["outfits"].insert_many(photos)
    await db["erased"].insert_one({"_id": "shop\nd", "erased": True})
    lists = {name: {"_id": name, "version": 7, "recent": ["x"] * 7} for name in CHANGES}
    await db["changes"].insert_many(lists.values())
    return db


CHANGES = ("catalog", "people")


async def found(app: RecommenderApp) -> set[str]:
    await app.prepare()
    return {image_id for image_id in app.replica.catalog.image_ids if image_id}


async def test_the_service_does_not_start_on_old_data_and_says_what_to_do(
    old: Database, wired: Wire
) -> None:
    with pytest.raises(StartError, match=r"snsfashion-admin .* migrate"):
        await wired(old).prepare()


async def test_outfits_rejections_and_erasures_keep_their_meaning(
    old: Database, wired: Wire, described: Described, rejected: Rejected
) -> None:
    moved = await move(old, OLD)
    assert (moved.photos, moved.tombstones) == (3, 1)
    app = wired(old)
    assert await found(app) == {"shop:a:0", "shop:b:0"}
    stored = await app.outfits.find("shop:a:0")
    assert stored is not None
    product = messages.parse(stored.payload).product
    assert (product.price_cents, product.price_micros) == (3990, 39_900_000)
    older = described("a", ((9, "red"),), generations=(1, 2, 3, 2**40 - 1))
    await app.events.described([older, described("c", generations=(1, 8, 9, 9)), described("d")])
    again = await app.outfits.find("shop:a:0")
    assert again == stored
    assert await found(app) == {"shop:a:0", "shop:b:0"}
    newer = described("a", ((9, "red"),), generations=(1, 2, 3, 2**40 + 1))
    await app.events.described([newer])
    now = await app.outfits.find("shop:a:0")
    assert now is not None
    assert Outfit.FromString(now.payload).garments[0].category == 9
    await app.events.rejected([rejected("b", (1, 2))])
    await app.events.erased([PostErased(event_id="e", site="shop", post="a")])
    assert await found(app) == set()


async def test_nothing_is_left_of_an_erased_post_and_the_list_of_changed_people_stays(
    old: Database,
) -> None:
    await move(old, OLD)
    assert await old["photos"].count_documents({"post": "d"}) == 0
    assert [document["_id"] async for document in old["changes"].find()] == ["people"]
    assert "outfits" not in await old.list_collection_names()
    tombstones = [document async for document in old["erased"].find()]
    assert [(t["site"], t["post"]) for t in tombstones] == [("shop", "d")]


async def test_moving_may_be_stopped_and_run_again(
    old: Database, wired: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stop(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("servicekit.photostore.Write.set_tombstones", stop)
        with pytest.raises(KeyboardInterrupt):
            await move(old, OLD)
    assert await old["photos"].count_documents({}) == 3
    await move(old, OLD)
    await move(old, OLD)
    assert await found(wired(old)) == {"shop:a:0", "shop:b:0"}


async def test_the_command_tells_how_much_it_moved(
    service_database: Database, mongodb_uri: str, described: Described
) -> None:
    await service_database["outfits"].insert_one(old_photo(described("a")))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "servicekit.admin", "recommender", "migrate"),
        env={**os.environ, "MONGODB_URI": mongodb_uri},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors
    assert "1 photos and 0 tombstones moved" in output.decode()
