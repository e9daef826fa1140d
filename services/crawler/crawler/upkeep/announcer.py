"""ImageCrawled: published for every revision of a photo until the broker has acknowledged it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import nats.errors
from nats.js import JetStreamContext

from crawler.core.record import Record
from crawler.storage.ledger import Ledger
from crawler.storage.photos import Photos
from servicekit import events, telemetry, topology
from servicekit.consumer import publish
from servicekit.events import Publication
from snsfashion.events.v1.events_pb2 import ImageCrawled
from snsfashion.fashion.v1.fashion_pb2 import Generations

SWEEP_EVERY = timedelta(seconds=30)
# Longer than a crawl takes from the record to the acknowledgment.
OVERDUE = timedelta(seconds=60)

_log = telemetry.log("announcer")


def image_crawled(record: Record) -> ImageCrawled:
    """The event of the record's present revision: the same revision always has the same event id."""
    generations = Generations(provenance=record.facts.revision)
    return ImageCrawled(
        event_id=events.photo_event_id(topology.CRAWLED, record.image, generations),
        image=record.image,
        provenance=record.provenance,
        generations=generations,
    )


class Announcer:
    """Publishes ImageCrawled."""

    def __init__(self, js: JetStreamContext, ledger: Ledger, photos: Photos) -> None:
        self._js = js
        self._ledger = ledger
        self._photos = photos

    async def announce(self, record: Record) -> bool:
        """Publishes; True once the broker has acknowledged. False leaves it to `sweep`."""
        try:
            await publish(self._js, Publication(topology.CRAWLED, image_crawled(record)))
        except (nats.errors.Error, TimeoutError, OSError) as error:
            _log.warning("not_announced", image_id=record.image_id, error=repr(error))
            return False
        return True

    async def sweep(self) -> int:
        """Announces what was left over, by a crash or by a broker out of reach; how many."""
        announced: dict[str, int] = {}
        for record in await self._ledger.unannounced(OVERDUE):
            # Without bytes the crawl died before it stored them: the next sighting does.
            if await self._photos.has(record.image.sha256) and await self.announce(record):
                announced[record.image_id] = record.facts.revision
        await self._ledger.announced(announced)
        return len(announced)

    async def run(self) -> None:
        """Sweeps forever."""
        while True:
            await self.sweep()
            await asyncio.sleep(SWEEP_EVERY.total_seconds())
