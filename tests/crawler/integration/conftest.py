"""A crawler without its process: real MongoDB protocol, real NATS, a real blob store and the look-book over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext
from pymongo import AsyncMongoClient

from crawler.app import wire
from crawler.settings import Settings
from lookbook.serve.server import Server
from lookbook.world.four_weeks import World
from photokit.blobs import BlobStore
from servicekit import topology
from servicekit.app import Publish, StatefulPorts
from servicekit.consumer import publish
from servicekit.mongo import Database
from servicekit.validation import check
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
    """One crawler. `publish` may be replaced by what a broker does."""

    settings: Settings
    db: Database
    js: JetStreamContext
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.publish: Publish = partial(publish, self.js)
        self.blobs = BlobStore(self.settings.blob_url)
        ports = StatefulPorts(
            settings=self.settings,
            publish=lambda publication: self.publish(publication),
            db=self.db,
            clock=self.clock,
        )
        self.app = wire(ports)
        self.shared = self.app.shared
        self.ledger = self.shared.ledger
        self.jobs = self.shared.jobs
        self.photo_bytes = self.shared.photo_bytes
        self.erased_posts = self.shared.erased_posts
        self.scheduler = self.app.scheduler
        self.announcer = self.app.announcer
        self.erasure = self.app.erasure
        self.expiry = self.app.expiry
        self.service: Any = self.app.service

    async def restart(self, **settings: Any) -> Rig:
        """Return the crawler after its process died: what it kept in memory is gone."""
        rig = Rig(self.settings.model_copy(update=settings), self.db, self.js, self.clock)
        await rig.app.prepare()
        return rig

    async def ask(self, method: Any, request: Any) -> Any:
        """Call an RPC as the server does: the request is checked first."""
        check(request)
        return await method(request, None)

    async def crawl(self, request: StartCrawlRequest) -> Crawl:
        """Run a crawl from start to end."""
        started = (await self.ask(self.service.StartCrawl, request)).crawl
        job = await self.jobs.take()
        assert job is not None
        assert job.crawl_id == started.crawl_id
        await self.scheduler.run_job(job)
        ended = await self.jobs.find(job.crawl_id)
        assert ended is not None
        return ended

    async def published(
        self, image_ids: set[str] | None = None, site: str = ""
    ) -> list[ImageCrawled]:
        """Return the ImageCrawled in the stream about some photos."""
        events = [ImageCrawled.FromString(m) for m in await self._messages(topology.CRAWLED)]
        return [
            e for e in events if e.image.image_id in (image_ids or ()) or e.provenance.site == site
        ]

    async def erasures_of(self, site: str) -> list[PostErased]:
        """Return the PostErased in the stream about a site."""
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
async def db(mongodb_uri: str) -> AsyncIterator[Database]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongodb_uri, tz_aware=True)
    name = f"crawler_{uuid.uuid4().hex[:12]}"
    yield client[name]
    await client.drop_database(name)
    await client.close()


@pytest.fixture
async def lookbook() -> AsyncIterator[Server]:
    """Serve the look-book over HTTP: a small world, with bad files among the last day's posts."""
    server = Server(World.build(7, END, posts_per_week=7, products_per_style=1, bad_files=True))
    runner = await server.start()
    yield server
    await runner.cleanup()


@pytest.fixture
async def rig(nats_client: Client, db: Database, blob_url: str, lookbook: Server) -> Rig:
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
    rig = Rig(settings, db, nats_client.jetstream())
    await rig.app.prepare()
    return rig


@pytest.fixture
def site() -> str:
    """Name a site of this test only: streams outlive tests."""
    return f"site-{uuid.uuid4().hex[:12]}"
