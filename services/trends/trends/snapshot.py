"""The counts in memory, at most about a second behind the database: what every answer comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pymongo.errors import PyMongoError

from servicekit import telemetry
from trends.counting import Counts
from trends.store import Changes, Store

# Two polls and a load stay below the 2 s that an answer may be old.
POLL_S = 0.8
# Hashtags whose counts are kept; each costs as much memory as its photos.
MAX_HASHTAGS = 32

_log = telemetry.log("snapshot")


class Snapshot:
    """Counts that follow the database, whichever replica writes to it."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        """`clock`: seconds that never go back, such as time.monotonic."""
        self._store = store
        self._clock = clock
        self._counts = Counts()
        self._by_hashtag: dict[str, Counts] = {}
        self._lock = asyncio.Lock()
        self._seq = 0
        self._as_of = clock()

    @property
    def age(self) -> float:
        """Seconds since the database was last seen to hold nothing else."""
        return self._clock() - self._as_of

    async def counts(self, hashtag: str = "") -> Counts:
        """The counts, or those of photos with one hashtag: derived on first use, then kept up to date like the others."""
        if not hashtag:
            return self._counts
        async with self._lock:
            counts = self._by_hashtag.pop(hashtag, None)
            if counts is None:
                counts = await asyncio.to_thread(self._counts.with_hashtag, hashtag)
            self._by_hashtag[hashtag] = counts
            if len(self._by_hashtag) > MAX_HASHTAGS:
                del self._by_hashtag[next(iter(self._by_hashtag))]  # the one unused for longest
            return counts

    async def refresh(self) -> None:
        """Takes in what was written since. Raises PyMongoError if the database is out of reach."""
        as_of = self._clock()
        seq = await self._store.seq()
        async with self._lock:
            if seq < self._seq:  # another database is behind the address: start over
                self._counts, self._seq = Counts(), 0
                self._by_hashtag.clear()
            if seq != self._seq:
                self._apply(await self._store.changes(self._seq, seq))
                self._seq = seq
            self._as_of = as_of

    def _apply(self, changes: Changes) -> None:
        for record in changes.records:
            self._counts.put(record)
            for hashtag, counts in self._by_hashtag.items():
                counts.put(record.only_with(hashtag))
        for site, post in changes.erased:
            for counts in (self._counts, *self._by_hashtag.values()):
                counts.erase(site, post)

    async def follow(self) -> None:
        """Refreshes for ever. While the database is out of reach answers go on, and say how old they are."""
        while True:
            try:
                await self.refresh()
            except PyMongoError as error:
                _log.warning("refresh_failed", error=repr(error), age_s=round(self.age, 1))
            await asyncio.sleep(POLL_S)
