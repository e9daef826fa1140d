"""Brings what version 0.1 stored of photos into the shape of `servicekit.photostore`, once.

`snsfashion-admin <service> migrate` calls it; no replica of the service may run meanwhile. It may be stopped and run again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from servicekit.mongo import Database, Document
from servicekit.photostore import OLD_COLLECTIONS, PhotoStore, Post, Write

_PAGE = 500


@dataclass(frozen=True)
class Old:
    """Where version 0.1 of a service kept what it knew of photos, and how to read it."""

    photos: str
    """The collection of photos."""
    tombstones: str
    """The collection of tombstones."""
    photo: Callable[[Document], Document]
    """Gives the new document of an old one, without `seq`."""
    tombstone: Callable[[Document], tuple[Post, Document]]
    """Gives the post of an old tombstone, and the fields that stay."""


@dataclass(frozen=True)
class Migrated:
    """How many photos and tombstones were moved."""

    photos: int
    tombstones: int


async def migrate(
    db: Database, old: Old, progress: Callable[[int], object] = lambda count: None
) -> Migrated:
    """Move all photos and tombstones of a service; `progress` is told how many since the last call."""
    store = PhotoStore(db)
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
    """Give the documents of a collection in pages; read first, since what is read is being changed."""
    ids = [document["_id"] async for document in db[name].find(query, {"_id": 1})]
    for start in range(0, len(ids), _PAGE):
        found = db[name].find({"_id": {"$in": ids[start : start + _PAGE]}})
        yield [document async for document in found]
