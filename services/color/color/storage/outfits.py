"""Each photo's colors in MongoDB (`servicekit.photostore`), as the event that was published.

The colors in the event are as they were measured, so another palette can name them without the photo.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass

from servicekit.events import order
from servicekit.mongo import Document
from servicekit.photostore import PhotoStore, Post, Result, Write
from snsfashion.events.v1.events_pb2 import GarmentsSegmented, OutfitDescribed


@dataclass(frozen=True)
class Known:
    """What is stored for one batch: outfits by image_id, and the posts that are erased."""

    outfits: Mapping[str, OutfitDescribed]
    erased: frozenset[Post]


class NewerPalette(Exception):
    """Outfits were named by a palette that is no longer active; nothing was stored."""


class Outfits:
    """The colors of photos."""

    def __init__(self, photos: PhotoStore) -> None:
        self._photos = photos

    async def find_known(self, events: Sequence[GarmentsSegmented | OutfitDescribed]) -> Known:
        """Return what is stored for the photos of events."""
        found = await self._photos.find(event.image.image_id for event in events)
        erased = await self._photos.find_erased(map(post_of, events))
        return Known(_outfits(found), erased)

    async def put(self, outfits: Sequence[OutfitDescribed], palette: int) -> Known:
        """Store each outfit unless a greater or equal tuple is there or its post is erased; return what stands then.

        `palette`: number of the palette that named them. Raise NewerPalette if one was activated later.
        """

        async def write(write: Write) -> Known:
            if write.head.get("palette", 0) > palette:
                raise NewerPalette
            put = await write.put([_result(outfit) for outfit in outfits])
            stored = {document["_id"]: document for document in put.stored}
            return Known(_outfits({**put.before, **stored}), put.erased)

        return await self._photos.write(write)

    async def erase(self, posts: Iterable[Post]) -> None:
        """Remove every photo of the posts and keep them away forever."""
        await self._photos.erase(posts)

    async def find_generations(self) -> AsyncIterator[tuple[str, int]]:
        """Yield the image_id and the color generation of every stored outfit."""
        async for document in self._photos.photos.find({}, {"order": 1}):
            yield document["_id"], int(document["order"][3])

    async def find(self, image_ids: Sequence[str]) -> list[OutfitDescribed]:
        """Return the outfits of photos; there is none for a photo that is gone."""
        return list(_outfits(await self._photos.find(image_ids)).values())


def post_of(event: GarmentsSegmented | OutfitDescribed) -> Post:
    """Return the post that the photo of an event belongs to."""
    return Post(event.provenance.site, event.provenance.post)


def _outfits(documents: Mapping[str, Document]) -> dict[str, OutfitDescribed]:
    return {
        image_id: OutfitDescribed.FromString(document["described"])
        for image_id, document in documents.items()
    }


def _result(outfit: OutfitDescribed) -> Result:
    return Result(
        outfit.image.image_id,
        post_of(outfit),
        order(outfit.generations),
        {"described": outfit.SerializeToString(deterministic=True)},
    )
