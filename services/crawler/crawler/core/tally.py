"""The counts of one crawl."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Change = Literal["stored", "updated", "unchanged"]


@dataclass(frozen=True)
class Counts:
    """What a job reports; the fields of crawler.v1.Crawl."""

    seen: int = 0
    stored: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)


class Tally:
    """Counts each photo and each page once, by what last became of it, however often the crawl meets it."""

    def __init__(self) -> None:
        self._photos: dict[str, tuple[str, str]] = {}
        self._pages: dict[str, str] = {}

    def mark_known(self, image_id: str, change: Change) -> None:
        """Count a photo that is in the ledger."""
        self._photos[image_id] = ("known", change)

    def skip(self, image_id: str, reason: str) -> None:
        """Count a photo that is left out for what it is."""
        self._photos[image_id] = ("skipped", reason)

    def fail(self, image_id: str, reason: str) -> None:
        """Count a photo that could not be fetched."""
        self._photos[image_id] = ("failed", reason)

    def fail_page(self, address: str, reason: str) -> None:
        """Count a page, a feed or a hashtag that could not be read."""
        self._pages[address] = reason

    def counts(self) -> Counts:
        """Return the counts so far."""
        by_fate = Counter(self._photos.values())
        change = Counter(what for (where, what) in self._photos.values() if where == "known")
        failed = Counter(self._pages.values())
        for (where, what), number in by_fate.items():
            if where == "failed":
                failed[what] += number
        return Counts(
            seen=len(self._photos),
            stored=change["stored"],
            updated=change["updated"],
            unchanged=change["unchanged"],
            skipped={
                what: number for (where, what), number in by_fate.items() if where == "skipped"
            },
            failed=dict(failed),
        )
