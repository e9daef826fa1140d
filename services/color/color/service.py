"""The color service's RPCs."""

from __future__ import annotations

import asyncio

import numpy as np

from color.core import palette
from color.core.describe import BadMask, measure, name_colors, name_garments, unnamed_color
from color.events import PARALLEL
from color.messages import palette_info, preview_message
from color.preview import preview
from color.storage.known_palettes import KnownPalettes, NumberedPalette
from color.storage.outfits import Outfits
from color.storage.palette_history import VersionTaken
from fashion import lab
from photokit import photo
from servicekit.errors import InvalidArgument
from servicekit.rpc import Context
from snsfashion.color.v1 import color_pb2, color_pb2_grpc


class ColorService(color_pb2_grpc.ColorServiceServicer):
    """The RPCs of snsfashion.color.v1."""

    def __init__(self, outfits: Outfits, palettes: KnownPalettes) -> None:
        self._outfits = outfits
        self._palettes = palettes
        self._slots = asyncio.Semaphore(PARALLEL)
        self._previews = asyncio.Semaphore(1)

    async def ExtractColors(
        self,
        request: color_pb2.ExtractColorsRequest,
        context: Context,
    ) -> color_pb2.ExtractColorsResponse:
        """Measure garments of one photo."""
        by = await self._palettes.get(request.palette_version)
        async with self._slots:
            try:
                garments, balance = await asyncio.to_thread(
                    lambda: measure(photo.decode(request.photo).pixels, request.garments)
                )
            except BadMask as error:
                raise InvalidArgument(f"garments[{error.index}].mask", str(error)) from error
        name_garments(garments, by.namer)
        return color_pb2.ExtractColorsResponse(
            garments=garments, generation=by.generation, white_balance=balance
        )

    async def NameColor(
        self,
        request: color_pb2.NameColorRequest,
        context: Context,
    ) -> color_pb2.NameColorResponse:
        """Name a hex value."""
        by = await self._palettes.get(request.palette_version)
        rgb = np.frombuffer(bytes.fromhex(request.hex[-6:]), dtype=np.uint8)
        named = unnamed_color(lab.from_rgb(rgb), rgb, 1.0)
        (found,) = name_colors([named], by.namer)
        return color_pb2.NameColorResponse(
            color=named, distance=found.distance, generation=by.generation
        )

    async def GetPalette(
        self,
        request: color_pb2.GetPaletteRequest,
        context: Context,
    ) -> color_pb2.GetPaletteResponse:
        """Return a palette."""
        by = await self._palettes.get(request.palette_version)
        shown = by.palette
        rows = zip(shown.names, shown.names_ko, shown.rgb, shown.family, strict=True)
        return color_pb2.GetPaletteResponse(
            colors=[
                color_pb2.PaletteColor(
                    name=name,
                    name_ko=name_ko,
                    rgb=int.from_bytes(rgb.tobytes(), "big"),
                    family=shown.families[family].name,
                )
                for name, name_ko, rgb, family in rows
            ],
            families=[
                color_pb2.PaletteFamily(name=f.name, name_ko=f.name_ko, rgb=f.rgb)
                for f in shown.families
            ],
            version=by.version,
            generation=by.generation,
            csv=by.stored.csv,
        )

    async def PutPalette(
        self,
        request: color_pb2.PutPaletteRequest,
        context: Context,
    ) -> color_pb2.PutPaletteResponse:
        """Add a palette, by which photos are named from then on unless it is kept inactive."""
        version = request.palette_version
        try:
            put = await self._palettes.put(
                version, request.csv, keep_inactive=request.keep_inactive
            )
        except palette.BadPalette as error:
            raise InvalidArgument("csv", str(error)) from error
        except VersionTaken as error:
            raise InvalidArgument(
                "palette_version",
                f"{version!r} is the version of a different palette; choose a new version",
            ) from error
        return color_pb2.PutPaletteResponse(palette=self._info(put))

    async def PreviewPalette(
        self,
        request: color_pb2.PreviewPaletteRequest,
        context: Context,
    ) -> color_pb2.PreviewPaletteResponse:
        """Tell what a palette would change in stored outfits."""
        try:
            async with self._previews:
                found = await preview(
                    self._outfits,
                    self._palettes,
                    version=request.palette_version,
                    csv=request.csv,
                    most=request.max_outfits,
                )
        except palette.BadPalette as error:
            raise InvalidArgument("csv", str(error)) from error
        return preview_message(found)

    async def ActivatePalette(
        self,
        request: color_pb2.ActivatePaletteRequest,
        context: Context,
    ) -> color_pb2.ActivatePaletteResponse:
        """Name by a stored palette from now on."""
        by, before = await self._palettes.activate(request.palette_version)
        return color_pb2.ActivatePaletteResponse(palette=self._info(by), previous_version=before)

    async def ListPalettes(
        self,
        request: color_pb2.ListPalettesRequest,
        context: Context,
    ) -> color_pb2.ListPalettesResponse:
        """List the palettes, those that were never active first, the active one last."""
        every = [*await self._palettes.find_inactive(), *self._palettes.all]
        return color_pb2.ListPalettesResponse(palettes=map(self._info, every))

    def _info(self, known: NumberedPalette) -> color_pb2.PaletteInfo:
        return palette_info(known, self._palettes.active)
