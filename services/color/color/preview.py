"""What a palette would change in stored outfits, without changing them."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from color.core import palette
from color.core.comparison import Comparison, Preview, main_colors
from color.core.naming import Namer
from color.core.palette import Palette
from color.storage.known_palettes import KnownPalettes
from color.storage.outfits import Outfits
from snsfashion.events.v1.events_pb2 import OutfitDescribed

MAX_OUTFITS = 10_000
BATCH = 512


async def preview(
    outfits: Outfits,
    palettes: KnownPalettes,
    *,
    version: str = "",
    csv: str = "",
    most: int = 0,
) -> Preview:
    """Compare at most `most` stored outfits (0 for MAX_OUTFITS) with what a stored palette, or a CSV, would name.

    The outfits whose image_ids have the least hashes are looked at: the same each time, and mostly the same when more are
    stored. Raise NotFound or BadPalette.
    """
    if version:
        by = await palettes.get(version)
        shown, namer = by.palette, by.namer
    else:
        shown, namer = await asyncio.to_thread(_ready, csv)
    ids = [image_id async for image_id, _ in outfits.find_generations()]
    chosen = heapq.nsmallest(most or MAX_OUTFITS, ids, key=_hash)
    comparison = Comparison()
    for start in range(0, len(chosen), BATCH):
        batch = await outfits.find(chosen[start : start + BATCH])
        await asyncio.to_thread(_compare, batch, namer, comparison)
    families = [family.name for family in palettes.active.palette.families]
    shown_families = [family.name for family in shown.families]
    return Preview(
        len(ids),
        comparison,
        tuple(name for name in families if name not in shown_families),
        tuple(name for name in shown_families if name not in families),
    )


def _ready(csv: str) -> tuple[Palette, Namer]:
    parsed = palette.parse(csv)
    palette.check_size(parsed)
    return parsed, Namer(parsed)


def _hash(image_id: str) -> bytes:
    return blake2b(image_id.encode(), digest_size=8).digest()


def _compare(batch: Sequence[OutfitDescribed], namer: Namer, comparison: Comparison) -> None:
    comparison.outfits += len(batch)
    before = [color for outfit in batch for color in main_colors(outfit.garments)]
    if not before:
        return
    after = namer.find(np.array([(c.lab.l, c.lab.a, c.lab.b) for c in before]))
    for color, named in zip(before, after, strict=True):
        comparison.add(color, named.name, named.family.name)
