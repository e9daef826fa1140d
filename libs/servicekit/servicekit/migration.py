"""Moves what version 0.1 stored about photos into the collections of `servicekit.photostore`, once.

`snsfashion-admin <service> migrate` calls it. No replica of the service may run at the same time. It is safe to stop it and
to run it again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeAlias

from servicekit.mongo import Database, Document
from servicekit.photostore import OLD_COLLECTIONS, PhotoStore, Post, Write

_PAGE = 500


@dataclass(frozen=True)
class Old:
    """Where version 0.1 of a service stored what it knew about photos, and how to read it."""

    photos: str
    """The collection of photos."""
    tombstones: str
    """The collection of tombstones."""
    photo: Callable[[Document], Document]
    """Returns the new document for an old one, without `seq`."""
    tombstone: Callable[[Document], tuple[Post, Document]]
    """Returns the post of an old tombstone, and the fields to keep."""


@dataclass(frozen=True)
class Migrated:
    """How many photos and tombstones were moved."""

    photos: int
    tombstones: int


Progress: TypeAlias = Callable[[int], object]
"""Receives how many documents were moved since its last call."""


async def migrate(db: Database, old: Old, progress: Progress = lambda _: None) -> Migrated:
    """Move all photos and tombstones of a service."""
    store = PhotoStore(db)
    # A tombstone lists the photos of its post: without an index, each would scan all photos.
    await store.create_indexes()
    photos = tombstones = 0
    async for page in _pages(db, old.photos, {"seq": None} if old.photos == "photos" else {}):
        documents = [old.photo(document) for document in page]

        async def put(write: Write, documents: list[Document] = documents) -> None:
            before = await write.find(document["_id"] for document in documents)
            await write.replace(documents, before)

        await store.write(put)
        photos += len(page)
        progress(len(page))
    in_place = old.tombstones == "erased"
    async for page in _pages(db, old.tombstones, {"image_ids": None} if in_place else {}):
        posts = [old.tombstone(document) for document in page]

        async def mark(write: Write, posts: list[tuple[Post, Document]] = posts) -> None:
            for post, fields in posts:
                (tombstone,) = await write.set_tombstones([post])
                await store.tombstones.update_one(
                    {"_id": tombstone["_id"]}, {"$set": fields}, session=write.session
                )

        await store.write(mark)
        if in_place:
            old_keys = [document["_id"] for document in page]
            await store.tombstones.delete_many({"_id": {"$in": old_keys}, "image_ids": None})
        tombstones += len(page)
        progress(len(page))
    for name in OLD_COLLECTIONS:
        await db[name].drop()
    return Migrated(photos, tombstones)


async def _pages(db: Database, name: str, query: Document) -> AsyncIterator[list[Document]]:
    """Yield the documents of a collection in pages. All ids are read first, since the caller changes the documents."""
    ids = [document["_id"] async for document in db[name].find(query, {"_id": 1})]
    for start in range(0, len(ids), _PAGE):
        found = db[name].find({"_id": {"$in": ids[start : start + _PAGE]}})
        yield [document async for document in found]
