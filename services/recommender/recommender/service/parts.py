"""What the RPCs share: the parts of the service that they answer from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

import grpc.aio

from photokit.blobs import BlobStore
from recommender import messages
from recommender.core.outfit import Outfit
from recommender.storage.people import People
from recommender.storage.promotion_board import PromotionBoard
from recommender.storage.replica import Replica
from recommender.storage.shelf import Shelf
from recommender.storage.stored_outfits import StoredOutfits
from recommender.storage.stored_people import StoredPeople
from recommender.trend_feed import Trends
from servicekit.errors import NotFound
from snsfashion.recommender.v1 import recommender_pb2

PHOTO_URL_LIFETIME = timedelta(hours=1)

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True)
class Parts:
    """What answers come from: memory that follows the database, the database, trends and the blob store."""

    outfits: StoredOutfits
    replica: Replica
    stored_people: StoredPeople
    people: People
    board: PromotionBoard
    trends: Trends
    shelf: Shelf
    blobs: BlobStore
    clock: Callable[[], datetime]

    async def find_outfit(self, image_id: str) -> recommender_pb2.Outfit:
        """Return an outfit from memory, or else from the database, since another replica may have just got it. Raise NotFound."""
        catalog = self.replica.catalog
        row = catalog.row(image_id)
        return (
            messages.parse(catalog.payloads[row])
            if row is not None
            else await self.read_outfit(image_id)
        )

    async def read_outfit(self, image_id: str) -> recommender_pb2.Outfit:
        """Return an outfit from the database. Raise NotFound."""
        stored = await self.outfits.find(image_id)
        if stored is None:
            raise NotFound(f"no outfit of the catalog has image_id {image_id!r}")
        return messages.parse(stored.payload)

    async def add_url(self, outfit: recommender_pb2.Outfit) -> None:
        """Add a time-limited address of the photo."""
        outfit.photo_url = await self.blobs.url(outfit.image.key, PHOTO_URL_LIFETIME)


# Some outfits are shown again and again; 2 KB each.
@lru_cache(maxsize=16384)
def shown(payload: bytes) -> Outfit:
    """Return what sentences need of a stored outfit."""
    return messages.shown(messages.parse(payload))
