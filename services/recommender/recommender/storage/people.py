"""What is known of people, kept in memory and equal to the database.

A replica drops what it holds of a person as soon as it has written something of them; the others learn of it from the list of
changes. Nothing is held for longer than a minute, so that the write of a process that died before it announced it is found too.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from recommender.core import profile
from recommender.core.profile import Feedback, Learned
from recommender.storage.stored_people import StoredPeople, person_key
from servicekit.follower import Follower
from servicekit.single_flight import SingleFlight
from snsfashion.recommender.v1.recommender_pb2 import Preferences

KEPT_S = 60.0
# Feedback events in memory, over all people; about 100 MB.
_KEPT_EVENTS = 200_000


class KnownPerson:
    """One person: what they declared and what they did."""

    def __init__(
        self, declared: Preferences | None, events: Sequence[Feedback], until: float
    ) -> None:
        self.styles: Sequence[int] = declared.styles if declared else ()
        self.personal_color = int(declared.personal_color) if declared else 0
        self.events = events
        self.until = until
        """When this is too old, by the clock of `People`."""
        self._learned: tuple[float, Learned] | None = None

    def learned(self, now: float) -> Learned:
        """Return what feedback taught by `now`, Unix time in seconds."""
        if self._learned is None or self._learned[0] != now:
            self._learned = (now, profile.learn(self.events, now))
        return self._learned[1]


class People(Follower[int]):
    """The people of the last requests, by user id."""

    EVERY_S = 0.5

    def __init__(
        self, stored: StoredPeople, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(version=0)
        self._stored = stored
        self._monotonic = monotonic
        # By person_key, least recently used first.
        self._kept: OrderedDict[str, KnownPerson] = OrderedDict()
        self._events = 0
        self._reading: SingleFlight[str, KnownPerson] = SingleFlight(self._keep)

    async def get(self, user_id: str) -> KnownPerson:
        """Return a person, as of the last refresh and of all that this replica wrote."""
        key = person_key(user_id)
        kept = self._kept.get(key)
        if kept is not None and self._monotonic() < kept.until:
            self._kept.move_to_end(key)
            return kept
        return await asyncio.shield(self._reading.join(key, lambda: self._read(user_id)))

    @contextmanager
    def writing(self, user_id: str) -> Iterator[None]:
        """Drop what is held of a person at the end of a write, also of one that failed: some of it may be stored."""
        try:
            yield
        finally:
            self._forget(person_key(user_id))

    async def _read_version(self) -> int:
        return await self._stored.read_version()

    async def _catch_up(self, newest: int) -> int:
        version, keys = await self._stored.find_changed(self._version)
        for key in {*self._kept, *self._reading} if keys is None else keys:
            self._forget(key)
        return version

    async def _read(self, user_id: str) -> KnownPerson:
        until = self._monotonic() + KEPT_S
        declared, events = await asyncio.gather(
            self._stored.find_profile(user_id), self._stored.find_feedback(user_id)
        )
        return KnownPerson(declared, events, until)

    def _forget(self, key: str) -> None:
        self._reading.forget(key)
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._events -= _size(kept)

    def _keep(self, key: str, person: KnownPerson) -> None:
        replaced = self._kept.pop(key, None)
        if replaced is not None:
            self._events -= _size(replaced)
        self._kept[key] = person
        self._events += _size(person)
        while self._events > _KEPT_EVENTS and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._events -= _size(oldest)


def _size(person: KnownPerson) -> int:
    # A person without feedback takes memory too.
    return len(person.events) + 2
