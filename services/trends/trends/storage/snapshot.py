"""The counts in memory, at most about a second behind the database: what every answer comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from servicekit import telemetry
from servicekit.polling import poll
from trends.core.cell import Cell, CellKey, total
from trends.core.counts import Counts
from trends.core.recount import Recount
from trends.storage.store import Head, Store

# Two polls and a load stay below the 2 s that an answer may be old.
POLL_S = 0.8
# Hashtags whose photos are kept in memory; the one unused for longest goes.
MAX_HASHTAGS = 16

_log = telemetry.log("snapshot")


class _Tagged:
    """The photos of one hashtag, and what they add up to."""

    def __init__(self) -> None:
        self.recount = Recount()
        self.counts = Counts()


class Snapshot:
    """Counts that follow the database, whichever replica writes to it."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        """`clock`: seconds that never go back, such as time.monotonic."""
        self._store = store
        self._clock = clock
        self._head = Head()
        self._cells: dict[CellKey, Cell] = {}
        self._counts = Counts()
        self._by_hashtag: dict[str, _Tagged] = {}
        self._lock = asyncio.Lock()
        self._as_of = clock()

    @property
    def age(self) -> float:
        """Seconds since the database was last seen to hold nothing else."""
        return self._clock() - self._as_of

    async def counts(self, hashtag: str = "") -> Counts:
        """The counts, or those of photos with one hashtag: read on first use, then kept up to date like the others."""
        if not hashtag:
            return self._counts
        tagged = self._by_hashtag.pop(hashtag, None)
        if tagged is None:
            # Goes on if the caller gives up, so that the next one finds it.
            return await asyncio.shield(asyncio.ensure_future(self._read(hashtag)))
        self._by_hashtag[hashtag] = tagged
        return tagged.counts

    async def refresh(self) -> None:
        """Takes in what was written since. Raises PyMongoError if the database is out of reach."""
        async with self._lock:
            as_of = self._clock()
            head = await self._store.head()
            known = self._head
            if head != known:
                if head.epoch != known.epoch or not head.folded <= known.seq <= head.seq:
                    await self._load(head)
                else:
                    await self._follow(head)
            self._as_of = as_of

    async def follow(self) -> None:
        """Refreshes for ever. While the database is out of reach answers go on, and say how old they are."""
        await poll(self.refresh, POLL_S)

    async def _load(self, head: Head) -> None:
        """Reads everything. Starts over if changes were folded or cells rebuilt under way."""
        while True:
            cells = await self._store.cells(head.epoch)
            changed = await self._store.changes(head.folded, head.seq)
            now = await self._store.head()
            if (now.epoch, now.folded) == (head.epoch, head.folded):
                break
            head = now
        if head.seq < self._head.seq:  # another database is behind the address
            self._by_hashtag.clear()
        else:
            await self._follow_hashtags(self._head.seq, head.seq)
        cells.update(await asyncio.to_thread(_summed, cells, changed))
        counts = Counts()
        await asyncio.to_thread(counts.put, cells)
        self._cells, self._counts, self._head = cells, counts, head
        _log.info("counts_loaded", cells=len(self._cells), seq=head.seq, epoch=head.epoch)

    async def _follow(self, head: Head) -> None:
        changed = await self._store.changes(self._head.seq, head.seq)
        now = await self._store.head()
        if now.epoch != head.epoch or now.folded > self._head.seq:
            # What was just read may lack changes that were folded under way.
            await self._load(now)
            return
        await self._follow_hashtags(self._head.seq, head.seq)
        summed = await asyncio.to_thread(_summed, self._cells, changed)
        self._cells.update(summed)
        self._counts.put(summed)
        self._head = head

    async def _follow_hashtags(self, after: int, until: int) -> None:
        if not self._by_hashtag:
            return
        written = await self._store.written(after, until)
        for hashtag, tagged in self._by_hashtag.items():
            records = [record.only_with(hashtag) for record in written.records]
            tagged.counts.put(tagged.recount.apply(records, written.erased))

    async def _read(self, hashtag: str) -> Counts:
        async with self._lock:
            if hashtag not in self._by_hashtag:
                tagged = _Tagged()
                async for page in self._store.records(hashtag):
                    tagged.counts.put(tagged.recount.apply(page))
                # What was written meanwhile comes again with the next refresh: it changes nothing twice.
                self._by_hashtag[hashtag] = tagged
                if len(self._by_hashtag) > MAX_HASHTAGS:
                    del self._by_hashtag[next(iter(self._by_hashtag))]
            return self._by_hashtag[hashtag].counts


def _summed(cells: Mapping[CellKey, Cell], changed: Mapping[CellKey, Cell]) -> dict[CellKey, Cell]:
    """The changed cells as they are now, with their tallies: both take long for large ones, so not on the event loop."""
    summed = {key: total([cells.get(key, Cell()), change]) for key, change in changed.items()}
    for cell in summed.values():
        _ = cell.tally
    return summed
