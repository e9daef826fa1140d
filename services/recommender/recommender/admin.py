"""`snsfashion-admin recommender`: moving data of version 0.1."""

from __future__ import annotations

import click

from servicekit.admin import MONGODB_URI, asynchronous, open_database
from servicekit.migration import Migrated, Old, migrate
from servicekit.mongo import Database, Document
from servicekit.photostore import Post

_DIGITS = 16
_PAGE = 500


@click.group("recommender")
def commands() -> None:
    """Work on the recommender's data."""


@commands.command(
    "migrate", epilog="\b\nExample:\n  snsfashion-admin recommender migrate --mongodb-uri URI"
)
@MONGODB_URI
@asynchronous
async def migrate_data(mongodb_uri: str) -> None:
    """Move what version 0.1 stored into the collections of this one. Stop the service first."""
    async with open_database(mongodb_uri, "recommender") as db:
        moved = await move(db)
    click.echo(f"{moved.photos} photos and {moved.tombstones} tombstones moved")


async def move(db: Database) -> Migrated:
    """Move all photos and tombstones. May be stopped and run again."""
    total = 0
    for name in (OLD.photos, OLD.tombstones):
        total += await db[name].estimated_document_count()
    erased = [document["_id"] async for document in db[OLD.tombstones].find({}, {"_id": 1})]
    # Version 0.1 only hid what a late write had left of an erased post. Now it must be gone.
    for start in range(0, len(erased), _PAGE):
        await db[OLD.photos].delete_many({"post": {"$in": erased[start : start + _PAGE]}})
    with click.progressbar(length=total, label="documents") as bar:
        moved = await migrate(db, OLD, bar.update)
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
