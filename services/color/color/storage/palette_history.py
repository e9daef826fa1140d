"""All palettes, old ones too, in MongoDB, numbered in the order in which they were activated.

`palettes`           one document for each palette that names or has named: {_id: version, number, earlier, packaged, csv}.
                     `number` is that of its last activation, `earlier` lists those of activations before; `packaged` tells
                     that it came with the service and that nobody has chosen it.
`inactive_palettes`  those that never named: {_id: version, csv}. An activation moves them to `palettes`.

Each activation, of an older palette too, takes the next number. So of two activations the later has the greater generation,
and events keep their order when a palette is taken back. The greatest number is in the document that every write of photos
changes first. So no two activations get the same number, and no outfit that another palette named is stored after a palette
was activated. A palette that gets a new number looks to a replica of an older release like one that was just added.
"""

from __future__ import annotations

from dataclasses import dataclass

from servicekit.errors import NotFound
from servicekit.mongo import Database, Document
from servicekit.photostore import PhotoStore, Write


@dataclass(frozen=True)
class StoredPalette:
    """A palette as it is stored. `number` of its last activation, from 1, or 0 if it was never active; `earlier` numbers."""

    version: str
    number: int
    csv: str
    earlier: tuple[int, ...] = ()


class VersionTaken(Exception):
    """A different palette has this version already."""


class PaletteHistory:
    """The palettes that all replicas share."""

    def __init__(self, db: Database, photos: PhotoStore) -> None:
        self._palettes = db["palettes"]
        self._inactive = db["inactive_palettes"]
        self._photos = photos

    async def prepare(self) -> None:
        """Create the index. Repeating it changes nothing."""
        await self._palettes.create_index("number", unique=True)

    async def read_newest(self) -> int:
        """Return the number of the last activation; 0 if there is none."""
        return int((await self._photos.read_head()).get("palette", 0))

    async def find_after(self, number: int) -> list[StoredPalette]:
        """Return the palettes that were last activated after a number, in that order."""
        found = self._palettes.find({"number": {"$gt": number}}, sort=[("number", 1)])
        return [_stored(document) async for document in found]

    async def find_inactive(self) -> list[StoredPalette]:
        """Return the palettes that were never active, by version."""
        found = self._inactive.find({}, sort=[("_id", 1)])
        return [_stored(document) async for document in found]

    async def put(
        self, version: str, csv: str, *, keep_inactive: bool = False, packaged: bool = False
    ) -> None:
        """Store a palette, and activate it unless it is kept inactive. One that was active once stays as it is.

        A new `packaged` palette is activated only while nobody has chosen one, so that an update of the service does not
        replace a company's choice. Raise VersionTaken; the kind of line ends makes no difference.
        """

        async def write(write: Write) -> None:
            one = {"_id": version}
            standing = await self._palettes.find_one(one, session=write.session)
            waiting = await self._inactive.find_one(one, session=write.session)
            same = standing or waiting
            if same and not packaged and _lines(same["csv"]) != _lines(csv):
                raise VersionTaken(version)
            if standing:
                return
            chosen = {"packaged": False}
            if keep_inactive or (
                packaged and await self._palettes.find_one(chosen, session=write.session)
            ):
                if not waiting:
                    await self._inactive.insert_one(one | {"csv": csv}, session=write.session)
                return
            await self._add(write, waiting or one | {"csv": csv}, packaged=packaged)

        await self._photos.write(write)

    async def activate(self, version: str) -> str:
        """Give a stored palette the next number, so that it names; the active one keeps its number.

        Return the version that was active before. Raise NotFound.
        """

        async def write(write: Write) -> str:
            newest = int(write.head.get("palette", 0))
            session = write.session
            before = await self._palettes.find_one({"number": newest}, session=session)
            one = {"_id": version}
            standing = await self._palettes.find_one(one, session=session)
            waiting = await self._inactive.find_one(one, session=session)
            if standing:
                change: Document = {"$set": {"packaged": False}}
                if standing["number"] != newest:
                    change["$set"]["number"] = newest + 1
                    change["$push"] = {"earlier": standing["number"]}
                    await write.update_head({"palette": newest + 1})
                await self._palettes.update_one(one, change, session=session)
            elif waiting:
                await self._add(write, waiting, packaged=False)
            else:
                raise NotFound(f"no palette {version!r}")
            return str(before["_id"]) if before else version

        return await self._photos.write(write)

    async def _add(self, write: Write, palette: Document, *, packaged: bool) -> None:
        """Move a palette that was never active to those that name, under the next number."""
        number = int(write.head.get("palette", 0)) + 1
        await self._inactive.delete_one({"_id": palette["_id"]}, session=write.session)
        added = palette | {"number": number, "packaged": packaged}
        await self._palettes.insert_one(added, session=write.session)
        await write.update_head({"palette": number})


def _stored(document: Document) -> StoredPalette:
    return StoredPalette(
        document["_id"],
        int(document.get("number", 0)),
        document["csv"],
        tuple(document.get("earlier", ())),
    )


def _lines(csv: str) -> str:
    return csv.replace("\r\n", "\n")
