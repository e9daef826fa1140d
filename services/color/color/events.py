"""The color service's events. A photo is measured once, named by the active palette, stored and published."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from color.core.describe import BadMask, measure, name_garments, renamed
from color.core.generation import METHOD, split
from color.storage.known_palettes import KnownPalettes, NumberedPalette
from color.storage.outfits import Known, NewerPalette, Outfits, post_of
from photokit import photo
from photokit.blobs import BlobStore
from servicekit import topology
from servicekit.consumer import Outcome
from servicekit.errors import Gone, InvalidMessage
from servicekit.events import Publication, order, photo_event_id, supersedes
from servicekit.photostore import Post
from snsfashion.events.v1.events_pb2 import GarmentsSegmented, OutfitDescribed, PostErased

# Photos decoded at a time: one at 40 megapixels takes 120 MB.
PARALLEL = 2


class Events:
    """Turns GarmentsSegmented into OutfitDescribed, and forgets erased posts."""

    def __init__(self, outfits: Outfits, blobs: BlobStore, palettes: KnownPalettes) -> None:
        self._outfits = outfits
        self._blobs = blobs
        self._palettes = palettes
        self._slots = asyncio.Semaphore(PARALLEL)

    async def segmented(self, events: Sequence[GarmentsSegmented]) -> list[Outcome]:
        """Describe photos: measure, store, publish. Publish what is stored already again, without measuring again."""
        by = self._palettes.active
        known = await self._outfits.find_known(events)
        results = await asyncio.gather(*(self._described(event, known, by) for event in events))
        standing = known
        while new := [result for result in results if isinstance(result, OutfitDescribed)]:
            try:
                standing = await self._outfits.put(new, by.number)
                break
            except NewerPalette:  # another one was activated while these were named
                await self._palettes.refresh()
                by = self._palettes.active
                results = [_named_by(result, by) for result in results]
        return [_outcome(result, standing) for result in results]

    async def erased(self, events: Sequence[PostErased]) -> list[Outcome]:
        """Remove the posts' photos and keep them away forever."""
        await self._outfits.erase(Post(event.site, event.post) for event in events)
        return [()] * len(events)

    async def _described(
        self, event: GarmentsSegmented, known: Known, by: NumberedPalette
    ) -> OutfitDescribed | BaseException:
        outfit = OutfitDescribed(
            image=event.image, provenance=event.provenance, generations=event.generations
        )
        outfit.generations.color = by.generation
        outfit.event_id = photo_event_id(topology.DESCRIBED, outfit.image, outfit.generations)
        if post_of(event) in known.erased:
            return Gone("the post was erased")
        stored = known.outfits.get(event.image.image_id)
        if stored is not None:
            if not supersedes(order(outfit.generations), order(stored.generations)):
                return stored
            if _is_measured_alike(stored, outfit):
                return renamed(stored, by.namer, by.number)
        try:
            if event.garments:
                async with self._slots:
                    data = await self._blobs.get(event.image.key)
                    await asyncio.to_thread(_measure, data, event, outfit)
                name_garments(outfit.garments, by.namer)
        except Exception as error:  # one photo's failure is its own, whatever it is
            return error
        return outfit


def _is_measured_alike(stored: OutfitDescribed, outfit: OutfitDescribed) -> bool:
    """Tell whether only the palette has changed. Then the photo is not needed; it may be gone already."""
    return (
        stored.image.sha256 == outfit.image.sha256
        and order(stored.generations)[:3] == order(outfit.generations)[:3]
        and split(stored.generations.color)[0] == METHOD
    )


def _measure(data: bytes, event: GarmentsSegmented, outfit: OutfitDescribed) -> None:
    try:
        garments, balance = measure(photo.decode(data).pixels, event.garments)
    except photo.BadPhoto as error:
        raise InvalidMessage(f"photo: {error}") from error
    except BadMask as error:
        raise InvalidMessage(f"garments[{error.index}].mask: {error}") from error
    outfit.garments.extend(garments)
    outfit.white_balance.CopyFrom(balance)


def _named_by(
    result: OutfitDescribed | BaseException, by: NumberedPalette
) -> OutfitDescribed | BaseException:
    return result if isinstance(result, BaseException) else renamed(result, by.namer, by.number)


def _outcome(result: OutfitDescribed | BaseException, standing: Known) -> Outcome:
    if isinstance(result, BaseException):
        return result
    if post_of(result) in standing.erased:
        return Gone("the post was erased")
    # What stands may be greater than this event's own result. Then consumers should receive what stands again.
    return (Publication(topology.DESCRIBED, standing.outfits[result.image.image_id]),)
