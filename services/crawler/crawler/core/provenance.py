"""What a new sighting of a photo adds to what is known of it."""

from __future__ import annotations

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.fashion.v1.fashion_pb2 import Provenance


def merge(known: Provenance, seen: Provenance) -> Provenance:
    """Return `known` after a sighting. Applying one sighting twice changes nothing more.

    Hashtags are united. The better kind of date stays; of equal kinds the newer statement, except that the day of the
    first crawl stays. The first author key stays, or a new key would make a new person of its author. What a shop says
    of its product is true from the last sighting on; a style that it no longer states stays.
    """
    merged = Provenance()
    merged.CopyFrom(known)
    del merged.hashtags[:]
    merged.hashtags.extend(sorted({*known.hashtags, *seen.hashtags}))
    merged.author_key = known.author_key or seen.author_key
    merged.kind = seen.kind
    merged.style = seen.style or known.style
    merged.page = seen.page
    if seen.HasField("product"):
        merged.product.CopyFrom(seen.product)
    # DateSource is ordered, the best first.
    same_statement = (
        seen.date_source == known.date_source and seen.date_source != fashion_pb2.DATE_SOURCE_CRAWL
    )
    if seen.date_source < known.date_source or same_statement:
        merged.posted_at.CopyFrom(seen.posted_at)
        merged.date_source = seen.date_source
    return merged
