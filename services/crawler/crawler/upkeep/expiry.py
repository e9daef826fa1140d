"""Expiry: photos of social posts are deleted when their time is over; what was found in them stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from crawler.storage.ledger import Ledger
from crawler.storage.photos import Photos
from servicekit import telemetry

SWEEP_EVERY = timedelta(minutes=10)

_log = telemetry.log("expiry")


class Expiry:
    """Deletes what is due."""

    def __init__(self, ledger: Ledger, photos: Photos, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._photos = photos
        self._clock = clock

    async def sweep(self) -> int:
        """Deletes the bytes of the photos whose time is over; how many photos."""
        expired = 0
        while due := await self._ledger.due(self._clock()):
            for record in due:
                # Bytes first: a crash between the two is mended by the next sweep.
                for digest in record.digests:
                    await self._photos.release(digest, {record.image_id})
                await self._ledger.expired(record.image_id)
            expired += len(due)
        return expired

    async def run(self) -> None:
        """Sweeps for ever."""
        while True:
            if expired := await self.sweep():
                _log.info("expired", photos=expired)
            await asyncio.sleep(SWEEP_EVERY.total_seconds())
