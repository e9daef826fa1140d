"""Runs the color service: `python -m color`. Settings come from the environment. `python -m color --help` for more."""

from __future__ import annotations

import sys

from color import admin
from color.events import Events
from color.service import ColorService
from color.settings import Settings
from color.storage.palettes import Palettes
from color.storage.store import Store
from photokit.blobs import BlobStore
from servicekit import telemetry, topology
from servicekit.runtime import Runtime, run
from snsfashion.color.v1 import color_pb2, color_pb2_grpc

SERVICE = color_pb2.DESCRIPTOR.services_by_name["ColorService"].full_name


async def build(runtime: Runtime[Settings]) -> None:
    """Wires the service; it serves once the palettes are loaded."""
    store = Store(runtime.db)
    await store.prepare()
    palettes = Palettes(store)
    await palettes.load()
    runtime.background(palettes.follow)
    events = Events(store, BlobStore(runtime.settings.blob_url), palettes)
    runtime.add_rpc(
        color_pb2_grpc.add_ColorServiceServicer_to_server, ColorService(palettes), SERVICE
    )
    runtime.consume(topology.PIPELINE, {topology.SEGMENTED: events.segmented})
    runtime.consume(topology.ERASURES, {topology.ERASED: events.erased})


def main() -> None:
    """Entry point: serves, or with arguments runs a command."""
    if len(sys.argv) > 1:
        telemetry.configure("color", "WARNING")  # what a command prints is its own
        sys.exit(admin.main(sys.argv[1:]))
    run("color", Settings, build)


if __name__ == "__main__":
    main()
