"""Logs as JSON, metrics for Prometheus, W3C trace context in message headers and RPC metadata."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
import structlog
from opentelemetry import propagate, trace
from opentelemetry.instrumentation.grpc import (
    aio_client_interceptors,
    aio_server_interceptor,
    filters,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import Counter, Gauge, Histogram

RPC_SECONDS = Histogram(
    "sns_rpc_seconds",
    "Time to answer an RPC",
    ("method", "code"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
EVENTS = Counter("sns_events", "Messages by outcome", ("subject", "outcome"))
EVENT_SECONDS = Histogram("sns_event_batch_seconds", "Time to handle a batch", ("subject",))
INFERENCE_BATCH = Histogram(
    "sns_inference_batch_size", "Photos in one model call", buckets=(1, 2, 4, 8, 16, 32)
)
INFERENCE_QUEUE = Gauge("sns_inference_queue", "Photos that are waiting for the model")
# What the networks answer: when it drifts away from what their cards tell, the photos have become others.
FASHION_PROBABILITY = Histogram(
    "sns_fashion_probability",
    "Probability of fashion that the classifier gives a crawled photo",
    buckets=(0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0),
)
GARMENTS_A_PHOTO = Histogram(
    "sns_garments_a_photo",
    "Garments that the segmenter finds in a fashion photo",
    buckets=(0, 1, 2, 3, 4, 6, 10),
)
GARMENTS = Counter("sns_garments", "Garments that the segmenter finds", ("category",))

FLUSH_S = 5.0
"""Seconds that the end of a process waits for a collector of traces."""

_tracer = trace.get_tracer("snsfashion")


def configure(service: str, level: str, otlp_endpoint: str = "") -> None:
    """Log to stdout, one JSON object per line (libraries from WARNING), and send traces to `otlp_endpoint` if it is set.

    `otlp_endpoint`: http(s)://host:port of a collector that takes OTLP over gRPC.
    """
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        # `flush` is what happens at exit: without a limit, a collector that does not answer delays it by half a minute.
        provider = TracerProvider(
            resource=Resource.create({"service.name": service}), shutdown_on_exit=False
        )
        if otlp_endpoint:
            # Imported here, since nothing else needs it and it is slow to load.
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

            provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(otlp_endpoint)))
        trace.set_tracer_provider(provider)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _add_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processor=structlog.processors.JSONRenderer()
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def flush() -> None:
    """Send the traces that are still in memory, for at most FLUSH_S. Call it when the process ends."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        sending = threading.Thread(target=provider.shutdown, daemon=True)
        sending.start()
        sending.join(FLUSH_S)


def server_interceptor() -> grpc.aio.ServerInterceptor:  # type: ignore[type-arg]
    """Return the interceptor that gives each RPC a span in the caller's trace; health checks have no span."""
    interceptor: grpc.aio.ServerInterceptor = aio_server_interceptor(  # type: ignore[no-untyped-call, type-arg]
        filter_=filters.negate(filters.health_check())
    )
    return interceptor


def client_interceptors() -> Sequence[grpc.aio.ClientInterceptor]:
    """Return the interceptors with which the calls of a channel carry the trace."""
    return tuple(aio_client_interceptors())  # type: ignore[no-untyped-call]


def log(name: str) -> Any:
    """Return a logger. Pass it an event name and key=value pairs, never secrets or personal data."""
    return structlog.get_logger(component=name)


@contextmanager
def span(name: str, carrier: Mapping[str, str]) -> Iterator[None]:
    """Open a span that continues the trace in `carrier` (headers or metadata), or starts a new trace."""
    with _tracer.start_as_current_span(name, context=propagate.extract(carrier)):
        yield


def trace_headers() -> dict[str, str]:
    """Return the `traceparent` of the current span, as headers."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier


def _add_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event
