"""The trends service's events: each batch is one write."""

from __future__ import annotations

from collections.abc import Sequence

from servicekit.consumer import Outcome
from servicekit.errors import InvalidMessage
from snsfashion.events.v1.events_pb2 import ImageClassified, OutfitDescribed, PostErased
from trends.core.observation import Record, of_outfit, of_rejection
from trends.storage.store import Store


class Events:
    """Keeps the observations."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def described(self, events: Sequence[OutfitDescribed]) -> list[Outcome]:
        """Stores outfits."""
        outcomes: list[Outcome] = []
        records: list[tuple[Record, OutfitDescribed]] = []
        for event in events:
            try:
                records.append((of_outfit(event), event))
                outcomes.append(())
            except InvalidMessage as error:
                outcomes.append(error)
        if records:
            await self._store.put(records)
        return outcomes

    async def rejected(self, events: Sequence[ImageClassified]) -> list[Outcome]:
        """Stores rejections, which supersede older outfits."""
        await self._store.put((of_rejection(event), None) for event in events)
        return [()] * len(events)

    async def erased(self, events: Sequence[PostErased]) -> list[Outcome]:
        """Removes the posts' observations for ever."""
        await self._store.erase((event.site, event.post) for event in events)
        return [()] * len(events)
