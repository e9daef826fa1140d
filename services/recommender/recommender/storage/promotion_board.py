"""Promotions in MongoDB, and in the memory of each replica.

`promotions`  {_id: promotion id, promotion: serialized Promotion}.
`changes`     {_id: "promotions", version}: it grows after each write.
"""

from __future__ import annotations

from collections.abc import Callable

from recommender.core.places import promotions as core
from recommender.core.places.promotions import NO_PROMOTIONS, Promotions
from servicekit.follower import Follower
from servicekit.mongo import Database
from snsfashion.recommender.v1.recommender_pb2 import Promotion

_CHANGES = {"_id": "promotions"}


class PromotionBoard(Follower[int]):
    """What the shop promotes."""

    def __init__(self, db: Database, read: Callable[[Promotion], core.Promotion]) -> None:
        """`read` makes of a message what the ranking needs."""
        super().__init__(version=0)
        self._read = read
        self._stored = db["promotions"]
        self._changes = db["changes"]
        self.promotions: Promotions = NO_PROMOTIONS
        """As of the last refresh; the same object until something changes."""

    async def put(self, promotion: Promotion) -> None:
        """Store a promotion, in place of the one with its id."""
        document = {"promotion": promotion.SerializeToString(deterministic=True)}
        await self._stored.replace_one({"_id": promotion.promotion_id}, document, upsert=True)
        await self._announce()

    async def delete(self, promotion_id: str) -> bool:
        """Remove a promotion; return False if there is none with that id."""
        result = await self._stored.delete_one({"_id": promotion_id})
        await self._announce()
        return result.deleted_count > 0

    async def find_all(self) -> list[Promotion]:
        """Return all promotions, by id."""
        documents = self._stored.find().sort("_id", 1)
        return [Promotion.FromString(document["promotion"]) async for document in documents]

    async def _announce(self) -> None:
        await self._changes.update_one(_CHANGES, {"$inc": {"version": 1}}, upsert=True)
        await self.refresh()

    async def _read_version(self) -> int:
        document = await self._changes.find_one(_CHANGES)
        return int(document["version"]) if document else 0

    async def _catch_up(self, newest: int) -> int:
        self.promotions = Promotions(self._read(one) for one in await self.find_all())
        return newest
