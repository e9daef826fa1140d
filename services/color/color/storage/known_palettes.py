"""The palettes that this replica knows: those of the database, at most about a second late."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from color.core import generation, palette
from color.core.naming import Namer
from color.core.palette import Palette
from color.storage.palette_history import PaletteHistory, StoredPalette
from servicekit import telemetry
from servicekit.errors import NotFound
from servicekit.follower import Follower

_log = telemetry.log("palettes")


@dataclass(frozen=True)
class NumberedPalette:
    """A palette with its version and number, ready to name colors."""

    version: str
    number: int
    palette: Palette
    namer: Namer

    @property
    def generation(self) -> int:
        """The generation of what the current method measures and this palette names."""
        return generation.join(self.number)


class KnownPalettes(Follower[int]):
    """All palettes; colors are named by the newest. The database's version is the number of the newest palette."""

    def __init__(self, history: PaletteHistory) -> None:
        super().__init__(version=0)
        self._history = history
        self._known: list[NumberedPalette] = []

    async def load(self) -> None:
        """Add the packaged palette unless a company has its own, and read all palettes."""
        await self._history.put(palette.PACKAGED, palette.packaged_csv(), packaged=True)
        await self.refresh()

    @property
    def newest(self) -> NumberedPalette:
        """The palette that names colors. Only after `load`."""
        return self._known[-1]

    @property
    def all(self) -> tuple[NumberedPalette, ...]:
        """All palettes, oldest first."""
        return tuple(self._known)

    async def get(self, version: str) -> NumberedPalette:
        """Return a palette by its version, or the newest if that is "". Raise NotFound, which lists those that exist."""
        if not version:
            return self.newest
        for _ in range(2):
            for known in self._known:
                if known.version == version:
                    return known
            await self.refresh()  # another replica may just have added it
        raise NotFound(
            f"no palette {version!r}; these exist: {', '.join(p.version for p in self.all)}"
        )

    async def put(self, version: str, csv: str) -> NumberedPalette:
        """Add a palette. Raise BadPalette or VersionTaken."""
        palette.check_size(await asyncio.to_thread(palette.parse, csv))
        await self._history.put(version, csv)
        return await self.get(version)

    async def _read_version(self) -> int:
        return await self._history.read_newest()

    async def _catch_up(self, newest: int) -> int:
        added = await self._history.find_after(self._version)
        # All at once: a caller that is canceled meanwhile must not leave some that are added again later.
        self._known += [await asyncio.to_thread(_ready, stored) for stored in added]
        for stored in added:
            _log.info("palette", version=stored.version, number=stored.number)
        return self._known[-1].number


def _ready(stored: StoredPalette) -> NumberedPalette:
    parsed = palette.parse(stored.csv)
    return NumberedPalette(stored.version, stored.number, parsed, Namer(parsed))
