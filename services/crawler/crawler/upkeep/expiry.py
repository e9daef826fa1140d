"""Expiry: photos of social posts are deleted when their time is over; what was found in them stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from crawler.storage.ledger import Ledger
from crawler.storage.photo_bytes import PhotoBytes
from servicekit import telemetry

SWEEP_EVERY = timedelta(minutes=10)

_log = telemetry.log("expiry")


class Expiry:
    """Deletes what is due."""

    def __init__(
        self, ledger: Ledger, photo_bytes: PhotoBytes, clock: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._photo_bytes = photo_bytes
        self._clock = clock

    async def sweep(self) -> int:
        """Delete the bytes of the photos whose time is over, and return how many photos."""
        expired = 0
        while due := await self._ledger.find_due(self._clock()):
            for entry in due:
                # Bytes first: after a crash between the two the next sweep does the rest.
                for digest in entry.digests:
                    await self._photo_bytes.release(digest, entry.image_id)
                await self._ledger.mark_expired(entry.image_id)
            expired += len(due)
        return expired

    async def run(self) -> None:
        """Sweep again and again until it is canceled."""
        while True:
            if expired := await self.sweep():
                _log.info("expired", photos=expired)
            await asyncio.sleep(SWEEP_EVERY.total_seconds())
