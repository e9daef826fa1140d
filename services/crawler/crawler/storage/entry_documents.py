"""The shape of a ledger entry in MongoDB: messages as bytes, and the fields that are searched."""

from __future__ import annotations

from crawler.core.fate import Death, Facts, Outcome
from crawler.core.ledger_entry import LedgerEntry
from servicekit.mongo import Document
from servicekit.photostore import order_of
from snsfashion.fashion.v1.fashion_pb2 import ImageRef, Provenance


def to_document(entry: LedgerEntry) -> Document:
    """Return the document of an entry. `order` is the tuple of its outcome, or before there is one that of ImageCrawled."""
    facts, outcome = entry.facts, entry.facts.outcome
    fate, reason = entry.fate
    site, post, _ = entry.image_id.split(":")
    return {
        "_id": entry.image_id,
        "site": site,
        "post": post,
        "order": list(outcome.order) if outcome else [facts.revision, 0, 0, 0],
        "image": entry.image.SerializeToString(),
        "provenance": entry.provenance.SerializeToString(),
        "author_key": entry.provenance.author_key,
        "digests": list(entry.digests),
        # Set only while there are bytes to delete.
        "expires_at": None if facts.expired else entry.expires_at,
        "revision": facts.revision,
        "announced": entry.announced,
        "unannounced": entry.announced < facts.revision and not facts.expired,
        "outcome": outcome
        and {"fate": outcome.fate, "garments": outcome.garments, "reason": outcome.reason},
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
        "fate": fate,
        "reason": reason,
        "stored_by": entry.stored_by,
        "changed_by": entry.changed_by,
        "recorded_at": entry.recorded_at,
        "updated_at": entry.updated_at,
    }


def from_document(document: Document) -> LedgerEntry:
    """Return the entry of a document."""
    order, outcome = order_of(document), document["outcome"]
    return LedgerEntry(
        image_id=document["_id"],
        image=ImageRef.FromString(document["image"]),
        provenance=Provenance.FromString(document["provenance"]),
        facts=Facts(
            revision=document["revision"],
            outcome=Outcome(order, outcome["fate"], outcome["garments"], outcome["reason"])
            if order and outcome
            else None,
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
    )
