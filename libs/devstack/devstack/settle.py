"""Waiting until everything is counted.

The ledger says what became of every photo; the broker says whether every consumer has acknowledged all its messages.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import nats

from servicekit import topology
from snsfashion.crawler.v1.crawler_pb2 import CountFatesRequest, CountFatesResponse, Fate
from snsfashion.crawler.v1.crawler_pb2_grpc import CrawlerServiceStub
from snsfashion.trends.v1.trends_pb2 import Dimension, GetTrendsRequest
from snsfashion.trends.v1.trends_pb2_grpc import TrendsServiceStub

POLL_S = 0.2


class Stalled(Exception):
    """Nothing has moved for too long; the text says where the photos are."""


def wait(
    crawler: CrawlerServiceStub,
    trends: TrendsServiceStub,
    nats_url: str,
    *,
    watch: Callable[[dict[str, int]], None] = lambda _: None,
    stalled_after_s: float = 180.0,
) -> dict[str, int]:
    """Block until no photo waits, every consumer has acknowledged all and trends answers from counts taken after that.

    Return the photos by fate. `watch` gets the fates at each look, for a progress bar, and may raise. Raise Stalled if
    nothing moves for `stalled_after_s`.
    """
    last: tuple[dict[str, int], int] = ({}, -1)
    moved = time.monotonic()
    while True:
        counts = fates(crawler)
        watch(counts)
        backlog = asyncio.run(unacknowledged(nats_url))
        if not counts.get("waiting") and not backlog:
            _newer_snapshot(trends)
            return counts
        if (counts, backlog) != last:
            last, moved = (counts, backlog), time.monotonic()
        elif time.monotonic() - moved > stalled_after_s:
            raise Stalled(
                f"nothing moved for {stalled_after_s:.0f} s: {counts}, {backlog} messages"
            )
        time.sleep(POLL_S)


def ticks(seconds: float) -> Iterator[None]:
    """Yield every POLL_S. Raise Stalled after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(POLL_S)
    raise Stalled(f"not done after {seconds:.0f} s")


def fates(crawler: CrawlerServiceStub, crawl_id: str = "") -> dict[str, int]:
    """Return the photos by fate, such as {"described": 12}, of one crawl or of all."""
    answer: CountFatesResponse = crawler.CountFates(
        CountFatesRequest(crawl_id=crawl_id), timeout=10
    )
    return {
        Fate.Name(count.fate).removeprefix("FATE_").lower(): count.photos for count in answer.counts
    }


def _newer_snapshot(trends: TrendsServiceStub) -> None:
    """Block until trends answers from a snapshot that was taken after this call."""
    start = time.monotonic()
    request = GetTrendsRequest(dimension=Dimension.DIMENSION_ITEM)
    while True:
        asked = time.monotonic()
        basis = trends.GetTrends(request, timeout=10).basis
        if basis.snapshot_age.ToTimedelta().total_seconds() < asked - start:
            return
        time.sleep(POLL_S)


async def unacknowledged(nats_url: str) -> int:
    """Count the messages that a consumer has not acknowledged yet, over all consumers."""
    connection = await nats.connect(nats_url)
    try:
        js = connection.jetstream(timeout=10)
        infos = await asyncio.gather(
            *(js.consumer_info(durable.stream, durable.service) for durable in topology.DURABLES)
        )
    finally:
        await connection.close()
    return sum((info.num_pending or 0) + (info.num_ack_pending or 0) for info in infos)
