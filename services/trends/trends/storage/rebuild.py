"""Counts everything anew from the stored observations, beside what counts now, and then switches over."""

from __future__ import annotations

from collections.abc import Callable

from trends.core.recount import Recount
from trends.storage.store import Store

# The last so many writes are caught up with in the transaction that switches, which holds up the others.
_LAST_WRITES = 10


async def rebuild(store: Store, progress: Callable[[int], None] = lambda photos: None) -> int:
    """Rebuilds the cells while services go on counting and answering; returns the number of cells.

    `progress` is told how many photos were read since the last time. Raises RebuildOvertaken. If it dies on the way,
    nothing has changed.
    """
    epoch = await store.new_epoch()
    known = (await store.head()).seq
    recount = Recount()
    async for page in store.records():
        recount.apply(page)
        progress(len(page))
    await store.write_cells(epoch, recount.cells)
    # What was written meanwhile may have been read already: a record takes the place of what stood for its photo.
    while (now := (await store.head()).seq) > known + _LAST_WRITES:
        written = await store.written(known, now)
        await store.write_cells(epoch, recount.apply(written.records, written.erased))
        known = now
    await store.switch(epoch, recount, known)
    return len(recount.cells)
