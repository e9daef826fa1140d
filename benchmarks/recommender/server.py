"""The recommender with a generated catalog, for the benchmark: a process of its own.

The service is the real one: RPCs, index, people in a real database, trends read by the real feed over gRPC from a server
that answers a fixed table. Only the catalog does not come from the database: outfits are generated into the index.
Beside it, on the same port, an RPC that does nothing: `/bench.Empty/Call`.

Usage: python -m benchmarks.recommender.server OUTFITS MONGODB_URI DATABASE
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import grpc.aio
from pymongo import AsyncMongoClient

from photokit.blobs import BlobStore, photo_key
from recommender import messages
from recommender.core.catalog import Catalog
from recommender.service import RecommenderService
from recommender.storage.people import People
from recommender.storage.replica import Replica
from recommender.storage.shelf import Shelf
from recommender.storage.store import Store
from recommender.trend_feed import TrendFeed
from servicekit.events import timestamp
from servicekit.rpc import RpcServer
from servicekit.runtime import keep_what_is_loaded
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2, recommender_pb2_grpc
from snsfashion.trends.v1 import trends_pb2, trends_pb2_grpc

FAMILIES = {
    "black": 0x1A1A1C, "white": 0xF6F5F2, "grey": 0x8B8C8E, "charcoal": 0x44474B, "navy": 0x1F2852,
    "blue": 0x2F5DA8, "sky blue": 0x9CC3E4, "denim": 0x4B6A8F, "beige": 0xD9C6A5, "camel": 0xB98B56,
    "brown": 0x6B4630, "khaki": 0x7A7650, "olive": 0x5C6135, "green": 0x2F7A4A, "mint": 0xA9DCC3,
    "red": 0xCA1C26, "burgundy": 0x6A1B2D, "pink": 0xE9A3B4, "hot pink": 0xD93B82, "orange": 0xE07A2C,
    "yellow": 0xEBCB3F, "mustard": 0xC5992B, "purple": 0x6C4390, "lavender": 0xB9A7D6, "teal": 0x1F7C80,
    "ivory": 0xF3EAD4, "nude": 0xE3BFA6,
}  # fmt: skip
CATEGORIES = range(1, 14)
SEASONS = ("", "spring", "summer", "autumn", "winter")
MAX_AGE_DAYS = 365
CHANGES_A_SECOND = 5


def outfits(number: int, now: datetime) -> Iterator[recommender_pb2.Outfit]:
    """Outfits of a shop. Items and colours are heavy-tailed, as they are in shops."""
    random_ = random.Random(number)
    categories = random_.sample(CATEGORIES, len(CATEGORIES))
    families = random_.sample(sorted(FAMILIES), len(FAMILIES))
    by_rank = [1 / rank for rank in range(1, 28)]
    for n in range(number):
        count = random_.choices((1, 2, 3, 4), (0.15, 0.5, 0.25, 0.1))[0]
        digest = random_.randbytes(32)
        outfit = recommender_pb2.Outfit(
            image=fashion_pb2.ImageRef(
                image_id=f"shop.example:look-{n}:0",
                sha256=digest,
                phash=random_.getrandbits(64),
                key=photo_key(digest),
                width=900,
                height=1200,
                media_type="image/jpeg",
            ),
            style=fashion_pb2.Style.ValueType(random_.randint(1, 6)),
            posted_at=timestamp(now - timedelta(days=random_.uniform(0, MAX_AGE_DAYS))),
            product=fashion_pb2.Product(
                product_id=f"look-{n}",
                title=f"Look {n} with a title of the usual length",
                url=f"https://shop.example/products/look-{n}",
                price_cents=random_.randint(1000, 30000),
                currency="EUR",
                available=random_.random() < 0.97,
                season=random_.choice(SEASONS),
            ),
        )
        for category in set(random_.choices(categories, by_rank[:13], k=count)):
            family = random_.choices(families, by_rank)[0]
            outfit.garments.add(
                category=fashion_pb2.Category.ValueType(category),
                score=0.9,
                colors=[
                    fashion_pb2.Color(rgb=FAMILIES[family], family=family, family_ko="색", share=1)
                ],
            )
        yield outfit


class Trends(trends_pb2_grpc.TrendsServiceServicer):
    """A fixed table: every item x colour with a share, some rising, some withheld."""

    def __init__(self) -> None:
        random_ = random.Random(0)
        self._rows: dict[int, list[trends_pb2.Trend]] = {
            trends_pb2.DIMENSION_ITEM_COLOR: [
                _trend(random_, category, family)
                for category in CATEGORIES
                for family in FAMILIES
                if random_.random() < 0.7
            ],
            trends_pb2.DIMENSION_ITEM: [_trend(random_, category, "") for category in CATEGORIES],
            trends_pb2.DIMENSION_COLOR: [_trend(random_, 0, family) for family in FAMILIES],
        }

    async def GetTrends(
        self, request: trends_pb2.GetTrendsRequest, context: Any
    ) -> trends_pb2.GetTrendsResponse:
        rows = self._rows[request.dimension]
        start = int(request.page_token or 0)
        end = start + request.page_size
        return trends_pb2.GetTrendsResponse(
            trends=rows[start:end], next_page_token=str(end) if end < len(rows) else ""
        )

    async def GetTrendSeries(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    async def GetTrendEvidence(self, request: Any, context: Any) -> Any:
        raise NotImplementedError


def _trend(random_: random.Random, category: int, family: str) -> trends_pb2.Trend:
    rising = random_.random() < 0.05
    return trends_pb2.Trend(
        value=trends_pb2.Value(
            category=fashion_pb2.Category.ValueType(category), color_family=family
        ),
        share=random_.paretovariate(1) / 100 % 1,
        baseline_share=0.01,
        rise=random_.random() if rising else 0,
        rising=rising,
    )


async def main(number: int, uri: str, database: str) -> None:
    """Serves until its input ends."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(uri, tz_aware=True)
    store = Store(client[database])
    await store.prepare()
    replica, people, shelf = Replica(store), People(store), Shelf()
    started = time.perf_counter()
    for outfit in outfits(number, datetime.now(UTC)):
        _put(replica.catalog, outfit)
    loaded_s = time.perf_counter() - started
    keep_what_is_loaded()

    trend_server = grpc.aio.server()
    trends_pb2_grpc.add_TrendsServiceServicer_to_server(Trends(), trend_server)
    trend_port = trend_server.add_insecure_port("127.0.0.1:0")
    await trend_server.start()
    feed = TrendFeed(f"127.0.0.1:{trend_port}")

    server = RpcServer("127.0.0.1", 0)
    server.add(
        recommender_pb2_grpc.add_RecommenderServiceServicer_to_server,
        RecommenderService(
            store,
            replica,
            people,
            feed,
            shelf,
            BlobStore("file:///nonexistent"),
            lambda: datetime.now(UTC),
        ),
        "snsfashion.recommender.v1.RecommenderService",
    )
    server.add(_add_empty, None, "bench.Empty")
    await server.start()
    await server.set_serving(True)
    tasks = [
        asyncio.create_task(work)
        for work in (replica.follow(), people.follow(), _change(replica.catalog, number))
    ]
    print(json.dumps({"port": server.port, "loaded_s": round(loaded_s, 1)}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await server.stop(0)
    await feed.close()
    await shelf.close()
    await trend_server.stop(0)
    await client.close()


def _put(catalog: Catalog, outfit: recommender_pb2.Outfit) -> None:
    payload = outfit.SerializeToString(deterministic=True)
    catalog.put(messages.outfit(outfit, "shop.example", ""), payload)


async def _change(catalog: Catalog, number: int) -> None:
    """Shops go on changing: outfits are put anew, for ever."""
    while True:
        for outfit in outfits(min(number, 1000), datetime.now(UTC)):
            await asyncio.sleep(1 / CHANGES_A_SECOND)
            _put(catalog, outfit)


def _add_empty(_: object, server: grpc.aio.Server) -> None:
    async def call(request: bytes, context: Any) -> bytes:
        return b""

    handler = grpc.unary_unary_rpc_method_handler(call)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("bench.Empty", {"Call": handler}),)
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
