"""Memory that follows the database: asked for what is new, again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pymongo.errors import PyMongoError

from servicekit import telemetry

_log = telemetry.log("polling")


async def poll(refresh: Callable[[], Awaitable[None]], every_s: float) -> None:
    """Calls `refresh` every `every_s` seconds, for ever. While the database is away, what is in memory stays as it is."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await refresh()
        except PyMongoError as error:
            _log.warning("refresh_failed", refresh=refresh.__qualname__, error=repr(error))
