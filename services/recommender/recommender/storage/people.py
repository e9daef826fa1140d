"""What is known of people, kept in memory and equal to the database.

A person's own replica drops what it holds as soon as something is written; the others learn of it from the list of
changes, which they poll. Nothing is held for longer than a minute, so that a writer that died before it announced
its write is found out too.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from recommender.core import profile
from recommender.core.profile import Feedback, Learned
from recommender.storage.store import Store, person_key
from servicekit.polling import poll
from snsfashion.recommender.v1.recommender_pb2 import Preferences

POLL_S = 0.5
KEPT_S = 60.0
# Feedback events in memory, over all people; about 100 MB.
_KEPT_EVENTS = 200_000


class Record:
    """One person: what they declared and what they did."""

    def __init__(self, declared: Preferences | None, events: list[Feedback], until: float) -> None:
        self.styles: Sequence[int] = declared.styles if declared else ()
        self.personal_color = int(declared.personal_color) if declared else 0
        self.until = until
        """By the clock of `People`."""
        self.events = events
        self._learned: tuple[float, Learned] | None = None

    def learned(self, now: float) -> Learned:
        """What feedback taught by `now`, Unix time in seconds."""
        if self._learned is None or self._learned[0] != now:
            self._learned = (now, profile.learn(self.events, now))
        return self._learned[1]


class People:
    """Records by user id."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds, monotonic."""
        self._store = store
        self._clock = clock
        # By person_key, least recently used first.
        self._kept: OrderedDict[str, Record] = OrderedDict()
        self._events = 0
        self._reading: dict[str, asyncio.Task[Record]] = {}
        self._version = 0

    async def get(self, user_id: str) -> Record:
        """A person, as of the last poll and of all that this replica wrote."""
        key = person_key(user_id)
        kept = self._kept.get(key)
        if kept is not None and self._clock() < kept.until:
            self._kept.move_to_end(key)
            return kept
        task = self._reading.get(key)
        if task is None:
            task = asyncio.create_task(self._read(user_id))
            self._reading[key] = task
        # One caller that gives up must not take the reading from the others.
        record = await asyncio.shield(task)
        # If something was written while it was read, the next caller reads again.
        if self._reading.get(key) is task:
            del self._reading[key]
            self._keep(key, record)
        return record

    def forget(self, key: str) -> None:
        """Drops what is held of a person, by person_key, since it may have changed."""
        self._reading.pop(key, None)
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._events -= _size(kept)

    async def refresh(self) -> None:
        """Drops whoever changed since the last time."""
        version = await self._store.people_version()
        if version == self._version:
            return
        version, keys = await self._store.people_since(self._version)
        for key in list({*self._kept, *self._reading}) if keys is None else keys:
            self.forget(key)
        self._version = version

    async def follow(self) -> None:
        """Refreshes twice a second, for ever. While the database is away, what is held serves until it is too old."""
        await poll(self.refresh, POLL_S)

    async def _read(self, user_id: str) -> Record:
        until = self._clock() + KEPT_S
        declared, events = await asyncio.gather(
            self._store.profile(user_id), self._store.feedback(user_id)
        )
        return Record(declared, events, until)

    def _keep(self, key: str, record: Record) -> None:
        replaced = self._kept.pop(key, None)
        if replaced is not None:
            self._events -= _size(replaced)
        self._kept[key] = record
        self._events += _size(record)
        while self._events > _KEPT_EVENTS and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._events -= _size(oldest)


def _size(record: Record) -> int:
    # A person without feedback takes memory too.
    return len(record.events) + 2
