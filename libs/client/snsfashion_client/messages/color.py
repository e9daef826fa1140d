"""Requests to the color service."""

from __future__ import annotations

from collections.abc import Iterable

from snsfashion.color.v1.color_pb2 import (
    ActivatePaletteRequest,
    ExtractColorsRequest,
    GetPaletteRequest,
    ListPalettesRequest,
    NameColorRequest,
    PreviewPaletteRequest,
    PutPaletteRequest,
)
from snsfashion.fashion.v1.fashion_pb2 import Garment
from snsfashion_client.messages.arguments import listed, picture


def extract_colors(
    photo: bytes, garments: Iterable[Garment], *, palette_version: str = ""
) -> ExtractColorsRequest:
    """Ask for the colors of garments of a photo.

    `garments`: what `segment` found in the same photo, 1 to 50. `palette_version`: "" means the active one.
    """
    return ExtractColorsRequest(
        photo=picture("photo", photo),
        garments=listed("garments", garments),
        palette_version=palette_version,
    )


def name_color(hex_value: str, *, palette_version: str = "") -> NameColorRequest:
    """Ask for the name of a color, such as "#1f2852". `palette_version`: "" means the active one."""
    return NameColorRequest(hex=hex_value, palette_version=palette_version)


def get_palette(palette_version: str = "") -> GetPaletteRequest:
    """Ask for a palette's colors and families; "" means the active one."""
    return GetPaletteRequest(palette_version=palette_version)


def put_palette(
    palette_version: str, csv: str, *, keep_inactive: bool = False
) -> PutPaletteRequest:
    """Add a palette under a new version, such as "acme-2027", and name colors by it.

    `csv`: with the columns name, rgb and family. `keep_inactive`: only store it.
    """
    return PutPaletteRequest(palette_version=palette_version, csv=csv, keep_inactive=keep_inactive)


def preview_palette(
    palette_version: str = "", *, csv: str = "", max_outfits: int = 0
) -> PreviewPaletteRequest:
    """Ask what a palette would change in stored outfits: a stored one, or a `csv` as `put_palette` takes it.

    `max_outfits`: 1 to 100,000; 0 means 10,000. Raise ValueError unless exactly one palette is given.
    """
    if bool(palette_version) == bool(csv):
        raise ValueError("give either palette_version or csv")
    if csv:
        return PreviewPaletteRequest(csv=csv, max_outfits=max_outfits)
    return PreviewPaletteRequest(palette_version=palette_version, max_outfits=max_outfits)


def activate_palette(palette_version: str) -> ActivatePaletteRequest:
    """Name colors by a stored palette from now on, also by an older one."""
    return ActivatePaletteRequest(palette_version=palette_version)


def list_palettes() -> ListPalettesRequest:
    """Ask for all palettes, the active one last."""
    return ListPalettesRequest()
