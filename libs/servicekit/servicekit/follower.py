"""Memory that follows the database: each replica asks again and again for what is new."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from pymongo.errors import PyMongoError

from servicekit import telemetry

V = TypeVar("V")

_log = telemetry.log("follower")


class Follower(ABC, Generic[V]):
    """What a replica holds in memory, and the version of the database that it equals."""

    EVERY_S: ClassVar[float] = 1.0
    """Seconds between two looks at the database."""

    def __init__(self, version: V) -> None:
        """`version`: of an empty database."""
        self._version = version
        # An older read must not overwrite what a newer one found.
        self._lock = asyncio.Lock()

    async def refresh(self) -> None:
        """Take in what has changed since the last time. Raises PyMongoError if the database is out of reach."""
        async with self._lock:
            newest = await self._read_version()
            if newest != self._version:
                self._version = await self._catch_up(newest)

    async def follow(self) -> None:
        """Refresh until it is canceled. While the database is away, what is in memory stays as it is."""
        while True:
            await asyncio.sleep(self.EVERY_S)
            try:
                await self.refresh()
            except PyMongoError as error:
                _log.warning("refresh_failed", follower=type(self).__name__, error=repr(error))

    @abstractmethod
    async def _read_version(self) -> V:
        """Return the version that the database has: one cheap read."""

    @abstractmethod
    async def _catch_up(self, newest: V) -> V:
        """Take in what changed between `self._version` and `newest`, and return the version that memory equals then."""
