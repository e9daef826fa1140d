"""Name all stored outfits again by the newest palette, without the photos, and publish them to the consumers.

An outfit is published first and stored after that. If the process is killed in between, the outfit is done again later, with
the same event id. In the other order it could be stored and never published. It does no harm that consumers receive it
before it is stored: each of them keeps the greater tuple and the tombstones itself.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from color.core.describe import renamed
from color.core.generation import split
from color.storage.known_palettes import NumberedPalette
from color.storage.outfits import Outfits
from servicekit import topology
from servicekit.app import Publish
from servicekit.events import Publication
from snsfashion.events.v1.events_pb2 import OutfitDescribed

BATCH = 128


@dataclass
class Report:
    """`outfits` named again; `garments` of them with another family; `moves` counts (family before, family after)."""

    outfits: int = 0
    garments: int = 0
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, before: OutfitDescribed, after: OutfitDescribed) -> None:
        """Count one outfit."""
        self.outfits += 1
        for old, new in zip(before.garments, after.garments, strict=True):
            if old.colors and old.colors[0].family != new.colors[0].family:
                self.garments += 1
                self.moves[old.colors[0].family, new.colors[0].family] += 1


async def find_outdated(outfits: Outfits, by: NumberedPalette) -> list[str]:
    """Return the image_ids of outfits that were named by an older palette, or before palettes had numbers."""
    return [name async for name, color in outfits.find_generations() if split(color)[1] < by.number]


async def recolor(
    outfits: Outfits,
    by: NumberedPalette,
    image_ids: list[str],
    publish: Publish | None,
    done: Callable[[int], object] = lambda _: None,
) -> Report:
    """Name the outfits again. With `publish` None, only report what would change.

    `done` receives the number of outfits after each batch. It is safe to stop this at any time and run it again.
    Raise NewerPalette if `by` is no longer the newest palette.
    """
    report = Report()
    for start in range(0, len(image_ids), BATCH):
        ids = image_ids[start : start + BATCH]
        stored = [o for o in await outfits.find(ids) if split(o.generations.color)[1] < by.number]
        again = [renamed(outfit, by.namer, by.number) for outfit in stored]
        for before, after in zip(stored, again, strict=True):
            report.add(before, after)
        if publish is not None and again:
            await asyncio.gather(*(publish(Publication(topology.DESCRIBED, o)) for o in again))
            await outfits.put(again, by.number)
        done(len(ids))
    return report
