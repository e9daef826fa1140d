"""Palettes and previews as messages of the contract, for calls and for `--json` of commands."""

from __future__ import annotations

from color.core.comparison import Preview
from color.core.generation import join
from color.storage.known_palettes import NumberedPalette
from snsfashion.color.v1 import color_pb2

MOST = 50


def palette_info(known: NumberedPalette, active: NumberedPalette) -> color_pb2.PaletteInfo:
    """Return the facts about a palette."""
    return color_pb2.PaletteInfo(
        palette_version=known.version,
        generation=known.generation,
        colors=len(known.palette.names),
        families=len(known.palette.families),
        newest=known.version == active.version,
        earlier_generations=map(join, known.stored.earlier),
    )


def preview_message(found: Preview) -> color_pb2.PreviewPaletteResponse:
    """Return a preview with the greatest of its moves and the most frequent of its names."""
    compared = found.comparison
    moves = [
        color_pb2.FamilyMove(
            family_before=before,
            family_after=after,
            garments=count,
            example_rgb=compared.examples[before, after],
        )
        for (before, after), count in compared.moves.most_common(MOST)
    ]
    return color_pb2.PreviewPaletteResponse(
        stored_outfits=found.stored_outfits,
        outfits=compared.outfits,
        garments=compared.garments,
        changed_garments=compared.changed,
        moves=moves,
        lost_names=[
            color_pb2.NameCount(name=name, garments=count)
            for name, count in compared.lost.most_common(MOST)
        ],
        new_names=[
            color_pb2.NameCount(name=name, garments=count)
            for name, count in compared.new.most_common(MOST)
        ],
        lost_families=found.lost_families,
        new_families=found.new_families,
    )
