"""One run of a crawl job: what its spider and its pipelines share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from twisted.python.failure import Failure

from crawler.core.authors import AuthorKeys
from crawler.core.ledger_entry import LedgerEntry
from crawler.core.tally import Counts, Tally
from crawler.settings import Settings
from crawler.storage.erased_posts import ErasedPosts
from crawler.storage.hashtag_budget import HashtagBudget
from crawler.storage.jobs import Job, Jobs
from crawler.storage.ledger import Ledger
from crawler.storage.photo_bytes import PhotoBytes
from servicekit import telemetry

FLUSH_EVERY_S = 0.5
FLUSH_AT = 50

_log = telemetry.log("crawl")


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What all crawls of the service share."""

    settings: Settings
    clock: Callable[[], datetime]
    authors: AuthorKeys
    jobs: Jobs
    ledger: Ledger
    erased_posts: ErasedPosts
    photo_bytes: PhotoBytes
    budget: HashtagBudget
    announce: Callable[[LedgerEntry], Awaitable[bool]]
    """Publishes ImageCrawled; False if the broker has not acknowledged it."""
    # Few threads: a decoded photo takes up to 120 MB.
    decoding: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="decode")
    )


@dataclass(eq=False)
class CrawlRun:
    """The state of a crawl that runs. Nothing in it outlives the process: a crawl is resumed by running it again."""

    job: Job
    shared: Shared
    tally: Tally = field(default_factory=Tally)
    error: str = ""
    """Why the crawl could not do its work; makes the job FAILED."""
    stopping: bool = False
    """The spider yields no more."""
    canceled: bool = False
    """Somebody asked for the stop."""
    _announced: dict[str, int] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _noted: Counts | None = None
    _flushing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def note(self, image_id: str, announced_revision: int | None) -> None:
        """Note a photo that is in the ledger, and the revision that was announced just now."""
        self._seen.add(image_id)
        if announced_revision:
            self._announced[image_id] = announced_revision
        if len(self._announced) >= FLUSH_AT:
            await self.flush()

    async def flush(self) -> None:
        """Write the progress: in batches, since a journaled write is slow. What a crash loses is done again."""
        async with self._flushing:
            announced, seen = dict(self._announced), set(self._seen)
            counts = self.tally.counts()
            await self.shared.ledger.mark_announced(announced)
            if seen or counts != self._noted:
                await self.shared.jobs.note_progress(self.job.crawl_id, counts, sorted(seen))
            self._noted = counts
            self._seen -= seen
            for image_id, revision in announced.items():
                if self._announced[image_id] == revision:
                    del self._announced[image_id]

    async def flush_regularly(self) -> None:
        """Flush again and again, so that progress can be watched."""
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            await self.flush()

    def fail(self, failure: Failure) -> None:
        """Stop the crawl: the database, the disk or the code failed, not a photo. Scrapy calls it at its signal item_error."""
        _log.error("crawl_failed", crawl_id=self.job.crawl_id, error=repr(failure.value))
        self.error = self.error or f"could not keep a photo: {type(failure.value).__name__}"
        self.stopping = True
