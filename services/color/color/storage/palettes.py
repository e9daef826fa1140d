"""The palettes that this replica knows: as many as the database holds, at most about a second behind it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from color.core import palette
from color.core.generation import generation
from color.core.naming import Namer
from color.core.palette import Palette
from color.storage.store import Store, StoredPalette
from servicekit import telemetry
from servicekit.errors import NotFound
from servicekit.polling import poll

POLL_S = 1.0

_log = telemetry.log("palettes")


@dataclass(frozen=True)
class NumberedPalette:
    """A palette with its version and number, ready to name."""

    version: str
    number: int
    palette: Palette
    namer: Namer

    @property
    def generation(self) -> int:
        """The generation of what is measured now and named by it."""
        return generation(self.number)


class Palettes:
    """All palettes; the newest one names."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: list[NumberedPalette] = []
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Keeps the packaged palette if it is to name, and reads all."""
        await self._store.put_palette(palette.PACKAGED, palette.packaged_csv(), packaged=True)
        await self.refresh()

    @property
    def newest(self) -> NumberedPalette:
        """The one that names. Only after `load`."""
        return self._known[-1]

    @property
    def all(self) -> tuple[NumberedPalette, ...]:
        """Oldest first."""
        return tuple(self._known)

    async def get(self, version: str) -> NumberedPalette:
        """A palette by its version, the newest if that is empty. Raises NotFound, which names those that exist."""
        if not version:
            return self.newest
        for _ in range(2):
            for known in self._known:
                if known.version == version:
                    return known
            await self.refresh()  # it may have come by another replica just now
        raise NotFound(
            f"no palette {version!r}; there are {', '.join(p.version for p in self.all)}"
        )

    async def put(self, version: str, csv: str) -> NumberedPalette:
        """Adds a palette. Raises BadPalette or VersionTaken."""
        await asyncio.to_thread(palette.parse, csv)
        await self._store.put_palette(version, csv)
        return await self.get(version)

    async def refresh(self) -> None:
        """Reads what has come since."""
        async with self._lock:
            known = self._known[-1].number if self._known else 0
            if await self._store.newest_palette() > known:
                for stored in await self._store.palettes(known):
                    self._known.append(await asyncio.to_thread(_ready, stored))
                    _log.info("palette", version=stored.version, number=stored.number)

    async def follow(self) -> None:
        """Refreshes every second, for ever. While the database is away, the palettes stay as they are."""
        await poll(self.refresh, POLL_S)


def _ready(stored: StoredPalette) -> NumberedPalette:
    parsed = palette.parse(stored.csv)
    return NumberedPalette(stored.version, stored.number, parsed, Namer(parsed))
