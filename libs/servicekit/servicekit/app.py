"""The parts of a service. Its `app.py` has `wire(ports)`, which returns an `App`.

`__main__`, tests and benchmarks all call `wire`. Nothing else puts the parts of a service together.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeAlias, TypeVar

import grpc
from google.protobuf.descriptor import ServiceDescriptor

from servicekit import topology
from servicekit.consumer import Retried, Subscription
from servicekit.errors import StartError
from servicekit.events import Publication
from servicekit.mongo import Database
from servicekit.settings import StatelessSettings

S_co = TypeVar("S_co", bound=StatelessSettings, covariant=True)
Work: TypeAlias = Callable[[], Awaitable[None]]
Publish: TypeAlias = Callable[[Publication[Any]], Awaitable[None]]
"""Publishes an event and returns when the broker has acknowledged it."""


def utc_now() -> datetime:
    """Return the current time. Services use this clock; tests pass their own."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Ports(Generic[S_co]):
    """What a service gets from outside."""

    settings: S_co
    publish: Publish
    clock: Callable[[], datetime] = utc_now
    """Returns the current time, aware, in UTC."""
    monotonic: Callable[[], float] = time.monotonic
    """Returns seconds that never go back."""


@dataclass(frozen=True, kw_only=True)
class StatefulPorts(Ports[S_co]):
    """What a service that keeps state gets from outside."""

    db: Database
    """The service's own database."""


@dataclass(frozen=True)
class Rpc:
    """The RPCs of a service: its contract, the generated `add_..._to_server`, and the servicer."""

    contract: ServiceDescriptor
    register: Callable[[Any, grpc.aio.Server], None]
    servicer: object

    @property
    def name(self) -> str:
        """The full name, such as snsfashion.color.v1.ColorService."""
        return str(self.contract.full_name)


@dataclass(frozen=True, kw_only=True)
class App:
    """A wired service: everything that the runtime runs. A subclass adds the parts that tests look at.

    Raises StartError if its subscriptions differ from those that `servicekit.topology` declares for it.
    """

    name: str
    rpc: Rpc
    subscriptions: Sequence[Subscription[Any]]
    """One for each subject that the service consumes."""
    batch: int = 32
    """Messages that a consumer fetches at once."""
    retried: Retried | None = None
    """Called before the handler with each event that an operator sent again."""
    before_serving: Sequence[Work] = field(default=())
    """Runs once, in this order, after the port is open and before consumers and background work start.

    Until it is done, health says NOT_SERVING and calls are answered with UNAVAILABLE."""
    background: Sequence[Work] = field(default=())
    """Runs while the service serves, and is canceled at shutdown. If it fails, the service fails."""
    on_close: Sequence[Work] = field(default=())
    """Runs at shutdown after the consumers have stopped, the last one first."""

    def __post_init__(self) -> None:
        declared = {subject for d in topology.durables_of(self.name) for subject in d.subjects}
        handled = {subscription.subject for subscription in self.subscriptions}
        if declared != handled:
            lacking = [f"no handler for {subject}" for subject in sorted(declared - handled)]
            unknown = [f"{subject} has a handler only" for subject in sorted(handled - declared)]
            raise StartError(
                f"{self.name} and servicekit/topology.py do not agree: {'; '.join(lacking + unknown)}; "
                "a subject's `consumers` must name the services that handle it"
            )

    async def prepare(self) -> None:
        """Run `before_serving`. For tests and benchmarks too, which have no runtime."""
        for work in self.before_serving:
            await work()

    async def close(self) -> None:
        """Run `on_close`."""
        for work in reversed(self.on_close):
            await work()
