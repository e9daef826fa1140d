"""The outfits of shops in MongoDB (`servicekit.photostore`).

A document of `photos` has, besides the store's own fields, `author`: the author's key, and `outfit`: a serialized Outfit, None
if the photo was rejected or nothing is worn in it. Such a document stays, so that an older event can't bring an outfit back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from servicekit.events import order
from servicekit.mongo import Document
from servicekit.photostore import PhotoStore, Post, Result
from snsfashion.events.v1.events_pb2 import ImageClassified, OutfitDescribed


@dataclass(frozen=True)
class StoredOutfit:
    """An outfit of the catalog. `payload`: a serialized Outfit."""

    image_id: str
    site: str
    author_key: str
    payload: bytes


@dataclass(frozen=True)
class Changes:
    """What became of outfits."""

    removed: Sequence[str]
    """The photos, by image id, that are not offered any more."""
    outfits: Iterable[StoredOutfit]
    """The others, to be iterated over once."""


class StoredOutfits:
    """The catalog of all replicas."""

    def __init__(self, photos: PhotoStore) -> None:
        self._photos = photos

    async def put(self, photos: Sequence[Result]) -> None:
        """Store each photo unless a greater or equal tuple is stored or its post is erased."""
        await self._photos.put(photos)

    async def erase(self, posts: Iterable[Post]) -> None:
        """Remove every photo of the posts and keep them away forever."""
        await self._photos.erase(posts)

    async def find(self, image_id: str) -> StoredOutfit | None:
        """Return the outfit of a photo, or None if the catalog has none."""
        found = await self._photos.find([image_id])
        return next((_stored(d) for d in found.values() if d["outfit"] is not None), None)

    async def find_all(self) -> list[StoredOutfit]:
        """Return all outfits."""
        found = self._photos.photos.find({"outfit": {"$ne": None}})
        return [_stored(document) async for document in found]

    async def read_version(self) -> int:
        """Return the number of the last write."""
        return int((await self._photos.read_head()).get("seq", 0))

    async def find_changes(self, after: int, until: int) -> Changes:
        """Return what the writes after one number and up to another changed."""
        found = await self._photos.find_changes(after, until)
        erased = [image_id for t in found.tombstones for image_id in t["image_ids"]]
        without = [d["_id"] for d in found.photos if d["outfit"] is None]
        offered = (_stored(d) for d in found.photos if d["outfit"] is not None)
        return Changes([*erased, *without], offered)


def shop_photo(event: OutfitDescribed | ImageClassified, payload: bytes | None) -> Result:
    """Return what an event says of a shop's photo. `payload`: a serialized Outfit; None if the photo shows none."""
    provenance = event.provenance
    return Result(
        event.image.image_id,
        Post(provenance.site, provenance.post),
        order(event.generations),
        {"author": provenance.author_key, "outfit": payload},
    )


def _stored(document: Document) -> StoredOutfit:
    return StoredOutfit(document["_id"], document["site"], document["author"], document["outfit"])
