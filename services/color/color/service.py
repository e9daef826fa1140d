"""The color service's RPCs and events."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import grpc
import numpy as np

from color import lab, palette
from color.describe import BadMask, color_message, with_colors
from color.naming import Namer
from color.store import Known, Store
from servicekit import photo, topology
from servicekit.blobs import BlobStore
from servicekit.consumer import Outcome
from servicekit.errors import Gone, InvalidArgument, InvalidMessage
from servicekit.events import Publication, order, photo_event_id
from snsfashion.color.v1 import color_pb2, color_pb2_grpc
from snsfashion.events.v1.events_pb2 import GarmentsSegmented, OutfitDescribed, PostErased
from snsfashion.fashion.v1 import fashion_pb2

MAX_GARMENTS = 50
# Photos decoded at a time: one at 40 megapixels takes 120 MB.
PARALLEL = 2


class Events:
    """Turns GarmentsSegmented into OutfitDescribed, and forgets erased posts."""

    def __init__(self, store: Store, blobs: BlobStore, namer: Namer) -> None:
        self._store = store
        self._blobs = blobs
        self._namer = namer
        self._slots = asyncio.Semaphore(PARALLEL)

    async def segmented(self, events: Sequence[GarmentsSegmented]) -> list[Outcome]:
        """Describes photos: measures, stores, publishes. What is stored already is published again, not measured again."""
        known = await self._store.known(
            [(e.image.image_id, e.provenance.site, e.provenance.post) for e in events]
        )
        results = await asyncio.gather(*(self._described(event, known) for event in events))
        new = [result for result in results if isinstance(result, OutfitDescribed)]
        standing = await self._store.put(new) if new else known
        return [_outcome(result, standing) for result in results]

    async def erased(self, events: Sequence[PostErased]) -> list[Outcome]:
        """Removes the posts' records for ever."""
        await self._store.erase((event.site, event.post) for event in events)
        return [()] * len(events)

    async def _described(
        self, event: GarmentsSegmented, known: Known
    ) -> OutfitDescribed | BaseException:
        outfit = OutfitDescribed(
            image=event.image, provenance=event.provenance, generations=event.generations
        )
        outfit.generations.color = palette.GENERATION
        outfit.event_id = photo_event_id(topology.DESCRIBED, outfit.image, outfit.generations)
        if (event.provenance.site, event.provenance.post) in known.erased:
            return Gone("the post was erased")
        stored = known.outfits.get(event.image.image_id)
        if stored is not None and order(stored.generations) >= order(outfit.generations):
            return stored
        try:
            if event.garments:
                async with self._slots:
                    data = await self._blobs.get(event.image.key)
                    outfit.garments.extend(
                        await asyncio.to_thread(self._measure, data, list(event.garments))
                    )
        except Exception as error:  # one photo's failure is its own, whatever it is
            return error
        return outfit

    def _measure(
        self, data: bytes, garments: list[fashion_pb2.Garment]
    ) -> list[fashion_pb2.Garment]:
        try:
            return with_colors(photo.decode(data).pixels, garments, self._namer)
        except photo.BadPhoto as error:
            raise InvalidMessage(f"photo: {error}") from error
        except BadMask as error:
            raise InvalidMessage(f"garments[{error.index}].mask: {error}") from error


def _outcome(result: OutfitDescribed | BaseException, standing: Known) -> Outcome:
    if isinstance(result, BaseException):
        return result
    if (result.provenance.site, result.provenance.post) in standing.erased:
        return Gone("the post was erased")
    # What stands may be greater than this event's own result: then that is what consumers should hear again.
    return (Publication(topology.DESCRIBED, standing.outfits[result.image.image_id]),)


class ColorService(color_pb2_grpc.ColorServiceServicer):
    """The RPCs of snsfashion.color.v1."""

    def __init__(self, colors: palette.Palette, namer: Namer) -> None:
        self._palette = colors
        self._namer = namer
        self._slots = asyncio.Semaphore(PARALLEL)

    async def ExtractColors(
        self,
        request: color_pb2.ExtractColorsRequest,
        context: grpc.aio.ServicerContext[
            color_pb2.ExtractColorsRequest, color_pb2.ExtractColorsResponse
        ],
    ) -> color_pb2.ExtractColorsResponse:
        """Measures garments of one photo."""
        if not 1 <= len(request.garments) <= MAX_GARMENTS:
            raise InvalidArgument(
                "garments", f"{len(request.garments)} garments; 1 to {MAX_GARMENTS} are taken"
            )
        async with self._slots:
            try:
                garments = await asyncio.to_thread(
                    lambda: with_colors(
                        photo.decode(request.photo).pixels, request.garments, self._namer
                    )
                )
            except BadMask as error:
                raise InvalidArgument(f"garments[{error.index}].mask", str(error)) from error
        return color_pb2.ExtractColorsResponse(garments=garments, generation=palette.GENERATION)

    async def NameColor(
        self,
        request: color_pb2.NameColorRequest,
        context: grpc.aio.ServicerContext[color_pb2.NameColorRequest, color_pb2.NameColorResponse],
    ) -> color_pb2.NameColorResponse:
        """Names a hex value."""
        if not re.fullmatch(r"#?[0-9A-Fa-f]{6}", request.hex):
            raise InvalidArgument("hex", 'six hexadecimal digits are needed, such as "#1f2a52"')
        rgb = np.frombuffer(bytes.fromhex(request.hex[-6:]), dtype=np.uint8)
        point = lab.from_rgb(rgb)
        named = self._namer.name(point)
        return color_pb2.NameColorResponse(
            color=color_message(point, rgb, named, 1.0),
            distance=named.distance,
            generation=palette.GENERATION,
        )

    async def GetPalette(
        self,
        request: color_pb2.GetPaletteRequest,
        context: grpc.aio.ServicerContext[
            color_pb2.GetPaletteRequest, color_pb2.GetPaletteResponse
        ],
    ) -> color_pb2.GetPaletteResponse:
        """The palette."""
        families = self._palette.families
        rows = zip(
            self._palette.names, self._palette.rgb.tolist(), self._palette.family, strict=True
        )
        return color_pb2.GetPaletteResponse(
            colors=[
                color_pb2.PaletteColor(
                    name=name, rgb=r << 16 | g << 8 | b, family=families[family].name
                )
                for name, (r, g, b), family in rows
            ],
            families=[
                color_pb2.PaletteFamily(name=f.name, name_ko=f.name_ko, rgb=f.rgb) for f in families
            ],
            version=palette.VERSION,
            generation=palette.GENERATION,
        )
