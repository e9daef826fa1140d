"""The counts in memory, at most about a second behind the database: what every answer comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import ClassVar

from servicekit import telemetry
from servicekit.follower import Follower
from servicekit.single_flight import SingleFlight
from trends.core.cell import Cell, CellKey, total
from trends.core.counts import Counts
from trends.core.recount import Recount
from trends.storage.cellstore import Head
from trends.storage.store import Store

# Hashtags whose photos are kept in memory; the one unused for longest goes.
MAX_HASHTAGS = 16

_log = telemetry.log("snapshot")


class _Tagged:
    """The photos of one hashtag, and what they add up to."""

    def __init__(self) -> None:
        self.recount = Recount()
        self.counts = Counts()


class Snapshot(Follower[Head]):
    """Counts that follow the database, whichever replica writes to it."""

    # Two looks and a load stay below the 2 s that an answer may be old.
    EVERY_S: ClassVar[float] = 0.8

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        """`clock`: seconds that never go back, such as time.monotonic."""
        super().__init__(version=Head())
        self._store = store
        self._clock = clock
        self._cells: dict[CellKey, Cell] = {}
        self._counts = Counts()
        self._by_hashtag: dict[str, _Tagged] = {}
        self._reading = SingleFlight[str, _Tagged](self._keep)
        self._looked_at = self._as_of = clock()

    @property
    def age(self) -> float:
        """Seconds since the database was last seen to hold nothing else."""
        return self._clock() - self._as_of

    async def counts(self, hashtag: str = "") -> Counts:
        """Return the counts, or those of photos with one hashtag: read on first use, then kept up to date like the others."""
        if not hashtag:
            return self._counts
        tagged = self._by_hashtag.pop(hashtag, None)
        if tagged is None:
            # Goes on if the caller gives up, so that the next one finds it.
            reading = self._reading.join(hashtag, lambda: self._read(hashtag))
            return (await asyncio.shield(reading)).counts
        self._by_hashtag[hashtag] = tagged
        return tagged.counts

    async def refresh(self) -> None:
        """Load what was written since. Raise PyMongoError if the database is out of reach."""
        await super().refresh()
        self._as_of = self._looked_at

    async def _read_version(self) -> Head:
        self._looked_at = self._clock()
        return await self._store.read_head()

    async def _catch_up(self, newest: Head) -> Head:
        known = self._version
        if newest.epoch != known.epoch or not newest.folded <= known.seq <= newest.seq:
            return await self._load(newest)
        changed = await self._store.cells.sum_changes(known.seq, newest.seq)
        now = await self._store.read_head()
        if now.epoch != newest.epoch or now.folded > known.seq:
            # What was just read may lack changes that were folded meanwhile.
            return await self._load(now)
        await self._follow_hashtags(newest)
        summed = await asyncio.to_thread(_summed, self._cells, changed)
        self._cells.update(summed)
        self._counts.put(summed)
        return newest

    async def _load(self, head: Head) -> Head:
        """Read everything. Start over if changes were folded or cells rebuilt meanwhile."""
        while True:
            cells = await self._store.cells.read_cells(head.epoch)
            changed = await self._store.cells.sum_changes(head.folded, head.seq)
            now = await self._store.read_head()
            if (now.epoch, now.folded) == (head.epoch, head.folded):
                break
            head = now
        if head.seq < self._version.seq:  # another database is behind the address
            self._by_hashtag.clear()
        else:
            await self._follow_hashtags(head)
        cells.update(await asyncio.to_thread(_summed, cells, changed))
        counts = Counts()
        await asyncio.to_thread(counts.put, cells)
        self._cells, self._counts = cells, counts
        _log.info("counts_loaded", cells=len(cells), seq=head.seq, epoch=head.epoch)
        return head

    async def _follow_hashtags(self, head: Head) -> None:
        if not self._by_hashtag:
            return
        written = await self._store.photos.find_written(self._version.seq, head.seq)
        for hashtag, tagged in self._by_hashtag.items():
            states = [state.only_with(hashtag) for state in written.states]
            tagged.counts.put(tagged.recount.apply(states, written.erased))

    async def _read(self, hashtag: str) -> _Tagged:
        # No refresh may come between reading and keeping. What is written meanwhile comes again with the next one, and
        # changes nothing twice.
        async with self._lock:
            tagged = _Tagged()
            async for page in self._store.photos.pages(hashtag):
                tagged.counts.put(tagged.recount.apply(page))
            return tagged

    def _keep(self, hashtag: str, tagged: _Tagged) -> None:
        self._by_hashtag[hashtag] = tagged
        if len(self._by_hashtag) > MAX_HASHTAGS:
            del self._by_hashtag[next(iter(self._by_hashtag))]


def _summed(cells: Mapping[CellKey, Cell], changed: Mapping[CellKey, Cell]) -> dict[CellKey, Cell]:
    """Return the changed cells as they are now, with their tallies.

    Both take long for large cells, so they are not done on the event loop.
    """
    summed = {key: total([cells.get(key, Cell()), change]) for key, change in changed.items()}
    for cell in summed.values():
        _ = cell.tally
    return summed
