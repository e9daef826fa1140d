"""Memory that follows the database: each replica reads what is new, about once a second."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from pymongo.errors import PyMongoError

from servicekit import telemetry

V = TypeVar("V")

_log = telemetry.log("follower")


class Follower(ABC, Generic[V]):
    """What a replica holds in memory, and the version of the database that it matches."""

    EVERY_S: ClassVar[float] = 1.0
    """Seconds between two reads of the database's version."""

    def __init__(self, version: V) -> None:
        """`version`: the version of an empty database."""
        self._version = version
        # An older read must not overwrite what a newer one found.
        self._lock = asyncio.Lock()

    async def refresh(self) -> None:
        """Load what has changed since the last time. Raise PyMongoError if the database can't be reached."""
        async with self._lock:
            newest = await self._read_version()
            if newest != self._version:
                self._version = await self._catch_up(newest)

    async def follow(self) -> None:
        """Refresh until canceled. While the database can't be reached, memory stays as it is."""
        while True:
            await asyncio.sleep(self.EVERY_S)
            try:
                await self.refresh()
            except PyMongoError as error:
                _log.warning("refresh_failed", follower=type(self).__name__, error=repr(error))

    @abstractmethod
    async def _read_version(self) -> V:
        """Return the version of the database: one cheap read."""

    @abstractmethod
    async def _catch_up(self, newest: V) -> V:
        """Load what changed between `self._version` and `newest`. Return the version that memory matches then."""
