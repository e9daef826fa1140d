"""The trends service and the recommender on one look-book's truth: real services, a real database protocol, gRPC on loopback."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc.aio

import recommender.app
import recommender.settings
import trends.app
import trends.settings
from benchmarks.answers import truth
from lookbook.world.four_weeks import World
from servicekit.app import App, StatefulPorts
from servicekit.events import Publication
from servicekit.mongo import open_client
from servicekit.rpc import RpcServer
from snsfashion.recommender.v1.recommender_pb2_grpc import RecommenderServiceStub

if TYPE_CHECKING:
    from snsfashion.recommender.v1.recommender_pb2_grpc import RecommenderServiceAsyncStub

_BATCH = 128


@asynccontextmanager
async def recommender_of(
    world: World, mongodb_uri: str
) -> AsyncIterator[RecommenderServiceAsyncStub]:
    """Yield a stub of a recommender whose clock stands at the end of the world's last day.

    It reads a trends service that has counted the world's posts, and offers the outfits of the world's shop.
    """
    now = end_of(world)
    client = open_client(mongodb_uri, timeout_s=30)
    names = [f"bench_answers_{uuid.uuid4().hex}" for _ in range(2)]
    counting = trends.app.wire(
        StatefulPorts(
            settings=trends.settings.Settings(nats_url="nats://unused", mongodb_uri=mongodb_uri),
            publish=_publish,
            db=client[names[0]],
            clock=lambda: now,
        )
    )
    await counting.prepare()
    await _tell(counting.events.described, list(truth.social(world)))
    await counting.snapshot.refresh()
    first = await _serve(counting)
    offering = recommender.app.wire(
        StatefulPorts(
            settings=recommender.settings.Settings(
                nats_url="nats://unused",
                mongodb_uri=mongodb_uri,
                blob_url=Path(tempfile.gettempdir()).as_uri(),
                trends_address=f"127.0.0.1:{first.port}",
            ),
            publish=_publish,
            db=client[names[1]],
            clock=lambda: now,
        )
    )
    await offering.prepare()
    await _tell(offering.events.described, list(truth.shop(world)))
    second = await _serve(offering)
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{second.port}") as channel:
            yield RecommenderServiceStub(channel)
    finally:
        for server, app in ((second, offering), (first, counting)):
            await server.stop(0)
            await app.close()
        for name in names:
            await client.drop_database(name)
        await client.close()


def end_of(world: World) -> datetime:
    """Return the last second of the world's last day."""
    return datetime.combine(world.end, time(23, 59, 59), UTC)


async def _tell(handler: Any, events: list[Any]) -> None:
    for start in range(0, len(events), _BATCH):
        batch = events[start : start + _BATCH]
        outcomes = await handler(batch)
        assert list(outcomes) == [()] * len(batch), outcomes


async def _serve(app: App) -> RpcServer:
    server = RpcServer("127.0.0.1", 0)
    server.add(app.rpc.register, app.rpc.servicer, app.rpc.name)
    await server.start()
    await server.set_serving(True)
    return server


async def _publish(_publication: Publication[Any]) -> None:
    raise AssertionError("neither service publishes anything")
