"""How long a health check of the segmenter takes while it works through a backlog.

A bare gRPC server with the same health service and nothing to do is asked in the same loop. The ratio shows what inference
costs the answer, on any machine. Writes .run/bench-health.json.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import grpc
import numpy as np
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from devstack import settle
from devstack.processes import free_port, port_open
from devstack.stack import Stack
from lookbook.draw.render import render
from lookbook.spec.sampling import sample_outfit
from snsfashion.crawler.v1.crawler_pb2 import FolderSource, StartCrawlRequest
from snsfashion_client import Addresses, Client

EVERY_S = 0.02
SEGMENTER = "snsfashion.segmenter.v1.SegmenterService"


@click.command(
    help=__doc__,
    epilog="\b\nExample:\n  python -m benchmarks.segmenter.health --photos 100 --json",
    context_settings={"max_content_width": 120},
)
@click.option("--photos", default=200, show_default=True, help="Size of the backlog.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@click.option("--bare", type=int, hidden=True)  # a port: be the bare server
def main(photos: int, as_json: bool, bare: int | None) -> None:
    """Measure and print."""
    if bare:
        asyncio.run(_bare(bare))
        return
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), photos)
    Path(".run").mkdir(exist_ok=True)
    Path(".run/bench-health.json").write_text(json.dumps(result, indent=2) + "\n")
    if as_json:
        click.echo(json.dumps(result))
        return
    table = Table(title=f"Health check, {result['checks']} times during a backlog")
    for column in ("server", "median ms", "p99 ms", "max ms"):
        table.add_column(column, justify="left" if column == "server" else "right")
    for name in ("segmenter", "bare"):
        row = result[name]
        table.add_row(name, *(f"{row[key]:.1f}" for key in ("p50_ms", "p99_ms", "max_ms")))
    table.add_row("ratio", *(f"{result['ratio'][key]:.1f}" for key in ("p50", "p99")), "")
    Console().print(table)


def measure(folder: Path, photos: int) -> dict[str, Any]:
    """Fill a backlog, then ask both servers in turn until it is gone."""
    source = folder / "photos"
    source.mkdir()
    for seed in track(range(photos), "rendering"):
        image = Image.fromarray(render(sample_outfit(seed, "run")).image)
        image.save(source / f"{seed:04}.jpg", quality=90)
    port = free_port()
    bare = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.segmenter.health", "--bare", str(port)]
    )
    times: dict[str, list[float]] = {"segmenter": [], "bare": []}
    try:
        with Stack(folder / "stack") as stack, Client(Addresses(**stack.addresses)) as client:
            while not port_open(port):
                time.sleep(0.05)
            stubs = {
                "segmenter": _stub(stack.addresses["segmenter"]),
                "bare": _stub(f"127.0.0.1:{port}"),
            }
            request = StartCrawlRequest(folder=FolderSource(path=str(source)))
            client.crawler.StartCrawl(request)
            while _backlog(client, photos):
                until = time.monotonic() + 1.0
                while time.monotonic() < until:
                    for name, stub in stubs.items():
                        times[name].append(_check(stub, SEGMENTER if name == "segmenter" else ""))
                    time.sleep(EVERY_S)
    finally:
        bare.terminate()
        bare.wait()
    rows = {name: _row(values) for name, values in times.items()}
    ratio = {
        key: round(rows["segmenter"][f"{key}_ms"] / rows["bare"][f"{key}_ms"], 2)
        for key in ("p50", "p99")
    }
    return {"checks": len(times["segmenter"]), "photos": photos, **rows, "ratio": ratio}


def _backlog(client: Client, photos: int) -> bool:
    fates = settle.fates(client.crawler)
    return sum(fates.values()) - fates.get("waiting", 0) < photos


def _stub(address: str) -> health_pb2_grpc.HealthStub:
    return health_pb2_grpc.HealthStub(grpc.insecure_channel(address))


def _check(stub: health_pb2_grpc.HealthStub, service: str) -> float:
    start = time.perf_counter()
    answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    return (time.perf_counter() - start) * 1000


def _row(values: list[float]) -> dict[str, float]:
    p50, p99 = np.percentile(values, (50, 99))
    return {"p50_ms": round(p50, 2), "p99_ms": round(p99, 2), "max_ms": round(max(values), 2)}


async def _bare(port: int) -> None:
    server = grpc.aio.server()
    servicer = health.aio.HealthServicer()  # type: ignore[attr-defined]
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    main()
