"""Traces reach a collector if one is configured, and nothing is sent otherwise."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
# A server that answers one call, which carries a traceparent, and ends.
PROGRAM = """
import asyncio, sys
import grpc
from servicekit import telemetry
from servicekit.rpc import RpcServer
from snsfashion.color.v1 import color_pb2, color_pb2_grpc

class Color(color_pb2_grpc.ColorServiceServicer):
    async def GetPalette(self, request, context):
        return color_pb2.GetPaletteResponse(version=telemetry.trace_headers()["traceparent"])

async def main():
    telemetry.configure("color", "INFO", sys.argv[1])
    server = RpcServer("127.0.0.1", 0)
    server.add(color_pb2_grpc.add_ColorServiceServicer_to_server, Color(), "snsfashion.color.v1.ColorService")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        call = color_pb2_grpc.ColorServiceStub(channel).GetPalette
        metadata = [("traceparent", "00-TRACE_ID-b7ad6b7169203331-01")]
        print((await call(color_pb2.GetPaletteRequest(), metadata=metadata)).version)
    await server.stop(0)
    telemetry.flush()

asyncio.run(main())
""".replace("TRACE_ID", TRACE_ID)


# A process that ends with a span in memory, and prints how many seconds it waits for the collector.
ENDING = """
import sys, time
from servicekit import telemetry

telemetry.FLUSH_S = 0.5
telemetry.configure("color", "INFO", sys.argv[1])
with telemetry.span("work", {}):
    pass
start = time.monotonic()
telemetry.flush()
print(time.monotonic() - start)
"""


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """A collector that keeps the spans that it receives."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, str, str]] = []
        """The service, the name of the span and the trace id of each span."""

    async def Export(
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: object
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        for resource in request.resource_spans:
            named = {a.key: a.value.string_value for a in resource.resource.attributes}
            self.spans += [
                (named["service.name"], span.name, span.trace_id.hex())
                for scope in resource.scope_spans
                for span in scope.spans
            ]
        return trace_service_pb2.ExportTraceServiceResponse()


@pytest.fixture
async def collector() -> AsyncIterator[tuple[Collector, str]]:
    """A collector that speaks OTLP over gRPC, and its address."""
    server = grpc.aio.server()
    collector = Collector()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield collector, f"http://127.0.0.1:{port}"
    await server.stop(0)


async def answer(endpoint: str, program: str = PROGRAM) -> str:
    """Return what the program prints. PROGRAM prints the traceparent that the handler saw."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", program, endpoint],
        env={k: v for k, v in os.environ.items() if not k.startswith("OTEL_")},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


async def test_an_rpc_continues_the_callers_trace_and_its_span_is_exported(
    collector: tuple[Collector, str],
) -> None:
    received, endpoint = collector
    assert TRACE_ID in await answer(endpoint)
    assert ("color", "/snsfashion.color.v1.ColorService/GetPalette", TRACE_ID) in received.spans


async def test_without_an_endpoint_the_trace_goes_on_and_nothing_is_sent(
    collector: tuple[Collector, str],
) -> None:
    received, _ = collector
    assert TRACE_ID in await answer("")
    assert not received.spans


async def test_a_collector_that_does_not_answer_does_not_delay_the_end_of_a_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        waited = await answer(f"http://127.0.0.1:{silent.getsockname()[1]}", ENDING)
    # The exporter itself gives up after 10 s.
    assert float(waited.splitlines()[-1]) < 5
