"""Observations in MongoDB: one document a photo. Counts are derived from them, never stored.

`observations`: {_id: image_id, seq, site, post, order, ...observation, outfit: the event}, or without an observation if the
photo was rejected. `erased`: {_id: "<site>/<post>", site, post, seq}. `meta`: {_id: "writes", seq}.

Every write is a transaction that takes the next `seq` first. All of them write that one document, so transactions of all
replicas follow one another: who reads that `seq` is n finds every change up to n in place, and nobody puts a photo between
the look at the tombstones and an erasure. So a reader keeps up by loading what has a greater `seq` than it knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pymongo import DeleteMany, ReplaceOne, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from snsfashion.events.v1.events_pb2 import OutfitDescribed
from trends.observation import Observation, Record, Stratum

Document = dict[str, Any]


@dataclass(frozen=True)
class Changes:
    """What was written up to `seq`: records, and erased posts as (site, post)."""

    seq: int
    records: Sequence[Record]
    erased: Sequence[tuple[str, str]]


class Store:
    """The observations of all photos."""

    def __init__(self, db: AsyncDatabase[Document]) -> None:
        self._db = db
        self._observations = db["observations"]
        self._erased = db["erased"]
        self._meta = db["meta"]

    async def prepare(self) -> None:
        """Creates what is missing."""
        await self._observations.create_index([("site", 1), ("post", 1)])
        await self._observations.create_index("seq")
        await self._erased.create_index("seq")

    async def put(self, records: Iterable[tuple[Record, OutfitDescribed | None]]) -> None:
        """Stores each record unless a greater or equal tuple is there or its post is erased."""
        newest: dict[str, tuple[Record, OutfitDescribed | None]] = {}
        for record, outfit in records:
            if record.image_id not in newest or record.order > newest[record.image_id][0].order:
                newest[record.image_id] = (record, outfit)

        async def write(session: AsyncClientSession) -> None:
            seq = await self._next(session)
            standing = {
                document["_id"]: tuple(document["order"])
                async for document in self._observations.find(
                    {"_id": {"$in": list(newest)}}, {"order": 1}, session=session
                )
            }
            keys = {_key(record.site, record.post) for record, _ in newest.values()}
            erased = {
                document["_id"]
                async for document in self._erased.find(
                    {"_id": {"$in": list(keys)}}, {"_id": 1}, session=session
                )
            }
            changes = [
                ReplaceOne({"_id": image_id}, _document(record, outfit, seq), upsert=True)
                for image_id, (record, outfit) in newest.items()
                if record.order > standing.get(image_id, ())
                and _key(record.site, record.post) not in erased
            ]
            if changes:
                await self._observations.bulk_write(changes, session=session)

        async with self._db.client.start_session() as session:
            await session.with_transaction(write)

    async def erase(self, posts: Iterable[tuple[str, str]]) -> None:
        """Removes every photo of the posts, given as (site, post), and keeps them away for ever."""
        pairs = sorted(set(posts))

        async def write(session: AsyncClientSession) -> None:
            seq = await self._next(session)
            tombstones = [
                {"_id": _key(site, post), "site": site, "post": post, "seq": seq}
                for site, post in pairs
            ]
            await self._erased.bulk_write(
                [ReplaceOne({"_id": t["_id"]}, t, upsert=True) for t in tombstones], session=session
            )
            await self._observations.bulk_write(
                [DeleteMany({"site": site, "post": post}) for site, post in pairs], session=session
            )

        async with self._db.client.start_session() as session:
            await session.with_transaction(write)

    async def seq(self) -> int:
        """Number of the last write that is in place."""
        document = await self._meta.find_one({"_id": "writes"})
        return int(document["seq"]) if document else 0

    async def changes(self, after: int, until: int) -> Changes:
        """What was written after one number and up to another; what has been written again since comes later."""
        between = {"seq": {"$gt": after, "$lte": until}}
        records = [
            _record(document) async for document in self._observations.find(between, {"outfit": 0})
        ]
        erased = [(d["site"], d["post"]) async for d in self._erased.find(between)]
        return Changes(until, records, erased)

    async def outfits(self, image_ids: Sequence[str]) -> Mapping[str, OutfitDescribed]:
        """The outfits of photos by image_id; those that are gone are missing."""
        found = self._observations.find({"_id": {"$in": list(image_ids)}}, {"outfit": 1})
        return {
            document["_id"]: OutfitDescribed.FromString(document["outfit"])
            async for document in found
            if document.get("outfit")
        }

    async def _next(self, session: AsyncClientSession) -> int:
        document = await self._meta.find_one_and_update(
            {"_id": "writes"},
            {"$inc": {"seq": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        assert document is not None  # an upsert returns what it made
        return int(document["seq"])


def _key(site: str, post: str) -> str:
    # A site holds no slash, so no two posts share a key.
    return f"{site}/{post}"


def _document(record: Record, outfit: OutfitDescribed | None, seq: int) -> Document:
    document: Document = {
        "_id": record.image_id,
        "seq": seq,
        "site": record.site,
        "post": record.post,
        "order": list(record.order),
    }
    seen = record.observation
    if seen is not None and outfit is not None:
        document |= {
            "kind": seen.stratum.kind,
            "day": seen.day.isoformat(),
            "contributor": seen.contributor,
            "authored": seen.authored,
            "garments": [list(garment) for garment in seen.garments],
            "style": seen.style,
            "hashtags": sorted(seen.hashtags),
            "dated": seen.dated,
            "outfit": outfit.SerializeToString(deterministic=True),
        }
    return document


def _record(document: Document) -> Record:
    first, second, third, fourth = document["order"]
    order = (first, second, third, fourth)
    observation = None
    if "day" in document:
        observation = Observation(
            stratum=Stratum(document["kind"], document["site"]),
            day=date.fromisoformat(document["day"]),
            contributor=document["contributor"],
            authored=document["authored"],
            garments=tuple((category, color) for category, color in document["garments"]),
            style=document["style"],
            hashtags=frozenset(document["hashtags"]),
            order=order,
            dated=document["dated"],
        )
    return Record(document["_id"], document["site"], document["post"], order, observation)
