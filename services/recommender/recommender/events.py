"""The recommender's consumers: events to the store, then to this replica's catalog."""

from __future__ import annotations

from collections.abc import Sequence

from recommender import messages
from recommender.storage.replica import Replica
from recommender.storage.store import Record, Store
from servicekit.consumer import Outcome
from servicekit.errors import InvalidMessage
from servicekit.events import order
from snsfashion.events.v1.events_pb2 import ImageClassified, OutfitDescribed, PostErased
from snsfashion.fashion.v1.fashion_pb2 import SOURCE_KIND_SHOP


class EventHandlers:
    """Handlers for `Runtime.consume`: one outcome an event; nothing is published."""

    def __init__(self, store: Store, replica: Replica) -> None:
        self._store = store
        self._replica = replica

    async def described(self, events: Sequence[OutfitDescribed]) -> Sequence[Outcome]:
        """An outfit, or a photo in which nothing is worn, which removes what was there."""
        outcomes: list[Outcome] = []
        records: list[Record] = []
        for event in events:
            try:
                outfit = messages.outfit_message(event)
            except InvalidMessage as error:
                outcomes.append(error)
                continue
            outcomes.append(())
            payload = outfit.SerializeToString(deterministic=True) if outfit.garments else None
            records += _records(event, payload)
        await self._write(records)
        return outcomes

    async def rejected(self, events: Sequence[ImageClassified]) -> Sequence[Outcome]:
        """Not a fashion photo (any more): removes what an older model had found."""
        await self._write([record for event in events for record in _records(event, None)])
        return [() for _ in events]

    async def erased(self, events: Sequence[PostErased]) -> Sequence[Outcome]:
        """A post must be forgotten."""
        await self._store.erase_posts({(event.site, event.post) for event in events})
        await self._replica.refresh()
        return [() for _ in events]

    async def _write(self, records: Sequence[Record]) -> None:
        if records:
            await self._store.put(records)
            # Also what an earlier delivery wrote: it may have died before it announced it.
            await self._store.announce([record.image_id for record in records])
            await self._replica.refresh()


def _records(event: OutfitDescribed | ImageClassified, payload: bytes | None) -> list[Record]:
    """The catalog is what shops show: nothing is kept of social photos."""
    provenance = event.provenance
    if provenance.kind != SOURCE_KIND_SHOP:
        return []
    return [
        Record(
            event.image.image_id,
            order(event.generations),
            provenance.site,
            provenance.post,
            provenance.author_key,
            payload,
        )
    ]
