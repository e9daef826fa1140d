"""How fast trends takes photos in, whether exactly, and how fast it answers. A part of `python -m benchmarks.trends`.

Run by itself it is one of the processes that the benchmark starts: a service on one database, or a writer.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click
import grpc
import numpy as np
from pymongo import AsyncMongoClient
from rich.progress import track

from devstack.processes import free_port, port_open
from servicekit.app import StatefulPorts
from servicekit.events import Publication, timestamp
from servicekit.mongo import Database
from servicekit.rpc import RpcServer
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2, trends_pb2_grpc
from trends.app import TrendsApp, wire
from trends.core.cell import Cell, total
from trends.core.observation import state_of_outfit
from trends.core.recount import Recount
from trends.settings import Settings
from trends.storage.photos import result
from trends.storage.store import Store

SUNDAY = date(2026, 11, 22)
BATCH = 128
CALLS = 2000


async def _publish(_publication: Publication[Any]) -> None:
    raise AssertionError("trends publishes nothing")


def _wired(db: Database) -> TrendsApp:
    """Return the service on a database."""
    settings = Settings(nats_url="nats://unused", mongodb_uri="mongodb://unused")
    return wire(StatefulPorts(settings=settings, publish=_publish, db=db))


def _events(number: int, seed: int) -> Iterator[OutfitDescribed]:
    """Yield outfits of eight weeks at three sites, newer ones more, with two or three garments of 27 families.

    The masks have a real size; some authors post often.
    """
    rng = random.Random(seed)
    families = [f"family {n:02}" for n in range(27)]
    weights = [1 / (n + 1) for n in range(27)]
    mask = rng.randbytes(2500)
    for n in range(number):
        site = rng.choice(["instagram", "a.example", "b.example"])
        image = fashion_pb2.ImageRef(
            image_id=f"{site}:{seed}-{n}:0", sha256=rng.randbytes(32), phash=rng.getrandbits(64)
        )
        day = SUNDAY - timedelta(days=min(int(rng.expovariate(1 / 14)), 55))
        yield OutfitDescribed(
            event_id=f"{seed}-{n}",
            image=image,
            provenance=fashion_pb2.Provenance(
                site=site,
                post=f"{seed}-{n}",
                kind=fashion_pb2.SOURCE_KIND_SOCIAL,
                author_key=f"{int(rng.paretovariate(0.6)):x}" if site == "instagram" else "",
                hashtags=sorted(rng.sample(["ootd", "fashion", "daily", "look", "seoul"], 3)),
                posted_at=timestamp(datetime.combine(day, datetime.min.time(), UTC)),
                date_source=fashion_pb2.DATE_SOURCE_STATED,
            ),
            generations=fashion_pb2.Generations(provenance=1, classifier=1, segmenter=1, color=1),
            garments=[
                fashion_pb2.Garment(
                    category=fashion_pb2.Category.ValueType(rng.randint(1, 13)),
                    score=0.9,
                    pattern=fashion_pb2.Pattern.ValueType(rng.randint(1, 5)),
                    mask=fashion_pb2.Mask(height=800, width=600, counts=mask),
                    colors=[
                        fashion_pb2.Color(family=rng.choices(families, weights)[0], share=0.8),
                        fashion_pb2.Color(family=rng.choice(families), share=0.2),
                    ],
                )
                for _ in range(rng.randint(2, 3))
            ],
        )


def _offers(number: int) -> Iterator[OutfitDescribed]:
    """Yield outfits that a shop offers."""
    for event in _events(number, seed=4):
        event.provenance.MergeFrom(
            fashion_pb2.Provenance(
                site="shop.example",
                kind=fashion_pb2.SOURCE_KIND_SHOP,
                product=fashion_pb2.Product(available=True),
            )
        )
        event.provenance.author_key = ""
        event.image.image_id = f"shop.example:{event.provenance.post}:0"
        yield event


def _batches(events: Sequence[OutfitDescribed], size: int) -> list[list[OutfitDescribed]]:
    return [list(events[start : start + size]) for start in range(0, len(events), size)]


async def ingest(uri: str, photos: int = 100 * BATCH) -> dict[str, Any]:
    """Compare the events' handler with bare pymongo, and what is counted with the events."""
    events = list(_events(photos, seed=1))
    async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        ours, bare, both = (f"bench_trends_{uuid.uuid4().hex}" for _ in range(3))
        app = _wired(client[ours])
        await app.prepare()
        await Store(client[bare]).prepare()  # the same indexes
        seconds = {"ours": 0.0, "bare": 0.0}
        for batch in track(_batches(events, BATCH), "ingest", disable=not sys.stderr.isatty()):
            documents = [_document(event) for event in batch]
            start = time.perf_counter()
            await client[bare]["photos"].insert_many(documents)
            middle = time.perf_counter()
            assert list(await app.events.described(batch)) == [()] * len(batch)
            seconds["bare"] += middle - start
            seconds["ours"] += time.perf_counter() - middle
        exact = await _exact(app.store, events)
        few = events[: photos // 4]
        await Store(client[both]).prepare()
        start = time.perf_counter()
        command = ["-m", "benchmarks.trends.service", "write", uri, both, str(len(few))]
        processes = [
            await asyncio.create_subprocess_exec(sys.executable, *command, str(seed))
            for seed in (1, 2)
        ]
        done = [await process.wait() for process in processes]
        both_seconds = time.perf_counter() - start
        two_exact = done == [0, 0] and await _exact(Store(client[both]), few)
        for name in (ours, bare, both):
            await client.drop_database(name)
    return {
        "photos": photos,
        "batch": BATCH,
        "photos_per_s": round(photos / seconds["ours"]),
        "bare_photos_per_s": round(photos / seconds["bare"]),
        "ratio": round(seconds["bare"] / seconds["ours"], 2),
        "exact": exact,
        "two_photos_per_s": round(2 * len(few) / both_seconds),
        "two_exact": two_exact,
    }


def _document(event: OutfitDescribed) -> dict[str, Any]:
    """Return the document that the photo store keeps of an event."""
    stored = result(state_of_outfit(event), event)
    site, post = stored.post
    known = {"_id": stored.image_id, "site": site, "post": post, "order": list(stored.order)}
    return {**known, "seq": 1, **stored.fields}


async def _write_all(uri: str, name: str, photos: int, seed: int) -> None:
    """Write the same photos as another process does: in an order of its own, in batches of any size."""
    events = list(_events(100 * BATCH, seed=1))[:photos]
    rng = random.Random(seed)
    rng.shuffle(events)
    async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        handler = _wired(client[name]).events
        while events:
            size = rng.randint(1, BATCH)
            batch, events = events[:size], events[size:]
            await handler.described(batch)


async def _exact(store: Store, events: Sequence[OutfitDescribed]) -> bool:
    """Tell whether cells and changes add up to what the events do, byte for byte."""
    head = await store.read_head()
    cells = await store.cells.read_cells(head.epoch)
    for key, change in (await store.cells.sum_changes(head.folded, head.seq)).items():
        cells[key] = total([cells.get(key, Cell()), change])
    recount = Recount()
    recount.apply(state_of_outfit(event) for event in events)
    return {key: cell.document() for key, cell in cells.items() if cell} == {
        key: cell.document() for key, cell in recount.cells.items()
    }


def answers(uri: str, sizes: Sequence[int]) -> dict[int, dict[str, float]]:
    """Measure the latency of GetTrends and GetCatalogGaps by number of photos: the same requests to each service, in turn."""
    names = {size: f"bench_trends_{uuid.uuid4().hex}" for size in sizes}
    for size, name in names.items():
        asyncio.run(_fill(uri, name, size))
    ports = {size: free_port() for size in sizes}
    services = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "benchmarks.trends.service",
                "serve",
                uri,
                names[size],
                str(port),
            ]
        )
        for size, port in ports.items()
    ]
    times: dict[int, list[float]] = {size: [] for size in sizes}
    gap_times: dict[int, list[float]] = {size: [] for size in sizes}
    supports: dict[int, int] = {}
    try:
        stubs = {}
        for size, port in ports.items():
            while not port_open(port):
                time.sleep(0.1)
            channel = grpc.insecure_channel(f"127.0.0.1:{port}")
            stubs[size] = trends_pb2_grpc.TrendsServiceStub(channel)
        for n, request in enumerate(
            track(_requests(CALLS), "answers", CALLS, disable=not sys.stderr.isatty())
        ):
            for size, stub in stubs.items():
                start = time.perf_counter()
                answer = stub.GetTrends(request, timeout=30)
                if n >= 50:  # the first calls open connections
                    times[size].append((time.perf_counter() - start) * 1000)
                asked = _gaps_like(request)
                start = time.perf_counter()
                stub.GetCatalogGaps(asked, timeout=30)
                if n >= 50:
                    gap_times[size].append((time.perf_counter() - start) * 1000)
                supports[size] = max(supports.get(size, 0), answer.basis.support)
    finally:
        for service in services:
            service.terminate()
            service.wait()
        asyncio.run(_drop(uri, list(names.values())))
    return {
        size: {
            "p50_ms": round(float(np.percentile(values, 50)), 2),
            "p99_ms": round(float(np.percentile(values, 99)), 2),
            "gaps_p50_ms": round(float(np.percentile(gap_times[size], 50)), 2),
            "gaps_p99_ms": round(float(np.percentile(gap_times[size], 99)), 2),
            "contributor_days_in_the_widest_window": supports[size],
        }
        for size, values in times.items()
    }


def _requests(number: int) -> Iterator[trends_pb2.GetTrendsRequest]:
    rng = random.Random(7)
    for _ in range(number):
        yield trends_pb2.GetTrendsRequest(
            dimension=rng.choice(
                [
                    trends_pb2.DIMENSION_ITEM,
                    trends_pb2.DIMENSION_COLOR,
                    trends_pb2.DIMENSION_ITEM_COLOR,
                    trends_pb2.DIMENSION_PATTERN,
                    trends_pb2.DIMENSION_ITEM_PATTERN,
                ]
            ),
            order=rng.choice([trends_pb2.ORDER_SHARE, trends_pb2.ORDER_RISE]),
            window_days=rng.choice([1, 7, 14, 28]),
            baseline_days=rng.choice([21, 28]),
            as_of=timestamp(datetime.combine(SUNDAY, datetime.min.time(), UTC)),
            filter=trends_pb2.Filter(site=rng.choice(["", "", "instagram"])),
            page_size=20,
        )


def _gaps_like(request: trends_pb2.GetTrendsRequest) -> trends_pb2.GetCatalogGapsRequest:
    """Return the question about gaps of the same window; each side in turn, by the window."""
    return trends_pb2.GetCatalogGapsRequest(
        dimension=request.dimension,
        side=trends_pb2.GAP_SIDE_OFFERED if request.window_days == 7 else trends_pb2.GAP_SIDE_WORN,
        filter=request.filter,
        window_days=request.window_days,
        as_of=request.as_of,
        page_size=request.page_size,
    )


async def _fill(uri: str, name: str, photos: int) -> None:
    async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        app = _wired(client[name])
        await app.prepare()
        batches = _batches([*_events(photos, seed=3), *_offers(photos // 20)], 500)
        for batch in track(batches, f"{photos:,} photos", disable=not sys.stderr.isatty()):
            await app.events.described(batch)


async def _drop(uri: str, names: Sequence[str]) -> None:
    async with AsyncMongoClient[dict[str, Any]](uri) as client:
        for name in names:
            await client.drop_database(name)


async def _serve(uri: str, name: str, port: int) -> None:
    """Serve the RPCs on one database until it is stopped."""
    async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        app = _wired(client[name])
        await app.prepare()
        server = RpcServer("127.0.0.1", port)
        server.add(app.rpc.register, app.rpc.servicer, app.rpc.name)
        await server.start()
        await server.set_serving(True)
        await app.snapshot.follow()


@click.group()
def process() -> None:
    """Run one of the processes that the benchmark starts."""


@process.command()
@click.argument("uri")
@click.argument("database")
@click.argument("port", type=int)
def serve(uri: str, database: str, port: int) -> None:
    """Serve the RPCs on one database."""
    asyncio.run(_serve(uri, database, port))


@process.command()
@click.argument("uri")
@click.argument("database")
@click.argument("photos", type=int)
@click.argument("seed", type=int)
def write(uri: str, database: str, photos: int, seed: int) -> None:
    """Write photos in an order that SEED gives."""
    asyncio.run(_write_all(uri, database, photos, seed))


if __name__ == "__main__":
    process()
