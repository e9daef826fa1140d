"""The catalog in the memory of this replica, kept equal to the database."""

from __future__ import annotations

import asyncio

from recommender import messages
from recommender.core import personal_color
from recommender.core.catalog import Catalog
from recommender.storage.stored_outfits import StoredOutfit, StoredOutfits
from servicekit import telemetry
from servicekit.follower import Follower
from snsfashion.recommender.v1.recommender_pb2 import Outfit

# Outfits that are taken in between two looks at what else there is to do, such as a health check: a few milliseconds.
_BREATH = 32

_log = telemetry.log("replica")


class Replica(Follower[int]):
    """The catalog in memory. An event reaches one of several replicas; all of them follow the numbers of the writes."""

    def __init__(self, outfits: StoredOutfits) -> None:
        super().__init__(version=0)
        self.catalog = Catalog()
        self._outfits = outfits

    async def load(self) -> None:
        """Read everything."""
        # A second of work that the first outfit would otherwise do on the event loop.
        await asyncio.to_thread(personal_color.prepare)
        await self.refresh()
        _log.info("catalog_loaded", outfits=len(self.catalog), version=self._version)

    async def _read_version(self) -> int:
        return await self._outfits.read_version()

    async def _catch_up(self, newest: int) -> int:
        catalog, after = self.catalog, self._version
        if newest < after:  # the database was restored from an older copy
            catalog, after = Catalog(), 0
        changes = await self._outfits.find_changes(after, newest)
        for image_id in changes.removed:
            catalog.remove(image_id)
        for number, stored in enumerate(changes.outfits):
            _put(catalog, stored)
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        self.catalog = catalog
        return newest


def _put(catalog: Catalog, stored: StoredOutfit) -> None:
    message = Outfit.FromString(stored.payload)
    catalog.put(messages.outfit(message, stored.site, stored.author_key), stored.payload)
