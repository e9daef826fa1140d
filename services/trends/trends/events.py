"""The trends service's events: each batch is one write."""

from __future__ import annotations

from collections.abc import Sequence

from servicekit.consumer import Outcome
from servicekit.errors import InvalidMessage
from servicekit.photostore import Post
from snsfashion.events.v1.events_pb2 import ImageClassified, OutfitDescribed, PostErased
from trends.core.observation import PhotoState, state_of_outfit, state_of_rejection
from trends.storage.store import Store


class Events:
    """Keeps the photos and counts them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def described(self, events: Sequence[OutfitDescribed]) -> list[Outcome]:
        """Store outfits."""
        outcomes: list[Outcome] = []
        states: list[tuple[PhotoState, OutfitDescribed]] = []
        for event in events:
            try:
                states.append((state_of_outfit(event), event))
                outcomes.append(())
            except InvalidMessage as error:
                outcomes.append(error)
        if states:
            await self._store.put(states)
        return outcomes

    async def rejected(self, events: Sequence[ImageClassified]) -> list[Outcome]:
        """Store rejections, which supersede older outfits."""
        await self._store.put((state_of_rejection(event), None) for event in events)
        return [()] * len(events)

    async def erased(self, events: Sequence[PostErased]) -> list[Outcome]:
        """Remove the posts' photos and keep them away forever."""
        await self._store.erase(Post(event.site, event.post) for event in events)
        return [()] * len(events)
