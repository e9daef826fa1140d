"""Settings: read once from the environment into a frozen object."""

from __future__ import annotations

import sys
from typing import TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class StatelessSettings(BaseSettings):
    """Settings of every service. A subclass adds its own. The variable of a field is its name in capital letters.

    A field without a default is required: without it the service does not start, and says so. An empty variable counts
    as not set.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", case_sensitive=False, env_ignore_empty=True
    )

    nats_url: str = Field(description="nats://host:port of the broker")
    grpc_host: str = Field("127.0.0.1", description="address to listen on")
    grpc_port: int = Field(50051, ge=0, le=65535, description="0 takes a free one")
    metrics_port: int = Field(9090, ge=0, le=65535, description="HTTP /metrics; 0 takes a free one")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    otel_exporter_otlp_endpoint: str = Field(
        "",
        description="http://host:4317 of an OpenTelemetry collector; if not set, no traces are sent",
    )
    shutdown_grace_s: float = Field(20.0, gt=0, description="time to finish what is in flight")


class ServiceSettings(StatelessSettings):
    """Settings of a service that keeps state."""

    mongodb_uri: str = Field(description="mongodb://... of the database")


S = TypeVar("S", bound=BaseSettings)


def load(settings: type[S]) -> S:
    """Read `settings` from the environment. If one is missing or invalid, say which and end the process with status 2."""
    try:
        return settings()
    except ValidationError as error:
        lines = [
            f"  {'.'.join(map(str, e['loc'])).upper()}: "
            + ("is not set" if e["type"] == "missing" else f"{e['msg']}")
            for e in error.errors()
        ]
        print("cannot start, check the environment:\n" + "\n".join(lines), file=sys.stderr)
        raise SystemExit(2) from None
