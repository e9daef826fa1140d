"""The service as a process: real NATS, real database, killed and started again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import grpc
import nats
import pytest
from nats.js import JetStreamContext
from pymongo import MongoClient

from devstack.processes import Process, free_port
from devstack.stack import serving
from servicekit.consumer import publish
from servicekit.events import Publication
from servicekit.topology import DEADLETTERS, DESCRIBED, PIPELINE, dead_subject
from snsfashion.events.v1.events_pb2 import DeadLetter, OutfitDescribed
from snsfashion.recommender.v1 import recommender_pb2, recommender_pb2_grpc


@pytest.fixture
def process(
    nats_url: str, mongodb_uri: str, blob_url: str, absent_address: str, tmp_path: Path
) -> Process:
    with MongoClient[dict[str, object]](mongodb_uri) as client:
        client.drop_database("snsfashion_recommender")
    port = free_port()
    return Process(
        "recommender",
        [sys.executable, "-m", "recommender"],
        tmp_path / "recommender.log",
        lambda: serving(f"127.0.0.1:{port}"),
        {
            "NATS_URL": nats_url,
            "MONGODB_URI": mongodb_uri,
            "BLOB_URL": blob_url,
            "TRENDS_ADDRESS": absent_address,
            "GRPC_PORT": str(port),
            "METRICS_PORT": "0",
        },
    )


async def _settled(js: JetStreamContext) -> None:
    """Wait until every message has been acked or given up."""
    async with asyncio.timeout(30):
        while True:
            info = await js.consumer_info(PIPELINE, "recommender")
            if not info.num_pending and not info.num_ack_pending:
                return
            await asyncio.sleep(0.05)


def _outfits(process: Process) -> set[str]:
    address = f"127.0.0.1:{process.environment['GRPC_PORT']}"
    with grpc.insecure_channel(address) as channel:
        stub = recommender_pb2_grpc.RecommenderServiceStub(channel)
        answer = stub.Recommend(recommender_pb2.RecommendRequest(user_id="kim"), timeout=10)
    assert answer.degraded
    return {r.outfit.image.image_id for r in answer.recommendations}


async def test_events_reach_the_catalog_which_survives_a_kill_and_bad_ones_become_dead_letters(
    process: Process, nats_url: str, described: Callable[..., OutfitDescribed]
) -> None:
    connection = await nats.connect(nats_url)
    js = connection.jetstream()
    try:
        process.spawn()
        await asyncio.to_thread(process.wait_ready)
        for post in ("process-a", "process-b"):
            await publish(js, Publication(DESCRIBED, described(post)))
        await js.publish(DESCRIBED, b"not a protobuf \xff")
        await _settled(js)
        expected = {"shop:process-a:0", "shop:process-b:0"}
        assert await asyncio.to_thread(_outfits, process) == expected
        message = await js.get_last_msg(DEADLETTERS, dead_subject("recommender"))
        assert message.data is not None
        assert DeadLetter.FromString(message.data).body == b"not a protobuf \xff"
        process.kill()
        process.spawn()
        await asyncio.to_thread(process.wait_ready)
        assert await asyncio.to_thread(_outfits, process) == expected
    finally:
        process.stop()
        await connection.close()
