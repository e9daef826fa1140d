"""ImageCrawled: published for every revision of a photo until the broker has acknowledged it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import nats.errors

from crawler.core.ledger_entry import LedgerEntry
from crawler.storage.ledger import Ledger
from crawler.storage.photo_bytes import PhotoBytes
from servicekit import events, telemetry, topology
from servicekit.app import Publish
from servicekit.events import Publication
from snsfashion.events.v1.events_pb2 import ImageCrawled
from snsfashion.fashion.v1.fashion_pb2 import Generations

SWEEP_EVERY = timedelta(seconds=30)
# Longer than a crawl takes from the ledger to the acknowledgment.
OVERDUE = timedelta(seconds=60)

_log = telemetry.log("announcer")


def image_crawled(entry: LedgerEntry) -> ImageCrawled:
    """Return the event of the present revision: the same revision always has the same event id."""
    generations = Generations(provenance=entry.facts.revision)
    return ImageCrawled(
        event_id=events.photo_event_id(topology.CRAWLED, entry.image, generations),
        image=entry.image,
        provenance=entry.provenance,
        generations=generations,
    )


class Announcer:
    """Publishes ImageCrawled."""

    def __init__(self, publish: Publish, ledger: Ledger, photo_bytes: PhotoBytes) -> None:
        self._publish = publish
        self._ledger = ledger
        self._photo_bytes = photo_bytes

    async def announce(self, entry: LedgerEntry) -> bool:
        """Publish, and return True once the broker has acknowledged; False leaves it to `sweep`."""
        try:
            await self._publish(Publication(topology.CRAWLED, image_crawled(entry)))
        except (nats.errors.Error, TimeoutError, OSError) as error:
            _log.warning("not_announced", image_id=entry.image_id, error=repr(error))
            return False
        return True

    async def sweep(self) -> int:
        """Announce what a crash or a broker out of reach has left over, and return how many photos."""
        announced: dict[str, int] = {}
        for entry in await self._ledger.find_unannounced(OVERDUE):
            # Without bytes the crawl died before it stored them: the next sighting does.
            if await self._photo_bytes.has(entry.image.sha256) and await self.announce(entry):
                announced[entry.image_id] = entry.facts.revision
        await self._ledger.mark_announced(announced)
        return len(announced)

    async def run(self) -> None:
        """Sweep again and again until it is canceled."""
        while True:
            await self.sweep()
            await asyncio.sleep(SWEEP_EVERY.total_seconds())
