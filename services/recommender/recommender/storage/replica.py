"""Keeps this replica's catalog equal to the database.

An event reaches only one of several replicas, so each polls the list of changes; the one that handled the event does
so at once. All go the same way: an image id that may have changed is read again and put or removed.
"""

from __future__ import annotations

import asyncio

from recommender import messages
from recommender.core import personal_color
from recommender.core.catalog import Catalog
from recommender.storage.store import Store, StoredOutfit
from servicekit import telemetry
from servicekit.polling import poll
from snsfashion.recommender.v1.recommender_pb2 import Outfit

POLL_S = 1.0
# Outfits that are read between two looks at what else there is to do, such as a health check: some milliseconds.
_BREATH = 32

_log = telemetry.log("replica")


class Replica:
    """The catalog in memory and the version of the database that it equals."""

    def __init__(self, store: Store) -> None:
        self.catalog = Catalog()
        self._store = store
        self._version = 0
        # An older read must not overwrite what a newer one found.
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Read everything."""
        # Else the first outfit would compute it on the event loop.
        await asyncio.to_thread(personal_color.prepare)
        async with self._lock:
            await self._load()

    async def refresh(self) -> None:
        """Reads what has changed since the last time."""
        async with self._lock:
            if await self._store.version() == self._version:
                return
            version, image_ids = await self._store.changed_since(self._version)
            if image_ids is None:
                await self._load()
                return
            found = {stored.image_id: stored for stored in await self._store.outfits(image_ids)}
            for image_id in set(image_ids):
                if image_id in found:
                    _put(self.catalog, found[image_id])
                else:
                    self.catalog.remove(image_id)
            self._version = version

    async def follow(self) -> None:
        """Refreshes every second, for ever. While the database is away, the catalog stays as it is."""
        await poll(self.refresh, POLL_S)

    async def _load(self) -> None:
        # The version first: what changes while reading is read again by the next refresh.
        version = await self._store.version()
        catalog = Catalog()
        for number, stored in enumerate(await self._store.outfits()):
            _put(catalog, stored)
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        self.catalog, self._version = catalog, version
        _log.info("catalog_loaded", outfits=len(catalog), version=version)


def _put(catalog: Catalog, stored: StoredOutfit) -> None:
    message = Outfit.FromString(stored.payload)
    catalog.put(messages.outfit(message, stored.site, stored.author_key), stored.payload)
