"""A crawler without its process: real MongoDB protocol, real NATS, a real blob store and the look-book over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from crawler.core.authors import AuthorKeys
from crawler.crawling.crawl import Stores
from crawler.crawling.scheduler import Scheduler
from crawler.events import Outcomes
from crawler.service import CrawlerService
from crawler.settings import Settings
from crawler.storage.hashtag_budget import HashtagBudget
from crawler.storage.jobs import Jobs
from crawler.storage.ledger import Ledger
from crawler.storage.photos import Photos
from crawler.upkeep.announcer import Announcer
from crawler.upkeep.erasure import Erasures
from crawler.upkeep.expiry import Expiry
from lookbook.serve.server import Server
from lookbook.world.four_weeks import World
from photokit.blobs import BlobStore
from servicekit import topology
from snsfashion.crawler.v1.crawler_pb2 import Crawl, StartCrawlRequest
from snsfashion.events.v1.events_pb2 import ImageCrawled, PostErased

END = date(2026, 11, 22)


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: datetime = field(default=datetime(2026, 11, 23, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Rig:
    """The parts of one crawler."""

    settings: Settings
    db: AsyncDatabase[dict[str, Any]]
    js: JetStreamContext
    blobs: BlobStore
    clock: Clock = field(default_factory=Clock)

    async def build(self) -> Rig:
        self.ledger = Ledger(self.db, self.clock)
        self.jobs = Jobs(self.db, self.clock)
        self.photos = Photos(self.blobs, self.ledger)
        self.erasures = Erasures(self.db, self.js, self.ledger, self.photos, self.clock)
        self.announcer = Announcer(self.js, self.ledger, self.photos)
        self.expiry = Expiry(self.ledger, self.photos, self.clock)
        self.outcomes = Outcomes(self.ledger)
        self.stores = Stores(
            self.settings,
            self.jobs,
            self.ledger,
            self.photos,
            self.erasures,
            self.announcer,
            HashtagBudget(self.db, self.settings.instagram_user_id, self.clock),
            AuthorKeys.parse(self.settings.author_keys.get_secret_value()),
            self.clock,
        )
        self.scheduler = Scheduler(self.stores)
        self.service = CrawlerService(self.stores, self.scheduler)
        for store in (self.jobs, self.ledger, self.erasures):
            await store.prepare()
        return self

    async def restarted(self, **settings: Any) -> Rig:
        """The crawler after its process died: what it kept in memory is gone."""
        changed = self.settings.model_copy(update=settings)
        return await Rig(changed, self.db, self.js, self.blobs, self.clock).build()

    async def crawl(self, request: StartCrawlRequest) -> Crawl:
        """One crawl from start to end."""
        started = (await self.service.StartCrawl(request, None)).crawl
        job = await self.jobs.take()
        assert job is not None
        assert job.crawl_id == started.crawl_id
        await self.scheduler.run_job(job)
        ended = await self.jobs.get(job.crawl_id)
        assert ended is not None
        return ended

    async def published(
        self, image_ids: set[str] | None = None, site: str = ""
    ) -> list[ImageCrawled]:
        """The ImageCrawled in the stream about some photos."""
        events = [ImageCrawled.FromString(m) for m in await self._messages(topology.CRAWLED)]
        return [
            e for e in events if e.image.image_id in (image_ids or ()) or e.provenance.site == site
        ]

    async def erasures_of(self, site: str) -> list[PostErased]:
        """The PostErased in the stream about a site."""
        events = [PostErased.FromString(m) for m in await self._messages(topology.ERASED)]
        return [e for e in events if e.site == site]

    async def _messages(self, subject: str) -> list[bytes]:
        stream = await self.js.find_stream_name_by_subject(subject)
        info = await self.js.stream_info(stream, subjects_filter=subject)
        number = (info.state.subjects or {}).get(subject, 0)
        subscription = await self.js.subscribe(subject, ordered_consumer=True)
        messages = [await subscription.next_msg(5) for _ in range(number)]
        await subscription.unsubscribe()
        return [message.data for message in messages]


@pytest.fixture
async def nats_client(nats_url: str) -> AsyncIterator[Client]:
    client = await nats.connect(nats_url)
    yield client
    await client.close()


@pytest.fixture
async def db(mongodb_uri: str) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongodb_uri, tz_aware=True)
    name = f"crawler_{uuid.uuid4().hex[:12]}"
    yield client[name]
    await client.drop_database(name)
    await client.close()


@pytest.fixture
async def lookbook() -> AsyncIterator[Server]:
    """The look-book over HTTP: a small world, with bad files among the last day's posts."""
    server = Server(World.build(7, END, posts_per_week=7, products_per_style=1, bad_files=True))
    runner = await server.start()
    yield server
    await runner.cleanup()


@pytest.fixture
async def rig(
    nats_client: Client, db: AsyncDatabase[dict[str, Any]], blob_url: str, lookbook: Server
) -> Rig:
    settings = Settings(
        nats_url="nats://unused",
        mongodb_uri="mongodb://unused",
        blob_url=blob_url,
        instagram_graph_url=f"{lookbook.base}/graph/v23.0",
        instagram_user_id="17841400000000000",
        instagram_access_token="look-book",
        author_keys=f"new:{'ab' * 32},old:{'cd' * 32}",
        crawl_allow_private=True,
    )
    return await Rig(settings, db, nats_client.jetstream(), BlobStore(blob_url)).build()


@pytest.fixture
def site() -> str:
    """A site of this test only: streams outlive tests."""
    return f"site-{uuid.uuid4().hex[:12]}"
