"""Observations in MongoDB, and what is counted of them.

`observations`  {_id: image_id, seq, site, post, order, ...observation, shows, outfit: the event}, or without an observation
                if the photo was rejected. They are the truth: one document a photo.
`changes`       {_id: seq, cells: [...]}: what one write changed in each cell (`cell.Cell`), references above and below 0.
`cells`         what all changes up to `folded` add up to: one document a cell and epoch.
`erased`        {_id: "<site>/<post>", site, post, seq}: tombstones.
`meta`          {_id: "writes", seq, folded, epoch, format}, and {_id: "epochs", last}.

Every write is a transaction that takes the next `seq` first. All of them write that one document, so transactions of all
replicas follow one another: who reads that `seq` is n finds every change up to n in place, and nobody puts a photo between
the look at the tombstones and an erasure. So a write costs its observations and one document more, and a reader keeps up
by loading the changes that it does not know. Now and then the oldest changes are folded into the cells (ADR 0010).
An `epoch` is one generation of the cells: a rebuild writes the next one beside it and then switches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pymongo import DeleteMany, DeleteOne, ReplaceOne, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from snsfashion.events.v1.events_pb2 import OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2
from trends.core.cell import Cell, CellKey, total
from trends.core.observation import Observation, Record, Stratum, Value
from trends.core.recount import Recount, changes

Document = dict[str, Any]
FORMAT = 1
"""Of cells and changes. Raised when what they hold changes: then they are rebuilt at the next start."""
FOLD = 256
"""Writes that are folded into the cells at once. As many are kept, so that readers need not load cells anew."""
_PAGE = 1000


@dataclass(frozen=True)
class Head:
    """The last write that is in place, how far changes are in the cells, and which cells count."""

    seq: int = 0
    folded: int = 0
    epoch: int = 0
    format: int = 0


@dataclass(frozen=True)
class Written:
    """What was written to observations after one number and up to another; erased posts as (site, post)."""

    records: Sequence[Record]
    erased: Sequence[tuple[str, str]]


class RebuildOvertaken(Exception):
    """Another rebuild that began later has finished already."""


class Store:
    """The observations of all photos, and what is counted of them."""

    def __init__(self, db: AsyncDatabase[Document], fold: int = FOLD) -> None:
        self._db = db
        self._fold_every = fold
        self._observations = db["observations"]
        self._changes = db["changes"]
        self._cells = db["cells"]
        self._erased = db["erased"]
        self._meta = db["meta"]

    async def prepare(self) -> None:
        """Creates indexes; repeating it changes nothing."""
        await self._observations.create_index([("site", 1), ("post", 1)])
        await self._observations.create_index("seq")
        await self._observations.create_index([("shows", 1), ("day", 1)])
        await self._observations.create_index("hashtags")
        await self._cells.create_index("epoch")
        await self._erased.create_index("seq")

    # -- writing

    async def put(self, records: Iterable[tuple[Record, OutfitDescribed | None]]) -> None:
        """Stores and counts each record unless a greater or equal tuple is there or its post is erased."""
        newest: dict[str, tuple[Record, OutfitDescribed | None]] = {}
        for record, outfit in records:
            if record.image_id not in newest or record.order > newest[record.image_id][0].order:
                newest[record.image_id] = (record, outfit)

        async def write(session: AsyncClientSession) -> None:
            head = await self._next(session)
            standing = {
                document["_id"]: _record(document)
                async for document in self._observations.find(
                    {"_id": {"$in": list(newest)}}, {"outfit": 0}, session=session
                )
            }
            posts = {_key(record.site, record.post) for record, _ in newest.values()}
            erased = {
                document["_id"]
                async for document in self._erased.find(
                    {"_id": {"$in": list(posts)}}, {"_id": 1}, session=session
                )
            }
            wins = [
                (record, outfit)
                for record, outfit in newest.values()
                if _key(record.site, record.post) not in erased
                and not _stands(standing.get(record.image_id), record)
            ]
            new = [
                observation_document(r, o, head.seq) for r, o in wins if r.image_id not in standing
            ]
            newer = [
                observation_document(r, o, head.seq) for r, o in wins if r.image_id in standing
            ]
            if new:
                await self._observations.insert_many(new, session=session)
            if newer:
                await self._observations.bulk_write(
                    [ReplaceOne({"_id": document["_id"]}, document) for document in newer],
                    session=session,
                )
            replaced = [standing[document["_id"]] for document in newer]
            await self._change(head, [record for record, _ in wins], replaced, session)
            if head.seq - head.folded >= 2 * self._fold_every:
                await self._fold(head, head.seq - self._fold_every, session)

        await self._transaction(write)

    async def erase(self, posts: Iterable[tuple[str, str]]) -> None:
        """Removes every photo of the posts, given as (site, post), and keeps them away for ever.

        All changes are folded, so that none of them tells of the posts any more.
        """
        pairs = sorted(set(posts))

        async def write(session: AsyncClientSession) -> None:
            head = await self._next(session)
            tombstones = [
                {"_id": _key(site, post), "site": site, "post": post, "seq": head.seq}
                for site, post in pairs
            ]
            await self._erased.bulk_write(
                [ReplaceOne({"_id": t["_id"]}, t, upsert=True) for t in tombstones], session=session
            )
            removed = [
                _record(document)
                for site, post in pairs
                async for document in self._observations.find(
                    {"site": site, "post": post}, {"outfit": 0}, session=session
                )
            ]
            if not removed:
                return
            await self._observations.bulk_write(
                [DeleteMany({"site": site, "post": post}) for site, post in pairs], session=session
            )
            await self._change(head, [], removed, session)
            await self._fold(head, head.seq, session)

        await self._transaction(write)

    async def new_epoch(self) -> int:
        """A number for the cells of a rebuild, greater than all before."""
        document = await self._meta.find_one_and_update(
            {"_id": "epochs"},
            {"$inc": {"last": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        assert document is not None  # an upsert returns what it made
        return int(document["last"])

    async def write_cells(self, epoch: int, cells: Mapping[CellKey, Cell]) -> None:
        """Writes cells of an epoch; empty ones are removed."""
        await self._write_cells(epoch, cells, None)

    async def switch(self, epoch: int, recount: Recount, known: int) -> None:
        """Makes the cells of `epoch` count; `recount` holds them as they are after write `known`.

        What was written since is counted in the same transaction. Raises RebuildOvertaken.
        """
        touched: set[CellKey] = set()

        async def write(session: AsyncClientSession) -> None:
            head = await self._next(session)
            if head.epoch > epoch:
                raise RebuildOvertaken
            # Should the transaction be repeated: applying the same again changes nothing.
            written = await self._written(known, head.seq - 1, session)
            touched.update(recount.apply(written.records, written.erased))
            await self._write_cells(
                epoch, {key: recount.cells.get(key, Cell()) for key in touched}, session
            )
            await self._changes.delete_many({}, session=session)
            await self._meta.update_one(
                {"_id": "writes"},
                {"$set": {"epoch": epoch, "folded": head.seq, "format": FORMAT}},
                session=session,
            )

        await self._transaction(write)
        # Those of rebuilds that died on the way, too; a later one may be on its way now.
        await self._cells.delete_many({"epoch": {"$lt": epoch}})

    # -- reading

    async def head(self) -> Head:
        """Where writing stands."""
        document = await self._meta.find_one({"_id": "writes"})
        return _head(document) if document else Head()

    async def cells(self, epoch: int) -> dict[CellKey, Cell]:
        """The cells of an epoch."""
        return {
            _cell_key(document): Cell.of_document(document)
            async for document in self._cells.find({"epoch": epoch})
        }

    async def changes(self, after: int, until: int) -> dict[CellKey, Cell]:
        """What the writes after one number and up to another changed, added up."""
        return await self._added_up(after, until, None)

    async def written(self, after: int, until: int) -> Written:
        """What the writes after one number and up to another did to photos; what was written again since comes later."""
        return await self._written(after, until, None)

    async def records(self, hashtag: str = "") -> AsyncIterator[list[Record]]:
        """All records, or those of photos with one hashtag, in pages."""
        page: list[Record] = []
        async for document in self._observations.find(
            {"hashtags": hashtag} if hashtag else {}, {"outfit": 0}, batch_size=_PAGE
        ):
            page.append(_record(document))
            if len(page) == _PAGE:
                yield page
                page = []
        yield page

    async def size(self) -> int:
        """About how many records there are."""
        return await self._observations.estimated_document_count()

    async def showing(
        self,
        value: Value,
        families: Sequence[str],
        strata: Sequence[Stratum],
        hashtag: str,
        day: date,
    ) -> list[str]:
        """image_ids of one day's photos that show the value, sorted. `families`: the colour families that occur."""
        query: Document = {"shows": {"$in": _searched(value, families)}, "day": day.isoformat()}
        if hashtag:
            query["hashtags"] = hashtag
        found = self._observations.find(query, {"kind": 1, "site": 1})
        wanted = set(strata)
        return sorted([d["_id"] async for d in found if Stratum(d["kind"], d["site"]) in wanted])

    async def outfits(self, image_ids: Sequence[str]) -> Mapping[str, OutfitDescribed]:
        """The outfits of photos by image_id; those that are gone are missing."""
        found = self._observations.find({"_id": {"$in": list(image_ids)}}, {"outfit": 1})
        return {
            document["_id"]: OutfitDescribed.FromString(document["outfit"])
            async for document in found
            if document.get("outfit")
        }

    # -- parts of a transaction

    async def _transaction(
        self, write: Callable[[AsyncClientSession], Coroutine[Any, Any, None]]
    ) -> None:
        async with self._db.client.start_session() as session:
            await session.with_transaction(write)

    async def _next(self, session: AsyncClientSession) -> Head:
        document = await self._meta.find_one_and_update(
            {"_id": "writes"},
            {"$inc": {"seq": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        assert document is not None  # an upsert returns what it made
        return _head(document)

    async def _change(
        self,
        head: Head,
        added: Sequence[Record],
        removed: Sequence[Record],
        session: AsyncClientSession,
    ) -> None:
        changed = changes(
            [r.observation for r in added if r.observation],
            [r.observation for r in removed if r.observation],
        )
        documents = [_cell_fields(key) | cell.document() for key, cell in changed.items() if cell]
        if documents:
            await self._changes.insert_one({"_id": head.seq, "cells": documents}, session=session)

    async def _fold(self, head: Head, until: int, session: AsyncClientSession) -> None:
        """Adds the changes up to `until` to the cells and forgets them."""
        changed = await self._added_up(head.folded, until, session)
        ids = [_cell_id(head.epoch, key) for key in changed]
        old = {
            _cell_key(document): Cell.of_document(document)
            async for document in self._cells.find({"_id": {"$in": ids}}, session=session)
        }
        cells = {key: total([old.get(key, Cell()), change]) for key, change in changed.items()}
        await self._write_cells(head.epoch, cells, session)
        await self._changes.delete_many({"_id": {"$lte": until}}, session=session)
        await self._meta.update_one({"_id": "writes"}, {"$set": {"folded": until}}, session=session)

    async def _added_up(
        self, after: int, until: int, session: AsyncClientSession | None
    ) -> dict[CellKey, Cell]:
        parts: dict[CellKey, list[Cell]] = defaultdict(list)
        # By equality: a range of `_id` would scan the collection of SecantusDB.
        numbers = {"$in": list(range(after + 1, until + 1))}
        async for document in self._changes.find({"_id": numbers}, session=session):
            for cell in document["cells"]:
                parts[_cell_key(cell)].append(Cell.of_document(cell))
        return {key: total(cells) for key, cells in parts.items()}

    async def _write_cells(
        self, epoch: int, cells: Mapping[CellKey, Cell], session: AsyncClientSession | None
    ) -> None:
        writes: list[ReplaceOne[Document] | DeleteOne] = []
        for key, cell in cells.items():
            name = {"_id": _cell_id(epoch, key)}
            document = name | {"epoch": epoch} | _cell_fields(key) | cell.document()
            writes.append(ReplaceOne(name, document, upsert=True) if cell else DeleteOne(name))
        if writes:
            await self._cells.bulk_write(writes, ordered=False, session=session)

    async def _written(self, after: int, until: int, session: AsyncClientSession | None) -> Written:
        between = {"seq": {"$gt": after, "$lte": until}}
        records = [
            _record(document)
            async for document in self._observations.find(between, {"outfit": 0}, session=session)
        ]
        erased = [(d["site"], d["post"]) async for d in self._erased.find(between, session=session)]
        return Written(records, erased)


def _stands(standing: Record | None, record: Record) -> bool:
    return standing is not None and standing.order >= record.order


def _head(document: Mapping[str, Any]) -> Head:
    return Head(
        document["seq"],
        document.get("folded", 0),
        document.get("epoch", 0),
        document.get("format", 0),
    )


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


def _cell_key(document: Mapping[str, Any]) -> CellKey:
    stratum = Stratum(document["kind"], document["site"])
    return CellKey(stratum, date.fromisoformat(document["week"]), document["shard"])


def _key(site: str, post: str) -> str:
    # A site holds no slash, so no two posts share a key.
    return f"{site}/{post}"


def observation_document(record: Record, outfit: OutfitDescribed | None, seq: int) -> Document:
    document: Document = {
        "_id": record.image_id,
        "seq": seq,
        "site": record.site,
        "post": record.post,
        "order": list(record.order),
    }
    seen = record.observation
    if seen is not None and outfit is not None:
        document |= {
            "kind": seen.stratum.kind,
            "day": seen.day.isoformat(),
            "contributor": seen.contributor,
            "authored": seen.authored,
            "garments": [list(garment) for garment in seen.garments],
            "style": seen.style,
            "hashtags": sorted(seen.hashtags),
            "dated": seen.dated,
            "shows": _shows(seen),
            "outfit": outfit.SerializeToString(deterministic=True),
        }
    return document


def _record(document: Document) -> Record:
    first, second, third, fourth = document["order"]
    order = (first, second, third, fourth)
    observation = None
    if "day" in document:
        observation = Observation(
            stratum=Stratum(document["kind"], document["site"]),
            day=date.fromisoformat(document["day"]),
            contributor=document["contributor"],
            authored=document["authored"],
            garments=tuple((category, color) for category, color in document["garments"]),
            style=document["style"],
            hashtags=frozenset(document["hashtags"]),
            order=order,
            dated=document["dated"],
        )
    return Record(document["_id"], document["site"], document["post"], order, observation)


def _shows(seen: Observation) -> list[str]:
    """What a photo can be found by: "<category>:<family>" of each garment, and "style:<style>"."""
    shows = {f"{category}:{family}" for category, family in seen.garments}
    shows.update(f"style:{v.style}" for v in seen.values() if v.style)
    return sorted(shows)


def _searched(value: Value, families: Sequence[str]) -> list[str]:
    """The entries of `shows` that show a value."""
    if value.style:
        return [f"style:{value.style}"]
    categories = [value.category] if value.category else fashion_pb2.Category.values()
    return [
        f"{category}:{family}"
        for category in categories
        for family in ([value.color] if value.color else ["", *families])
    ]
