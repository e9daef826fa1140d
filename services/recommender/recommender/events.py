"""The recommender's events: to the database, then to this replica's catalog."""

from __future__ import annotations

from collections.abc import Sequence

from recommender import messages
from recommender.storage.replica import Replica
from recommender.storage.stored_outfits import StoredOutfits, shop_photo
from servicekit.consumer import Outcome
from servicekit.errors import InvalidMessage
from servicekit.photostore import Post
from snsfashion.events.v1.events_pb2 import ImageClassified, OutfitDescribed, PostErased
from snsfashion.fashion.v1.fashion_pb2 import SOURCE_KIND_SHOP


class Events:
    """Takes outfits of shops into the catalog and out of it. Nothing is kept of social photos, and nothing is published."""

    def __init__(self, outfits: StoredOutfits, replica: Replica) -> None:
        self._outfits = outfits
        self._replica = replica

    async def described(self, events: Sequence[OutfitDescribed]) -> list[Outcome]:
        """Store outfits. A photo in which nothing is worn removes what was there."""
        outcomes: list[Outcome] = []
        found: list[tuple[OutfitDescribed, bytes | None]] = []
        for event in events:
            try:
                outfit = messages.catalog_outfit(event)
            except InvalidMessage as error:
                outcomes.append(error)
                continue
            outcomes.append(())
            payload = outfit.SerializeToString(deterministic=True) if outfit.garments else None
            found.append((event, payload))
        await self._put(found)
        return outcomes

    async def rejected(self, events: Sequence[ImageClassified]) -> list[Outcome]:
        """Remove what an older model had found in photos that are not fashion."""
        await self._put([(event, None) for event in events])
        return [()] * len(events)

    async def erased(self, events: Sequence[PostErased]) -> list[Outcome]:
        """Remove the posts' photos and keep them away forever."""
        await self._outfits.erase(Post(event.site, event.post) for event in events)
        await self._replica.refresh()
        return [()] * len(events)

    async def _put(
        self, found: Sequence[tuple[OutfitDescribed | ImageClassified, bytes | None]]
    ) -> None:
        photos = [
            shop_photo(event, payload)
            for event, payload in found
            if event.provenance.kind == SOURCE_KIND_SHOP
        ]
        if photos:
            await self._outfits.put(photos)
            await self._replica.refresh()
