"""Erasure: a post is forgotten, by everyone, for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from nats.js import JetStreamContext
from pymongo.asynchronous.database import AsyncDatabase

from crawler.storage.ledger import Ledger
from crawler.storage.photos import Photos
from servicekit import events, topology
from servicekit.consumer import publish
from servicekit.events import Publication
from snsfashion.events.v1.events_pb2 import PostErased


class Erasures:
    """Tombstones by (site, post) in MongoDB, and the work that each of them stands for.

    The tombstone is written first, with the digests to forget: after a crash `finish` does the rest.
    """

    def __init__(
        self,
        db: AsyncDatabase[dict[str, Any]],
        js: JetStreamContext,
        ledger: Ledger,
        photos: Photos,
        clock: Callable[[], datetime],
    ) -> None:
        self._tombstones = db["tombstones"]
        self._js = js
        self._ledger = ledger
        self._photos = photos
        self._clock = clock

    async def prepare(self) -> None:
        """Creates the index."""
        await self._tombstones.create_index("finished")

    async def erased(self, site: str, post: str) -> bool:
        """Was the post erased?"""
        return await self._tombstones.find_one({"_id": f"{site}:{post}"}, {"_id": 1}) is not None

    async def erase(self, posts: Iterable[tuple[str, str]]) -> int:
        """Erases posts (site, post), seen or not; returns how many photos had been stored for them.

        Repeating it changes nothing. Raises what the broker or the database raises; what was begun is then finished
        by repeating it, or by `finish` when the service starts.
        """
        return sum([await self._erase(site, post) for site, post in sorted(set(posts))])

    async def _erase(self, site: str, post: str) -> int:
        tombstone_id = f"{site}:{post}"
        records = await self._ledger.of_posts([(site, post)])
        known = await self._tombstones.find_one({"_id": tombstone_id})
        if known and known["finished"] and not records:
            return len(known["image_ids"])
        image_ids = {record.image_id for record in records}
        digests = {digest for record in records for digest in record.digests}
        unshared = [
            digest
            for digest in digests
            if {r.image_id for r in await self._ledger.sharing(digest)} <= image_ids
        ]
        await self._tombstones.update_one(
            {"_id": tombstone_id},
            {
                "$setOnInsert": {"site": site, "post": post, "erased_at": self._clock()},
                "$addToSet": {
                    "digests": {"$each": unshared},
                    "image_ids": {"$each": sorted(image_ids)},
                },
                "$set": {"finished": False},
            },
            upsert=True,
        )
        # Read after the tombstone stands: a crawl that enters a record later sees it and erases again.
        records = await self._ledger.of_posts([(site, post)])
        tombstone = await self._tombstones.find_one({"_id": tombstone_id})
        assert tombstone is not None  # tombstones are never deleted
        event = PostErased(
            event_id=events.event_id(topology.ERASED, site, post),
            site=site,
            post=post,
            erased_at=events.timestamp(tombstone["erased_at"]),
            sha256=sorted(bytes(digest) for digest in tombstone["digests"]),
        )
        image_ids = {*tombstone["image_ids"], *(record.image_id for record in records)}
        for digest in {*event.sha256, *(d for record in records for d in record.digests)}:
            await self._photos.release(digest, image_ids)
        # After the bytes are gone: a consumer that is at work on the photo looks for them once more before it keeps a
        # result, so either it sees that they are gone or this event finds the result.
        await publish(self._js, Publication(topology.ERASED, event))
        await self._ledger.erase(image_ids)
        await self._tombstones.update_one({"_id": tombstone_id}, {"$set": {"finished": True}})
        return len(image_ids)

    async def finish(self) -> None:
        """Ends erasures that a crash interrupted."""
        interrupted = [
            (tombstone["site"], tombstone["post"])
            async for tombstone in self._tombstones.find({"finished": False})
        ]
        await self.erase(interrupted)
