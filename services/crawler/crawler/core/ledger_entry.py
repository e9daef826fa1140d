"""All that the ledger knows of one photo."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from crawler.core import fate
from crawler.core.fate import Facts
from snsfashion.crawler.v1.crawler_pb2 import Fate
from snsfashion.fashion.v1.fashion_pb2 import ImageRef, Provenance

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class LedgerEntry:
    """A photo in the ledger. Once its post is erased, only its identity is left."""

    image_id: str
    image: ImageRef
    provenance: Provenance
    facts: Facts = field(default_factory=Facts)
    announced: int = 0
    """Revision whose ImageCrawled the broker has acknowledged."""
    digests: tuple[bytes, ...] = ()
    """SHA-256 of all bytes that were ever stored for it, the present ones last."""
    expires_at: datetime | None = None
    stored_by: str = ""
    """The crawl that stored it first."""
    changed_by: str = ""
    """The crawl that made its present revision."""
    recorded_at: datetime = NEVER
    """When it got its present revision."""
    updated_at: datetime = NEVER
    """When its fate last changed."""

    @property
    def fate(self) -> tuple[Fate.ValueType, str]:
        """Its fate and why."""
        return fate.decide(self.facts)


def blank(entry: LedgerEntry, now: datetime) -> LedgerEntry:
    """Return what stays of an entry whose post is erased at `now`: its identity, and that it was erased."""
    return LedgerEntry(
        image_id=entry.image_id,
        image=ImageRef(),
        provenance=Provenance(),
        facts=Facts(revision=entry.facts.revision, erased=True),
        announced=entry.facts.revision,
        updated_at=now,
    )
