"""One call at a time for each key: callers that ask for the same key meanwhile share its result."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator
from typing import Any, Generic, TypeVar

from servicekit import telemetry

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_log = telemetry.log("single_flight")


class SingleFlight(Generic[K, V]):
    """The calls that are in progress, by key."""

    def __init__(self, keep: Callable[[K, V], None]) -> None:
        """`keep` receives each result, unless its key was forgotten while the call was in progress."""
        self._keep = keep
        self._flights: dict[K, asyncio.Task[V]] = {}

    def join(self, key: K, call: Callable[[], Awaitable[V]]) -> asyncio.Task[V]:
        """Return the call that is in progress for `key`, or start it.

        Wait for it with `asyncio.shield` or `asyncio.wait`: a caller that gives up must not cancel it for the others.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(self._fly(key, call))
            flight.add_done_callback(_log_failure)
        return flight

    def forget(self, key: K) -> None:
        """Make the next caller start a new call, since the current one may read old data."""
        self._flights.pop(key, None)

    def __iter__(self) -> Iterator[K]:
        """Iterate over the keys of the calls that are in progress."""
        return iter(tuple(self._flights))

    def cancel(self) -> None:
        """Cancel all calls."""
        for flight in self._flights.values():
            flight.cancel()

    async def _fly(self, key: K, call: Callable[[], Awaitable[V]]) -> V:
        current = False
        try:
            result = await call()
        finally:
            if self._flights.get(key) is asyncio.current_task():
                current = True
                del self._flights[key]
        if current:
            self._keep(key, result)
        return result


def _log_failure(flight: asyncio.Task[Any]) -> None:
    """Log why a call failed, since every caller may have given up before."""
    if not flight.cancelled() and (error := flight.exception()):
        _log.warning("call_failed", error=repr(error))
