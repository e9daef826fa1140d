"""Palettes and each photo's colours in MongoDB: the greatest tuple of generations wins, erased posts stay away.

A document of `outfits`: {_id: image_id, site, post, order: the tuple, described: the event that was published}. The colours
in the event are as they were measured, so another palette can name them without the photo.
A document of `erased`: {_id: "<site>/<post>"}.
A document of `palettes`: {_id: version, number, packaged: did it come with the service, csv}.
`meta`: {_id: "writes", count, palette: the greatest number}.

Every write is a transaction that first changes that one document of `meta`, so transactions of all replicas follow one
another. So no two palettes get one number, an outfit can't slip in between the look at the tombstones and an erasure, and
none named by an older palette is stored once a newer one is there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import DeleteMany, ReplaceOne, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from servicekit.events import order
from snsfashion.events.v1.events_pb2 import OutfitDescribed

Document = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What is stored for one batch: outfits by image_id, and which of its posts are erased, as (site, post)."""

    outfits: Mapping[str, OutfitDescribed]
    erased: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class StoredPalette:
    """A palette as it is kept. `number` is 1 for the first and greater by one for each after it."""

    version: str
    number: int
    csv: str


class NewerPalette(Exception):
    """Outfits were named by a palette that is no longer the newest; nothing was stored."""


class VersionTaken(Exception):
    """Another palette has this version already."""


class Store:
    """The colours of photos, and the palettes."""

    def __init__(self, db: AsyncDatabase[Document]) -> None:
        self._db = db
        self._outfits = db["outfits"]
        self._erased = db["erased"]
        self._palettes = db["palettes"]
        self._meta = db["meta"]

    async def prepare(self) -> None:
        """Creates what is missing."""
        await self._outfits.create_index([("site", 1), ("post", 1)])
        await self._palettes.create_index("number", unique=True)

    async def known(self, photos: Sequence[tuple[str, str, str]]) -> Known:
        """What is stored of photos given as (image_id, site, post)."""
        return await self._known(photos, None)

    async def put(self, outfits: Sequence[OutfitDescribed], palette: int) -> Known:
        """Stores each outfit unless a greater or equal tuple is there or its post is erased; returns what stands then.

        `palette`: number of the palette that named them. Raises NewerPalette if there is a newer one.
        """

        async def write(session: AsyncClientSession) -> Known:
            if await self._serialise(session) > palette:
                raise NewerPalette
            photos = [(o.image.image_id, o.provenance.site, o.provenance.post) for o in outfits]
            known = await self._known(photos, session)
            stored = dict(known.outfits)
            for outfit in outfits:
                name, rival = outfit.image.image_id, stored.get(outfit.image.image_id)
                if (outfit.provenance.site, outfit.provenance.post) in known.erased:
                    continue
                if rival is None or order(outfit.generations) > order(rival.generations):
                    stored[name] = outfit
            changed = [o for name, o in stored.items() if known.outfits.get(name) is not o]
            if changed:
                await self._outfits.bulk_write(
                    [
                        ReplaceOne({"_id": d["_id"]}, d, upsert=True)
                        for d in map(_document, changed)
                    ],
                    session=session,
                )
            return Known(stored, known.erased)

        async with self._db.client.start_session() as session:
            return await session.with_transaction(write)

    async def erase(self, posts: Iterable[tuple[str, str]]) -> None:
        """Removes every photo of the posts, given as (site, post), and keeps them away for ever."""
        pairs = list(posts)

        async def write(session: AsyncClientSession) -> None:
            await self._serialise(session)
            await self._erased.bulk_write(
                [
                    ReplaceOne({"_id": _key(site, post)}, {"_id": _key(site, post)}, upsert=True)
                    for site, post in pairs
                ],
                session=session,
            )
            await self._outfits.bulk_write(
                [DeleteMany({"site": site, "post": post}) for site, post in pairs], session=session
            )

        async with self._db.client.start_session() as session:
            await session.with_transaction(write)

    async def orders(self) -> AsyncIterator[tuple[str, int]]:
        """image_id and color generation of every stored outfit."""
        async for document in self._outfits.find({}, {"order": 1}):
            yield document["_id"], int(document["order"][3])

    async def outfits(self, image_ids: Sequence[str]) -> list[OutfitDescribed]:
        """The outfits of photos; those that are gone are missing."""
        found = self._outfits.find({"_id": {"$in": list(image_ids)}}, {"described": 1})
        return [OutfitDescribed.FromString(document["described"]) async for document in found]

    async def newest_palette(self) -> int:
        """The greatest number of a palette; 0 if there is none."""
        document = await self._meta.find_one({"_id": "writes"})
        return int(document.get("palette", 0)) if document else 0

    async def palettes(self, after: int) -> list[StoredPalette]:
        """The palettes with a number greater than `after`, the oldest first."""
        found = self._palettes.find({"number": {"$gt": after}}, sort=[("number", 1)])
        return [StoredPalette(d["_id"], int(d["number"]), d["csv"]) async for d in found]

    async def put_palette(self, version: str, csv: str, *, packaged: bool = False) -> int:
        """Keeps a palette under the next number, and returns that; the same again returns the number that it has.

        A `packaged` palette that is not there yet is kept only while none but packaged ones are, so that an update of the
        service does not displace a company's own; otherwise the newest number is returned. Raises VersionTaken.
        """

        async def write(session: AsyncClientSession) -> int:
            newest = await self._serialise(session)
            standing = await self._palettes.find_one({"_id": version}, session=session)
            if standing is not None:
                if standing["csv"] != csv and not packaged:
                    raise VersionTaken(version)
                return int(standing["number"])
            if packaged and await self._palettes.find_one({"packaged": False}, session=session):
                return newest
            document = {"_id": version, "number": newest + 1, "packaged": packaged, "csv": csv}
            await self._palettes.insert_one(document, session=session)
            await self._meta.update_one(
                {"_id": "writes"}, {"$set": {"palette": newest + 1}}, session=session
            )
            return newest + 1

        async with self._db.client.start_session() as session:
            return await session.with_transaction(write)

    async def _serialise(self, session: AsyncClientSession) -> int:
        """Makes this transaction the only one until it ends; returns the greatest number of a palette."""
        document = await self._meta.find_one_and_update(
            {"_id": "writes"},
            {"$inc": {"count": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        assert document is not None  # an upsert returns what it made
        return int(document.get("palette", 0))

    async def _known(
        self, photos: Sequence[tuple[str, str, str]], session: AsyncClientSession | None
    ) -> Known:
        outfits = {
            document["_id"]: OutfitDescribed.FromString(document["described"])
            async for document in self._outfits.find(
                {"_id": {"$in": [image_id for image_id, _, _ in photos]}}, session=session
            )
        }
        posts = {_key(site, post): (site, post) for _, site, post in photos}
        erased = frozenset(
            [
                posts[document["_id"]]
                async for document in self._erased.find(
                    {"_id": {"$in": list(posts)}}, session=session
                )
            ]
        )
        return Known(outfits, erased)


def _key(site: str, post: str) -> str:
    # A site holds no slash, so no two posts share a key.
    return f"{site}/{post}"


def _document(outfit: OutfitDescribed) -> Document:
    return {
        "_id": outfit.image.image_id,
        "site": outfit.provenance.site,
        "post": outfit.provenance.post,
        "order": list(order(outfit.generations)),
        "described": outfit.SerializeToString(deterministic=True),
    }
