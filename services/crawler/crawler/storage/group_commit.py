"""Changes of several callers at once, written together: while one write is under way, the next ones gather."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

C = TypeVar("C")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class _Waiting(Generic[C, R]):
    key: str
    change: C
    result: asyncio.Future[R | None]


class GroupCommit(Generic[C, R]):
    """Writes of a transaction each cost as much as one of many changes."""

    def __init__(self, write: Callable[[Mapping[str, C]], Awaitable[Mapping[str, R]]]) -> None:
        """`write` makes changes, at most one for each key, as one write; gives the results by key."""
        self._write = write
        self._waiting: list[_Waiting[C, R]] = []
        self._turn = asyncio.Lock()

    async def change(self, key: str, change: C) -> R | None:
        """Make one change, and return its result, None if `write` gave none. Raise what `write` raises."""
        own = _Waiting[C, R](key, change, asyncio.get_running_loop().create_future())
        self._waiting.append(own)
        try:
            while not own.result.done():
                async with self._turn:
                    if not own.result.done():
                        await self._write_waiting()
        except asyncio.CancelledError:
            if own in self._waiting:
                self._waiting.remove(own)
            raise
        return own.result.result()

    async def _write_waiting(self) -> None:
        group: dict[str, _Waiting[C, R]] = {}
        for waiting in self._waiting:
            group.setdefault(waiting.key, waiting)
        members = set(group.values())
        self._waiting = [waiting for waiting in self._waiting if waiting not in members]
        try:
            results = await self._write({key: waiting.change for key, waiting in group.items()})
        except asyncio.CancelledError:
            # Only the caller that writes gives up: the next one writes for the others.
            self._waiting[:0] = group.values()
            raise
        except Exception as error:
            for waiting in group.values():
                waiting.result.set_exception(error)
            return
        for key, waiting in group.items():
            waiting.result.set_result(results.get(key))
