"""Each photo's colours in MongoDB: one document a photo, the greatest tuple of generations wins, erased posts stay away.

A document of `outfits`: {_id: image_id, site, post, order: the tuple, described: the event that was published}.
A document of `erased`: {_id: "<site>/<post>"}.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import DeleteMany, ReplaceOne
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


class Store:
    """The colours of photos."""

    def __init__(self, db: AsyncDatabase[Document]) -> None:
        self._db = db
        self._outfits = db["outfits"]
        self._erased = db["erased"]
        self._meta = db["meta"]

    async def prepare(self) -> None:
        """Creates what is missing."""
        await self._outfits.create_index([("site", 1), ("post", 1)])

    async def known(self, photos: Sequence[tuple[str, str, str]]) -> Known:
        """What is stored of photos given as (image_id, site, post)."""
        return await self._known(photos, None)

    async def put(self, outfits: Sequence[OutfitDescribed]) -> Known:
        """Stores each outfit unless a greater or equal tuple is there or its post is erased; returns what stands then."""

        async def write(session: AsyncClientSession) -> Known:
            await self._serialise(session)
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

    async def _serialise(self, session: AsyncClientSession) -> None:
        """Makes transactions of all replicas follow one another: each writes this document, so no two overlap, and an
        outfit can't slip in between the look at the tombstones and an erasure."""
        await self._meta.update_one(
            {"_id": "writes"}, {"$inc": {"count": 1}}, upsert=True, session=session
        )

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
