"""Runs the color service: `python -m color`. Settings come from the environment."""

from __future__ import annotations

from color import palette
from color.naming import Namer
from color.service import ColorService, Events
from color.settings import Settings
from color.store import Store
from servicekit import topology
from servicekit.runtime import Runtime, run
from snsfashion.color.v1 import color_pb2, color_pb2_grpc

SERVICE = color_pb2.DESCRIPTOR.services_by_name["ColorService"].full_name


async def build(runtime: Runtime[Settings]) -> None:
    """Wires the service."""
    store = Store(runtime.db)
    await store.prepare()
    colors = palette.standard()
    namer = Namer(colors)
    events = Events(store, runtime.blobs, namer)
    runtime.add_rpc(
        color_pb2_grpc.add_ColorServiceServicer_to_server, ColorService(colors, namer), SERVICE
    )
    runtime.consume(topology.PIPELINE, {topology.SEGMENTED: events.segmented})
    runtime.consume(topology.ERASURES, {topology.ERASED: events.erased})


def main() -> None:
    """Entry point."""
    run("color", Settings, build)


if __name__ == "__main__":
    main()
