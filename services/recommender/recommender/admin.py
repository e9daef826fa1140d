"""`snsfashion-admin recommender`: moving data of version 0.1."""

from __future__ import annotations

import click

from servicekit.admin import migration
from servicekit.migration import Migrated, Old, Progress, migrate
from servicekit.mongo import Database, Document
from servicekit.photostore import Post

_DIGITS = 16
_PAGE = 500


@click.group("recommender")
def commands() -> None:
    """Work on the recommender's data."""


async def move(db: Database, old: Old, progress: Progress = lambda _: None) -> Migrated:
    """Move all photos and tombstones. May be stopped and run again."""
    erased = [document["_id"] async for document in db[old.tombstones].find({}, {"_id": 1})]
    # Version 0.1 only hid what a late write had left of an erased post. Now it must be gone.
    for start in range(0, len(erased), _PAGE):
        await db[old.photos].delete_many({"post": {"$in": erased[start : start + _PAGE]}})
    moved = await migrate(db, old, progress)
    await db["changes"].delete_one({"_id": "catalog"})
    return moved


def _photo(old: Document) -> Document:
    site, _, post = old["post"].partition("\n")
    numbers = old["order"]
    return {
        "_id": old["_id"],
        "site": site,
        "post": post,
        "order": [
            int(numbers[start : start + _DIGITS], 16) for start in range(0, len(numbers), _DIGITS)
        ],
        "author": old["author"],
        "outfit": old["payload"],
    }


def _tombstone(old: Document) -> tuple[Post, Document]:
    site, _, post = old["_id"].partition("\n")
    return Post(site, post), {}


OLD = Old(photos="outfits", tombstones="erased", photo=_photo, tombstone=_tombstone)
"""`outfits` {_id, site, post: "<site>\\n<post>", order: 64 hex digits, author, payload}, and `erased` {_id: "<site>\\n<post>"}."""

commands.add_command(migration("recommender", OLD, move))
