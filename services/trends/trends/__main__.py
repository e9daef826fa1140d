"""Runs the trends service: `python -m trends`; with a command, `trends.admin`. Settings come from the environment."""

from __future__ import annotations

import sys
import time

from servicekit import telemetry, topology
from servicekit.runtime import Runtime, run, utc_now
from snsfashion.trends.v1 import trends_pb2, trends_pb2_grpc
from trends import admin
from trends.events import Events
from trends.service import TrendsService
from trends.settings import Settings
from trends.storage.rebuild import rebuild
from trends.storage.snapshot import Snapshot
from trends.storage.store import FORMAT, Store

SERVICE = trends_pb2.DESCRIPTOR.services_by_name["TrendsService"].full_name


async def build(runtime: Runtime[Settings]) -> None:
    """Wires the service. It is NOT_SERVING until the counts are loaded."""
    store = Store(runtime.db)
    await store.prepare()
    snapshot = Snapshot(store, time.monotonic)

    async def load() -> None:
        if (await store.head()).format != FORMAT:
            await rebuild(store)
        await snapshot.refresh()

    runtime.before_serving(load)
    events = Events(store)
    runtime.background(snapshot.follow)
    runtime.add_rpc(
        trends_pb2_grpc.add_TrendsServiceServicer_to_server,
        TrendsService(snapshot, store, utc_now),
        SERVICE,
    )
    runtime.consume(
        topology.PIPELINE,
        {topology.DESCRIBED: events.described, topology.REJECTED: events.rejected},
        batch=128,
    )
    runtime.consume(topology.ERASURES, {topology.ERASED: events.erased})


def main() -> None:
    """Entry point."""
    if len(sys.argv) > 1:
        telemetry.configure("trends", "WARNING")  # what a command prints is its own
        admin.main(sys.argv[1:])
        return
    run("trends", Settings, build)


if __name__ == "__main__":
    main()
