"""Name all stored outfits again by the active palette, without the photos, and publish them to the consumers.

An outfit is published first and stored after that. If the process is killed in between, the outfit is done again later, with
the same event id. In the other order it could be stored and never published. It does no harm that consumers receive it
before it is stored: each of them keeps the greater tuple and the tombstones itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from color.core.comparison import Comparison, main_colors
from color.core.describe import renamed
from color.core.generation import split
from color.storage.known_palettes import NumberedPalette
from color.storage.outfits import Outfits
from servicekit import topology
from servicekit.app import Publish
from servicekit.events import Publication

BATCH = 128


async def find_outdated(outfits: Outfits, by: NumberedPalette) -> list[str]:
    """Return the image_ids of outfits that were named before this palette was activated, or before palettes had numbers."""
    return [name async for name, color in outfits.find_generations() if split(color)[1] < by.number]


async def recolor(
    outfits: Outfits,
    by: NumberedPalette,
    image_ids: list[str],
    publish: Publish | None,
    done: Callable[[int], object] = lambda _: None,
) -> Comparison:
    """Name the outfits again. With `publish` None, only report what would change.

    `done` receives the number of outfits after each batch. It is safe to stop this at any time and run it again.
    Raise NewerPalette if `by` is no longer the active palette.
    """
    report = Comparison()
    for start in range(0, len(image_ids), BATCH):
        ids = image_ids[start : start + BATCH]
        stored = [o for o in await outfits.find(ids) if split(o.generations.color)[1] < by.number]
        again = [renamed(outfit, by.namer, by.number) for outfit in stored]
        for before, after in zip(stored, again, strict=True):
            report.outfits += 1
            pairs = zip(main_colors(before.garments), main_colors(after.garments), strict=True)
            for old, new in pairs:
                report.add(old, new.name, new.family)
        if publish is not None and again:
            await asyncio.gather(*(publish(Publication(topology.DESCRIBED, o)) for o in again))
            await outfits.put(again, by.number)
        done(len(ids))
    return report
