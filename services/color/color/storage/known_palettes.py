"""The palettes that this replica knows: those of the database, at most about a second late."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

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
    """A palette with what is stored of it, ready to name colors."""

    stored: StoredPalette
    palette: Palette
    namer: Namer

    @property
    def version(self) -> str:
        """Its version."""
        return self.stored.version

    @property
    def number(self) -> int:
        """The number of its last activation; 0 if it was never active."""
        return self.stored.number

    @property
    def generation(self) -> int:
        """The generation of what the current method measures and this palette names; 0 if it was never active."""
        return generation.join(self.number) if self.number else 0


class KnownPalettes(Follower[int]):
    """All palettes that were ever active; colors are named by the active one. The database's version is its number."""

    def __init__(self, history: PaletteHistory) -> None:
        super().__init__(version=0)
        self._history = history
        # In the order in which they were last activated.
        self._known: Mapping[str, NumberedPalette] = {}
        # The palettes that were never active, as far as somebody has asked for them.
        self._inactive: Mapping[str, NumberedPalette] = {}

    async def load(self) -> None:
        """Add the packaged palette, which names unless a company has chosen one, and read all palettes."""
        await self._history.put(palette.PACKAGED, palette.packaged_csv(), packaged=True)
        await self.refresh()

    @property
    def active(self) -> NumberedPalette:
        """The palette that names colors. Only after `load`."""
        return self.all[-1]

    @property
    def all(self) -> tuple[NumberedPalette, ...]:
        """All palettes that were ever active, in the order in which they were last activated."""
        return tuple(self._known.values())

    async def get(self, version: str) -> NumberedPalette:
        """Return a palette by its version, or the active one if that is "". Raise NotFound, which lists those that exist."""
        if not version:
            return self.active
        if version in self._known:
            return self._known[version]
        # Another replica may just have added it.
        inactive = {known.version: known for known in await self.find_inactive()}
        await self.refresh()
        if version in self._known:
            return self._known[version]
        if version in inactive:
            return inactive[version]
        exist = ", ".join([*inactive, *self._known])
        raise NotFound(f"no palette {version!r}; these exist: {exist}")

    async def find_inactive(self) -> list[NumberedPalette]:
        """Return the palettes that were never active, by version."""
        stored = await self._history.find_inactive()
        known = self._inactive
        self._inactive = {
            one.version: known[one.version]
            if one.version in known
            else await asyncio.to_thread(_ready, one)
            for one in stored
        }
        return list(self._inactive.values())

    async def put(self, version: str, csv: str, *, keep_inactive: bool = False) -> NumberedPalette:
        """Add a palette, and activate it unless it is kept inactive. Raise BadPalette or VersionTaken."""
        palette.check_size(await asyncio.to_thread(palette.parse, csv))
        await self._history.put(version, csv, keep_inactive=keep_inactive)
        await self.refresh()
        return await self.get(version)

    async def activate(self, version: str) -> tuple[NumberedPalette, str]:
        """Name by a stored palette from now on. Return it and the version that was active before. Raise NotFound."""
        await self.get(version)
        before = await self._history.activate(version)
        await self.refresh()
        return await self.get(version), before

    async def _read_version(self) -> int:
        return await self._history.read_newest()

    async def _catch_up(self, newest: int) -> int:
        activated = await self._history.find_after(self._version)
        known = dict(self._known)
        for stored in activated:
            before = known.pop(stored.version, None)
            known[stored.version] = (
                replace(before, stored=stored)
                if before
                else await asyncio.to_thread(_ready, stored)
            )
        # All at once: a caller that is canceled meanwhile must not leave some that are added again later.
        self._known = known
        for stored in activated:
            _log.info("palette", version=stored.version, number=stored.number)
        return self.active.number


def _ready(stored: StoredPalette) -> NumberedPalette:
    parsed = palette.parse(stored.csv)
    return NumberedPalette(stored, parsed, Namer(parsed))
