"""What a service is made of: its `app.py` has `wire(ports)`, which gives an `App`.

`__main__`, tests and benchmarks all call `wire`; nothing else puts the parts of a service together.
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
    """Return the time by the clock that services use; tests pass their own clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Ports(Generic[S_co]):
    """Where a service meets the world."""

    settings: S_co
    publish: Publish
    clock: Callable[[], datetime] = utc_now
    """Gives the time of now, aware, in UTC."""
    monotonic: Callable[[], float] = time.monotonic
    """Gives seconds that never go back."""


@dataclass(frozen=True, kw_only=True)
class StatefulPorts(Ports[S_co]):
    """Where a service that keeps state meets the world."""

    db: Database
    """The service's own database."""


@dataclass(frozen=True)
class Rpc:
    """The RPCs of a service: the service of the contract, the generated `add_..._to_server`, and what answers."""

    contract: ServiceDescriptor
    register: Callable[[Any, grpc.aio.Server], None]
    servicer: object

    @property
    def name(self) -> str:
        """The full name, such as snsfashion.color.v1.ColorService."""
        return str(self.contract.full_name)


@dataclass(frozen=True, kw_only=True)
class App:
    """A service that is wired: all that the runtime runs. A service adds the parts that tests look at.

    Raises StartError if its subscriptions are not those that `servicekit.topology` declares for it.
    """

    name: str
    rpc: Rpc
    subscriptions: Sequence[Subscription[Any]]
    """One for each subject that the service takes."""
    batch: int = 32
    """Messages that a consumer fetches at once."""
    retried: Retried | None = None
    """Called before the handler with each event that an operator sent again."""
    before_serving: Sequence[Work] = field(default=())
    """Done once, in this order, when the port is open and before consumers and background work start.

    Until it is done health says NOT_SERVING and calls are answered UNAVAILABLE."""
    background: Sequence[Work] = field(default=())
    """Runs for as long as the service serves; cancelled at shutdown. If it fails, so does the service."""
    on_close: Sequence[Work] = field(default=())
    """Done at shutdown after consumers have stopped, the last one first."""

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
        """Do what comes before serving. For tests and benchmarks; the runtime does it itself."""
        for work in self.before_serving:
            await work()

    async def close(self) -> None:
        """Do what comes at shutdown."""
        for work in reversed(self.on_close):
            await work()
