"""Logs as JSON, metrics for Prometheus, W3C trace context in message headers and RPC metadata."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client import Counter, Gauge, Histogram

RPC_SECONDS = Histogram(
    "sns_rpc_seconds",
    "Time to answer an RPC",
    ("method", "code"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
EVENTS = Counter("sns_events", "Messages by what became of them", ("subject", "outcome"))
EVENT_SECONDS = Histogram("sns_event_batch_seconds", "Time to handle a batch", ("subject",))
INFERENCE_BATCH = Histogram(
    "sns_inference_batch_size", "Photos a model call", buckets=(1, 2, 4, 8, 16, 32)
)
INFERENCE_QUEUE = Gauge("sns_inference_queue", "Photos that wait for the model")

_tracer = trace.get_tracer("snsfashion")


def configure(service: str, level: str) -> None:
    """Logs go to stdout as one JSON object a line; libraries' logs too, at WARNING."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
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


def log(name: str) -> Any:
    """A logger; call it with an event name and key=value pairs, never with secrets or personal data."""
    return structlog.get_logger(component=name)


@contextmanager
def span(name: str, carrier: Mapping[str, str]) -> Iterator[None]:
    """A span that continues the trace in `carrier` (headers or metadata), or starts one."""
    with _tracer.start_as_current_span(name, context=propagate.extract(carrier)):
        yield


def trace_headers() -> dict[str, str]:
    """`traceparent` of the current span."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier


def _add_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event
