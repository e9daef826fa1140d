"""The service as a process: it mends what an older version left, and is rebuilt while it serves."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from pymongo import AsyncMongoClient

from devstack.processes import Process, free_port
from devstack.stack import serving
from servicekit.events import timestamp
from servicekit.mongo import database
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2, trends_pb2_grpc
from trends.core.observation import Observation, PhotoState, Stratum, Worn
from trends.storage.store import Store

DAY = date(2026, 11, 22)


@pytest.fixture
def process(nats_url: str, mongodb_uri: str, blob_url: str, tmp_path: Path) -> Process:
    port = free_port()
    return Process(
        "trends",
        [sys.executable, "-m", "trends"],
        tmp_path / "trends.log",
        lambda: serving(f"127.0.0.1:{port}"),
        {
            "NATS_URL": nats_url,
            "MONGODB_URI": mongodb_uri,
            "BLOB_URL": blob_url,
            "GRPC_PORT": str(port),
            "METRICS_PORT": "0",
        },
    )


def photo(number: int) -> PhotoState:
    observation = Observation(
        stratum=Stratum(fashion_pb2.SOURCE_KIND_SOCIAL, "instagram"),
        day=DAY - timedelta(days=number % 5),
        contributor=f"p{number}",
        authored=True,
        garments=(Worn(9, "red" if number % 3 else "navy"),),
        style=0,
        hashtags=frozenset(),
        order=(1, 1, 1, 1),
        dated=True,
    )
    return PhotoState(f"instagram:{number}:0", "instagram", str(number), (1, 1, 1, 1), observation)


def colors(process: Process) -> dict[str, int]:
    address = f"127.0.0.1:{process.environment['GRPC_PORT']}"
    with grpc.insecure_channel(address) as channel:
        stub = trends_pb2_grpc.TrendsServiceStub(channel)
        request = trends_pb2.GetTrendsRequest(
            dimension=trends_pb2.DIMENSION_COLOR,
            as_of=timestamp(datetime(2026, 11, 22, tzinfo=UTC)),
        )
        answer = stub.GetTrends(request, timeout=10)
    return {row.value.color_family: row.count for row in answer.trends}


async def test_a_service_mends_counts_of_an_older_format_and_is_rebuilt_while_it_serves(
    process: Process, mongodb_uri: str
) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri, tz_aware=True) as client:
        db = database(client, "trends")
        await client.drop_database(db.name)
        store = Store(db)
        await store.prepare()
        await store.put((photo(n), OutfitDescribed()) for n in range(60))
        await db["changes"].delete_many({})  # as a version that knew no changes
        process.spawn()
        try:
            await asyncio.to_thread(process.wait_ready)
            assert await asyncio.to_thread(colors, process) == {"red": 40, "navy": 20}
            await store.put((photo(n), OutfitDescribed()) for n in range(60, 75))
            rebuilding = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "servicekit.admin", "trends", "rebuild", "--json"),
                env={"MONGODB_URI": mongodb_uri},
                stdout=subprocess.PIPE,
            )
            said, _ = await rebuilding.communicate()
            assert json.loads(said)["epoch"] == (await store.read_head()).epoch == 2
            async with asyncio.timeout(10):
                while await asyncio.to_thread(colors, process) != {"red": 50, "navy": 25}:
                    pass  # each look is a call
        finally:
            process.stop()
            await client.drop_database(db.name)
