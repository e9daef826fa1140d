"""Counts everything again from the stored photos, beside what counts now, and then switches over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from trends.core.recount import Recount
from trends.storage.cellstore import FORMAT
from trends.storage.store import RebuildOvertaken, Store

# So many of the last writes are read in the transaction that switches over, which blocks other writes.
_LAST_WRITES = 10


async def rebuild(store: Store, progress: Callable[[int], object] = lambda _: None) -> int:
    """Rebuild the cells while services go on counting and answering; return the number of cells.

    `progress` receives how many photos were read since its last call. Raise RebuildOvertaken. If it is killed,
    nothing has changed.
    """
    epoch = await store.take_epoch()
    known = (await store.read_head()).seq
    recount = Recount()
    async for page in store.photos.pages():
        recount.apply(page)
        progress(len(page))
    await store.cells.write_cells(epoch, recount.cells)
    # What was written meanwhile may have been read already: a state takes the place of what stood for its photo.
    while (now := (await store.read_head()).seq) > known + _LAST_WRITES:
        written = await store.photos.find_written(known, now)
        await store.cells.write_cells(epoch, recount.apply(written.states, written.erased))
        known = now
    await store.switch(epoch, recount, known)
    return len(recount.cells)


async def rebuild_if_outdated(store: Store) -> None:
    """Rebuild the cells if a version that counted in another way wrote them."""
    if (await store.read_head()).format != FORMAT:
        with suppress(RebuildOvertaken):  # then another replica that starts has done it
            await rebuild(store)
