"""Photos and what is counted of them: every write changes both in one transaction (ADR 0010).

A write costs its photos and one document more, its change. A reader keeps up by loading the changes that it does not know.
Now and then the oldest changes are folded into the cells.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from servicekit.mongo import Database
from servicekit.photostore import PhotoStore, Post, Write
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from trends.core.cell import Cell, CellKey
from trends.core.observation import PhotoState
from trends.core.recount import Recount, cell_changes
from trends.storage.cellstore import CellStore, Head
from trends.storage.photos import LEAVE_OUT, Photos, result, state_of_document

FOLD = 256
"""Writes that are folded into the cells at once. As many are kept, so that readers don't have to load all cells again."""


class RebuildOvertaken(Exception):
    """Another rebuild that began later has finished already."""


class Store:
    """The photos, and what is counted of them."""

    def __init__(self, db: Database, fold: int = FOLD) -> None:
        self._writes = PhotoStore(db, leave_out=LEAVE_OUT)
        self._fold_every = fold
        self.photos = Photos(self._writes)
        self.cells = CellStore(db)
        self._photo_key = b""

    async def prepare(self) -> None:
        """Create the indexes; repeating it changes nothing. Raise StartError if the data is of version 0.1."""
        await self._writes.prepare()
        await self.photos.prepare()
        await self.cells.prepare()

    async def read_head(self) -> Head:
        """Return where writing stands."""
        return Head.of_document(await self._writes.read_head())

    async def put(self, states: Iterable[tuple[PhotoState, OutfitDescribed | None]]) -> None:
        """Store and count each photo unless a greater or equal tuple is there or its post is erased."""
        pairs = list(states)
        results = [result(state, outfit) for state, outfit in pairs]
        given = {(state.image_id, state.order): state for state, _ in reversed(pairs)}

        async def work(write: Write) -> None:
            put = await write.put(results)
            added = [given[document["_id"], tuple(document["order"])] for document in put.stored]
            removed = [
                state_of_document(put.before[state.image_id])
                for state in added
                if state.image_id in put.before
            ]
            await self._count(write, added, removed)
            if write.seq - Head.of_document(write.head).folded >= 2 * self._fold_every:
                await self.cells.fold(write, write.seq - self._fold_every)

        await self._writes.write(work)

    async def erase(self, posts: Iterable[Post]) -> None:
        """Remove every photo of the posts and keep them away forever.

        All changes are folded, so that none of them mentions the posts any more.
        """
        chosen = sorted(set(posts))

        async def work(write: Write) -> None:
            removed = await self.photos.find_of_posts(chosen, write.session)
            await write.erase(chosen)
            if removed:
                await self._count(write, [], removed)
                await self.cells.fold(write, write.seq)

        await self._writes.write(work)

    async def take_epoch(self) -> int:
        """Take a number for the cells of a rebuild, greater than all before, and return it."""
        while True:
            document = await self._writes.meta.find_one_and_update(
                {"_id": "epochs"},
                {"$inc": {"last": 1}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
            # SecantusDB returns nothing to a replica while another one inserts the document.
            if document is not None:
                return int(document["last"])

    async def read_photo_key(self) -> bytes:
        """Return what tokens of photos are signed with: made once, the same for all replicas."""
        while not self._photo_key:
            new = {"key": secrets.token_bytes(32)}
            with suppress(DuplicateKeyError):  # another replica was faster
                await self._writes.meta.update_one(
                    {"_id": "photo_key"}, {"$setOnInsert": new}, upsert=True
                )
            document = await self._writes.meta.find_one({"_id": "photo_key"})
            if document is not None:
                self._photo_key = bytes(document["key"])
        return self._photo_key

    async def switch(self, epoch: int, recount: Recount, known: int) -> None:
        """Make the cells of `epoch` count; `recount` holds them as they are after write `known`.

        What was written since is counted in the same transaction. Raise RebuildOvertaken.
        """
        touched: set[CellKey] = set()

        async def work(write: Write) -> None:
            if Head.of_document(write.head).epoch > epoch:
                raise RebuildOvertaken("another rebuild that began later has finished already")
            # If the transaction is repeated: applying the same again changes nothing.
            written = await self.photos.find_written(known, write.seq - 1, write.session)
            touched.update(recount.apply(written.states, written.erased))
            cells = {key: recount.cells.get(key, Cell()) for key in touched}
            await self.cells.write_cells(epoch, cells, write.session)
            await self.cells.switch(write, epoch)

        await self._writes.write(work)
        # A later rebuild may be in progress now.
        await self.cells.delete_before(epoch)

    async def _count(
        self, write: Write, added: Sequence[PhotoState], removed: Sequence[PhotoState]
    ) -> None:
        changed = cell_changes(
            [state.observation for state in added if state.observation],
            [state.observation for state in removed if state.observation],
        )
        await self.cells.add_change(write, changed)
