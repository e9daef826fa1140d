"""Cells and changes in MongoDB (ADR 0010).

`changes`  {_id: seq, cells: [...]}: what one write changed in each cell (`core.cell`), references above and below 0.
`cells`    what all changes up to `folded` add up to: one document for each cell and epoch.

`meta`, the document of the photo store, has {folded, epoch, format} beside its `seq`: how far changes are in the cells, which
cells count, and what they look like. An epoch is one complete set of cells; a rebuild writes the next one beside it and then
switches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pymongo import DeleteOne, ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession

from servicekit.mongo import Database, Document
from servicekit.photostore import Write
from trends.core.cell import Cell, CellKey, total
from trends.core.observation import Stratum

FORMAT = 2
"""Of cells and changes. Raised when what they hold changes: then they are rebuilt at the next start."""


@dataclass(frozen=True)
class Head:
    """The last write that is in place, how far changes are in the cells, and which cells count."""

    seq: int = 0
    folded: int = 0
    epoch: int = 0
    format: int = 0

    @classmethod
    def of_document(cls, document: Document) -> Head:
        """Return what the document of `meta` says; an empty one is of an empty database."""
        return cls(**{name: int(document.get(name, 0)) for name in cls.__dataclass_fields__})


class CellStore:
    """The cells, and the changes that are not in them yet."""

    def __init__(self, db: Database) -> None:
        self._cells = db["cells"]
        self._changes = db["changes"]

    async def prepare(self) -> None:
        """Create the index; repeating it changes nothing."""
        await self._cells.create_index("epoch")

    async def read_cells(self, epoch: int) -> dict[CellKey, Cell]:
        """Return the cells of an epoch."""
        return {
            _cell_key(document): Cell.of_document(document)
            async for document in self._cells.find({"epoch": epoch})
        }

    async def sum_changes(
        self, after: int, until: int, session: AsyncClientSession | None = None
    ) -> dict[CellKey, Cell]:
        """Return what the writes after one `seq` and up to another changed, added up."""
        parts: dict[CellKey, list[Cell]] = defaultdict(list)
        # By equality: a range of `_id` would scan the collection of SecantusDB.
        numbers = {"$in": list(range(after + 1, until + 1))}
        async for document in self._changes.find({"_id": numbers}, session=session):
            for cell in document["cells"]:
                parts[_cell_key(cell)].append(Cell.of_document(cell))
        return {key: total(cells) for key, cells in parts.items()}

    async def add_change(self, write: Write, changed: Mapping[CellKey, Cell]) -> None:
        """Store what a write changes."""
        cells = [_cell_fields(key) | cell.document() for key, cell in changed.items() if cell]
        if cells:
            await self._changes.insert_one(
                {"_id": write.seq, "cells": cells}, session=write.session
            )

    async def fold(self, write: Write, until: int) -> None:
        """Add the changes up to `until` to the cells, and delete them."""
        head = Head.of_document(write.head)
        changed = await self.sum_changes(head.folded, until, write.session)
        ids = [_cell_id(head.epoch, key) for key in changed]
        old = {
            _cell_key(document): Cell.of_document(document)
            async for document in self._cells.find({"_id": {"$in": ids}}, session=write.session)
        }
        cells = {key: total([old.get(key, Cell()), change]) for key, change in changed.items()}
        await self.write_cells(head.epoch, cells, write.session)
        await self._changes.delete_many({"_id": {"$lte": until}}, session=write.session)
        await write.update_head({"folded": until})

    async def write_cells(
        self, epoch: int, cells: Mapping[CellKey, Cell], session: AsyncClientSession | None = None
    ) -> None:
        """Write cells of an epoch; empty ones are removed."""
        writes: list[ReplaceOne[Document] | DeleteOne] = []
        for key, cell in cells.items():
            name = {"_id": _cell_id(epoch, key)}
            document = name | {"epoch": epoch} | _cell_fields(key) | cell.document()
            writes.append(ReplaceOne(name, document, upsert=True) if cell else DeleteOne(name))
        if writes:
            await self._cells.bulk_write(writes, ordered=False, session=session)

    async def switch(self, write: Write, epoch: int) -> None:
        """Make the cells of `epoch` count, which hold everything up to this write."""
        await self._changes.delete_many({}, session=write.session)
        await write.update_head({"epoch": epoch, "folded": write.seq, "format": FORMAT})

    async def delete_before(self, epoch: int) -> None:
        """Delete the cells of older epochs, and of rebuilds that were killed."""
        await self._cells.delete_many({"epoch": {"$lt": epoch}})


def _cell_id(epoch: int, key: CellKey) -> str:
    # The site comes last, whatever it holds.
    return f"{epoch}|{key.week}|{key.shard}|{key.stratum.kind}|{key.stratum.site}"


def _cell_fields(key: CellKey) -> Document:
    return {
        "kind": key.stratum.kind,
        "site": key.stratum.site,
        "week": key.week.isoformat(),
        "shard": key.shard,
    }


def _cell_key(document: Document) -> CellKey:
    stratum = Stratum(document["kind"], document["site"])
    return CellKey(stratum, date.fromisoformat(document["week"]), document["shard"])
