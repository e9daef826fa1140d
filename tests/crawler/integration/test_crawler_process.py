"""The crawler as a process of its own, over gRPC and NATS; killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status.rpc_status import from_call
from nats.aio.client import Client
from PIL import Image
from pymongo import AsyncMongoClient

from devstack.processes import tied
from lookbook.serve.server import Server
from servicekit import topology
from servicekit.consumer import RETRY_HEADER, publish
from servicekit.events import Publication
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.crawler.v1.crawler_pb2 import (
    CancelCrawlRequest,
    CountFatesRequest,
    Crawl,
    ErasePostsRequest,
    FolderSource,
    GetCrawlRequest,
    GetFateRequest,
    ListCrawlsRequest,
    PostRef,
    ShopSource,
    StartCrawlRequest,
)
from snsfashion.crawler.v1.crawler_pb2_grpc import CrawlerServiceStub
from snsfashion.events.v1.events_pb2 import DeadLetter, ImageClassified, OutfitDescribed
from snsfashion.fashion.v1.fashion_pb2 import CATEGORY_SKIRT, Garment, Generations

NAME = crawler_pb2.DESCRIPTOR.services_by_name["CrawlerService"].full_name
PATIENCE_S = 60.0


class Process:
    """`python -m crawler` and a stub to it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        address = f"127.0.0.1:{environment['GRPC_PORT']}"
        self._channel = grpc.aio.insecure_channel(
            address, options=[("grpc.max_reconnect_backoff_ms", 200)]
        )
        self.stub = CrawlerServiceStub(self._channel)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *tied([sys.executable, "-m", "crawler"]),
            env={**os.environ, **self._environment},
        )
        health = health_pb2_grpc.HealthStub(self._channel)

        async def serving() -> bool:
            assert self._process is not None
            assert self._process.returncode is None, "the crawler ended"
            try:
                answer = await health.Check(health_pb2.HealthCheckRequest(service=NAME))
            except grpc.aio.AioRpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

        await until(serving)

    async def end(self, number: int) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return await self._process.wait()

    async def close(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.end(signal.SIGKILL)
        await self._channel.close(None)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what another process does."""
    async with asyncio.timeout(PATIENCE_S):
        while not await true():  # noqa: ASYNC110 - another process sets no event here
            await asyncio.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def process(
    nats_url: str, mongodb_uri: str, blob_url: str, lookbook: Server
) -> AsyncIterator[Process]:
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongodb_uri)
    await mongo.drop_database("snsfashion_crawler")
    process = Process(
        {
            "NATS_URL": nats_url,
            "MONGODB_URI": mongodb_uri,
            "BLOB_URL": blob_url,
            "GRPC_PORT": str(free_port()),
            "METRICS_PORT": "0",
            "CRAWL_ALLOW_PRIVATE": "true",
            "LOG_LEVEL": "WARNING",
        }
    )
    await process.start()
    yield process
    await process.close()
    await mongo.drop_database("snsfashion_crawler")
    await mongo.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """150 photos."""
    path = tmp_path / "photos"
    path.mkdir()
    for number in range(150):
        pixels = np.full((320, 240, 3), number, np.uint8)
        pixels[: number + 1, : number + 1] = 255 - number
        Image.fromarray(pixels).save(path / f"{number:03}.jpg")
    return path


async def ended(stub: Any, crawl_id: str) -> Crawl:
    """Return the crawl, once it has ended."""
    crawl = Crawl()

    async def over() -> bool:
        crawl.CopyFrom((await stub.GetCrawl(GetCrawlRequest(crawl_id=crawl_id))).crawl)
        return crawl.HasField("finished_at")

    await until(over)
    return crawl


async def test_a_crawl_that_is_killed_and_stopped_ends_like_one_that_was_not(
    process: Process, folder: Path, site: str, rig: Any
) -> None:
    request = StartCrawlRequest(folder=FolderSource(path=str(folder), site=site))
    crawl_id = (await process.stub.StartCrawl(request)).crawl.crawl_id
    for share, number in ((0.2, signal.SIGKILL), (0.4, signal.SIGKILL), (0.6, signal.SIGTERM)):

        async def some(share: float = share) -> bool:
            answer = await process.stub.GetCrawl(GetCrawlRequest(crawl_id=crawl_id))
            return answer.crawl.seen >= 150 * share

        await until(some)
        assert await process.end(number) == (0 if number == signal.SIGTERM else -number)
        await process.start()
    crawl = await ended(process.stub, crawl_id)
    assert crawl.state == crawler_pb2.CRAWL_STATE_FINISHED
    assert (crawl.seen, crawl.stored) == (150, 150)
    fates = await process.stub.CountFates(CountFatesRequest(crawl_id=crawl_id))
    assert fates.total == 150
    assert await process.stub.CountFates(CountFatesRequest()) == fates
    published = await rig.published(site=site)
    assert len({event.event_id for event in published}) == 150
    assert len({event.image.image_id for event in published}) == 150


async def test_the_ledger_follows_the_pipeline(
    process: Process, lookbook: Server, site: str, rig: Any, nats_client: Client
) -> None:
    source = ShopSource(url=f"{lookbook.base}/shop/feed.xml", site=site)
    start = StartCrawlRequest(shop=source, request_id=site)
    crawl_id = (await process.stub.StartCrawl(start)).crawl.crawl_id
    assert (await ended(process.stub, crawl_id)).stored == len(lookbook.world.products)
    images = [event.image for event in await rig.published(site=site)]
    rejected, described, empty, dead = images[:4]

    def outcome(kind: Any, image: Any, **values: Any) -> Any:
        event = kind(event_id=f"{site}-{image.image_id}", image=image, **values)
        event.provenance.site, event.provenance.post, event.provenance.kind = site, "x", 2
        event.provenance.posted_at.GetCurrentTime()
        return event

    seen = Generations(provenance=1, classifier=1)
    found = Generations(provenance=1, classifier=1, segmenter=1, color=1)
    fashion = outcome(
        OutfitDescribed, dead, generations=found, garments=[Garment(category=CATEGORY_SKIRT)]
    )
    letter = DeadLetter(
        event_id=f"dead-{site}",
        service="trends",
        subject=topology.DESCRIBED,
        body=fashion.SerializeToString(),
        reason="disk full",
        image_id=dead.image_id,
    )
    for subject, event in (
        (topology.REJECTED, outcome(ImageClassified, rejected, generations=seen)),
        (
            topology.DESCRIBED,
            outcome(
                OutfitDescribed,
                described,
                generations=found,
                garments=[Garment(category=CATEGORY_SKIRT)],
            ),
        ),
        (topology.DESCRIBED, outcome(OutfitDescribed, empty, generations=found)),
        (topology.DESCRIBED, fashion),
        (topology.dead_subject("trends"), letter),
    ):
        await publish(rig.js, Publication(subject, event))

    async def fates() -> dict[str, str]:
        records = [
            (await process.stub.GetFate(GetFateRequest(image_id=image.image_id))).record
            for image in (rejected, described, empty, dead)
        ]
        return {r.image_id: crawler_pb2.Fate.Name(r.fate)[5:].lower() for r in records}

    async def all_known() -> bool:
        return list((await fates()).values()) == ["rejected", "described", "empty", "dead"]

    await until(all_known)
    record = (await process.stub.GetFate(GetFateRequest(image_id=dead.image_id))).record
    assert record.reason == "trends: disk full"
    # `snsfashion dead retry`: the body again, with the dead letter's id in a header.
    await rig.js.publish(
        letter.subject,
        letter.body,
        headers={"Nats-Msg-Id": f"retry-{site}", RETRY_HEADER: letter.event_id},
    )

    async def described_after_all() -> bool:
        return (await fates())[dead.image_id] == "described"

    await until(described_after_all)
    erase = ErasePostsRequest(posts=[PostRef(site=site, post=images[0].image_id.split(":")[1])])
    assert (await process.stub.ErasePosts(erase)).photos == 1
    assert (await fates())[rejected.image_id] == "erased"


async def test_bad_requests_are_answered_with_the_name_of_the_field(process: Process) -> None:
    stub = process.stub
    for call, field in (
        (stub.StartCrawl(StartCrawlRequest()), "source"),
        (stub.GetCrawl(GetCrawlRequest()), "crawl_id"),
        (stub.CancelCrawl(CancelCrawlRequest(crawl_id="x" * 65)), "crawl_id"),
        (stub.ListCrawls(ListCrawlsRequest(page_size=101)), "page_size"),
        (stub.GetFate(GetFateRequest()), "image_id"),
        (stub.ErasePosts(ErasePostsRequest()), "posts"),
        (stub.ErasePosts(ErasePostsRequest(posts=[PostRef(site="s")])), "posts[0].post"),
        (stub.ErasePosts(ErasePostsRequest(posts=[PostRef()] * 1001)), "posts"),
        (stub.ErasePosts(ErasePostsRequest(author_handle="anna")), "author_site"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert bad_field(error.value) == field
    for unknown in (
        stub.GetCrawl(GetCrawlRequest(crawl_id="none")),
        stub.CountFates(CountFatesRequest(crawl_id="none")),
        stub.GetFate(GetFateRequest(image_id="s:none:0")),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await unknown
        assert error.value.code() == grpc.StatusCode.NOT_FOUND


def bad_field(error: grpc.aio.AioRpcError) -> str:
    detail = error_details_pb2.BadRequest()
    status = from_call(error)  # type: ignore[arg-type] # its stubs know no aio
    assert status is not None
    assert status.details[0].Unpack(detail)
    return str(detail.field_violations[0].field)


async def test_crawls_are_listed_newest_first_in_pages(process: Process, tmp_path: Path) -> None:
    request = StartCrawlRequest(folder=FolderSource(path=str(tmp_path)))
    started = [(await process.stub.StartCrawl(request)).crawl.crawl_id for _ in range(5)]
    listed: list[str] = []
    token = ""
    for size in (2, 2, 1):
        page = await process.stub.ListCrawls(ListCrawlsRequest(page_size=2, page_token=token))
        assert len(page.crawls) == size
        listed += [crawl.crawl_id for crawl in page.crawls]
        token = page.next_page_token
    assert token == ""
    assert listed == started[::-1]
    assert {(await ended(process.stub, crawl_id)).seen for crawl_id in started} == {0}
