"""The recommender with a generated catalog, for the benchmark: a process of its own.

The service is the real one, wired as it serves: RPCs, the catalog in memory, people in a real database. Only outfits and trends do not
come from elsewhere: outfits are generated into the catalog, and trends are a fixed table. Beside it, on the same port, an RPC
that does nothing: `/bench.Empty/Call`.

Usage: python -m benchmarks.recommender.server OUTFITS MONGODB_URI DATABASE
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import structlog
from google.protobuf.empty_pb2 import Empty

from benchmarks.recommender.shop import SITE, outfits, trends
from recommender import messages
from recommender.app import wire
from recommender.core.catalog import Catalog
from recommender.core.trend_table import TrendTable
from recommender.settings import Settings
from servicekit.app import StatefulPorts
from servicekit.events import Publication
from servicekit.mongo import open_client
from servicekit.rpc import RpcServer
from servicekit.runtime import keep_what_is_loaded
from snsfashion.recommender.v1 import recommender_pb2

CHANGES_A_SECOND = 5


class FixedTrends:
    """Trends that stay as they are."""

    def __init__(self, table: TrendTable) -> None:
        self._table = table

    async def table(self, as_of: datetime) -> TrendTable:
        """Return the table, whatever the day."""
        return self._table


async def main(number: int, uri: str, database: str) -> None:
    """Serve until the input ends."""
    # What the benchmark reads goes to stdout.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    client = open_client(uri, timeout_s=30)
    settings = Settings(
        nats_url="nats://unused",
        mongodb_uri=uri,
        blob_url=Path(tempfile.gettempdir()).as_uri(),
        trends_address="unused",
    )
    ports = StatefulPorts(settings=settings, publish=_publish, db=client[database])
    app = wire(ports, FixedTrends(trends(random.Random(0))))
    await app.prepare()
    catalog = app.replica.catalog
    started = time.perf_counter()
    for outfit in outfits(number, datetime.now(UTC)):
        _put(catalog, outfit)
    loaded_s = time.perf_counter() - started
    keep_what_is_loaded()

    server = RpcServer("127.0.0.1", 0)
    server.add(app.rpc.register, app.rpc.servicer, app.rpc.name)
    server.add(_add_empty, None, "bench.Empty")
    await server.start()
    await server.set_serving(True)
    tasks = [
        asyncio.ensure_future(work)
        for work in (*(work() for work in app.background), _change(catalog, number))
    ]
    print(json.dumps({"port": server.port, "loaded_s": round(loaded_s, 1)}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await server.stop(0)
    await app.close()
    await client.close()


def _put(catalog: Catalog, outfit: recommender_pb2.Outfit) -> None:
    payload = outfit.SerializeToString(deterministic=True)
    catalog.put(messages.outfit(outfit, SITE, ""), payload)


async def _publish(_publication: Publication[Any]) -> None:
    raise AssertionError("the recommender publishes nothing")


async def _change(catalog: Catalog, number: int) -> None:
    """Put outfits again and again, as shops go on changing."""
    while True:
        for outfit in outfits(min(number, 1000), datetime.now(UTC)):
            await asyncio.sleep(1 / CHANGES_A_SECOND)
            _put(catalog, outfit)


def _add_empty(_: object, server: grpc.aio.Server) -> None:
    async def call(request: Empty, _context: Any) -> Empty:
        return request

    handler = grpc.unary_unary_rpc_method_handler(
        call, request_deserializer=Empty.FromString, response_serializer=Empty.SerializeToString
    )
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("bench.Empty", {"Call": handler}),)
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
