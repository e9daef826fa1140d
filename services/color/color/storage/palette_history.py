"""All palettes, old ones too, in MongoDB, numbered in the order in which they were added.

A document of `palettes`: {_id: version, number, packaged: whether it came with the service, csv}. The greatest number is in
the document that every write of photos changes first. So no two palettes get the same number, and no outfit that an older
palette named is stored after a newer palette was added.
"""

from __future__ import annotations

from dataclasses import dataclass

from servicekit.mongo import Database
from servicekit.photostore import PhotoStore, Write


@dataclass(frozen=True)
class StoredPalette:
    """A palette as it is stored. `number` is 1 for the first palette, then 2, and so on."""

    version: str
    number: int
    csv: str


class VersionTaken(Exception):
    """A different palette has this version already."""


class PaletteHistory:
    """The palettes that all replicas share."""

    def __init__(self, db: Database, photos: PhotoStore) -> None:
        self._palettes = db["palettes"]
        self._photos = photos

    async def prepare(self) -> None:
        """Create the index. Repeating it changes nothing."""
        await self._palettes.create_index("number", unique=True)

    async def read_newest(self) -> int:
        """Return the greatest number of a palette; 0 if there is none."""
        return int((await self._photos.read_head()).get("palette", 0))

    async def find_after(self, number: int) -> list[StoredPalette]:
        """Return the palettes with a greater number, the oldest first."""
        found = self._palettes.find({"number": {"$gt": number}}, sort=[("number", 1)])
        return [StoredPalette(d["_id"], int(d["number"]), d["csv"]) async for d in found]

    async def put(self, version: str, csv: str, *, packaged: bool = False) -> int:
        """Store a palette under the next number and return that number; a palette that is stored already keeps its number.

        A new `packaged` palette is stored only while all stored ones are packaged, so that an update of the service does
        not replace a company's own palette. Otherwise this returns the newest number. Raise VersionTaken.
        """

        async def write(write: Write) -> int:
            newest = int(write.head.get("palette", 0))
            standing = await self._palettes.find_one({"_id": version}, session=write.session)
            if standing is not None:
                if standing["csv"] != csv and not packaged:
                    raise VersionTaken(version)
                return int(standing["number"])
            own = {"packaged": False}
            if packaged and await self._palettes.find_one(own, session=write.session):
                return newest
            document = {"_id": version, "number": newest + 1, "packaged": packaged, "csv": csv}
            await self._palettes.insert_one(document, session=write.session)
            await write.update_head({"palette": newest + 1})
            return newest + 1

        return await self._photos.write(write)
