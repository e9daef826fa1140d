"""One line of the ledger, and its shape in MongoDB."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crawler.core import fate
from crawler.core.fate import Death, Facts, Outcome
from snsfashion.crawler.v1.crawler_pb2 import Fate
from snsfashion.fashion.v1.fashion_pb2 import ImageRef, Provenance

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """One line of the ledger. Once erased, only its identity is left."""

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
    version: int = 0
    """Number of the write: a writer replaces only what it has read."""

    @property
    def fate(self) -> tuple[Fate.ValueType, str]:
        """Its fate and why."""
        return fate.decide(self.facts)


def to_document(record: Record) -> dict[str, Any]:
    """The record as MongoDB keeps it. Messages are kept as bytes; what is searched by stands beside them."""
    facts, outcome = record.facts, record.facts.outcome
    now, reason = record.fate
    site, post, _ = record.image_id.split(":")
    return {
        "_id": record.image_id,
        "version": record.version,
        "site": site,
        "post": post,
        "image": record.image.SerializeToString(),
        "provenance": record.provenance.SerializeToString(),
        "author_key": record.provenance.author_key,
        "digests": list(record.digests),
        # Set only while there are bytes to delete.
        "expires_at": None if facts.expired else record.expires_at,
        "revision": facts.revision,
        "announced": record.announced,
        "unannounced": record.announced < facts.revision and not facts.expired,
        "outcome": outcome
        and {
            "order": list(outcome.order),
            "fate": outcome.fate,
            "garments": outcome.garments,
            "reason": outcome.reason,
        },
        "deaths": [
            {
                "event_id": death.event_id,
                "service": death.service,
                "reason": death.reason,
                "provenance": death.provenance,
            }
            for death in sorted(facts.deaths)
        ],
        "retried": sorted(facts.retried),
        "expired": facts.expired,
        "erased": facts.erased,
        "fate": now,
        "reason": reason,
        "stored_by": record.stored_by,
        "changed_by": record.changed_by,
        "recorded_at": record.recorded_at,
        "updated_at": record.updated_at,
    }


def from_document(document: dict[str, Any]) -> Record:
    """The reverse of `to_document`."""
    outcome = document["outcome"]
    return Record(
        image_id=document["_id"],
        image=ImageRef.FromString(document["image"]),
        provenance=Provenance.FromString(document["provenance"]),
        facts=Facts(
            revision=document["revision"],
            outcome=outcome
            and Outcome(
                tuple(outcome["order"]), outcome["fate"], outcome["garments"], outcome["reason"]
            ),
            deaths=frozenset(Death(**death) for death in document["deaths"]),
            retried=frozenset(document["retried"]),
            expired=document["expired"],
            erased=document["erased"],
        ),
        announced=document["announced"],
        digests=tuple(bytes(digest) for digest in document["digests"]),
        expires_at=document["expires_at"],
        stored_by=document["stored_by"],
        changed_by=document["changed_by"],
        recorded_at=document["recorded_at"],
        updated_at=document["updated_at"],
        version=document["version"],
    )
