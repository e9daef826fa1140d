"""`snsfashion-admin crawler`: moving data of version 0.1."""

from __future__ import annotations

import click

from servicekit.admin import migration
from servicekit.migration import Old
from servicekit.mongo import Document
from servicekit.photostore import Post
from snsfashion.fashion.v1.fashion_pb2 import Provenance

_MICROS_IN_A_CENT = 10_000


@click.group("crawler")
def commands() -> None:
    """Move data of version 0.1."""


def _photo(old: Document) -> Document:
    """Return the new document of a photo. Its outcome's tuple becomes `order`; micros are added to a price in cents.

    Without the micros the next sighting of each product would count as a change of its price.
    """
    new = {name: value for name, value in old.items() if name != "version"}
    outcome = new["outcome"] and dict(new["outcome"])
    new["order"] = outcome.pop("order") if outcome else [new["revision"], 0, 0, 0]
    new["outcome"] = outcome
    provenance = Provenance.FromString(new["provenance"])
    if provenance.product.price_cents and not provenance.product.price_micros:
        provenance.product.price_micros = provenance.product.price_cents * _MICROS_IN_A_CENT
        new["provenance"] = provenance.SerializeToString()
    return new


def _tombstone(old: Document) -> tuple[Post, Document]:
    kept = {name: old[name] for name in ("erased_at", "digests", "finished")}
    return Post(old["site"], old["post"]), kept


OLD = Old(photos="photos", tombstones="tombstones", photo=_photo, tombstone=_tombstone)
"""`photos` in place, {version, outcome: {order, ...}, ...} and no seq; `tombstones` {_id: "<site>:<post>", ...}."""

commands.add_command(migration("crawler", OLD))
