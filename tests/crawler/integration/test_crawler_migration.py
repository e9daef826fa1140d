"""Data of version 0.1, moved by `snsfashion-admin crawler migrate`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.admin import OLD
from crawler.core.fate import Outcome
from servicekit.errors import StartError
from servicekit.events import timestamp
from servicekit.migration import migrate
from servicekit.mongo import Document
from servicekit.photostore import Post
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.fashion.v1.fashion_pb2 import ImageRef, Product, Provenance

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def old_photo(site: str, post: str, **fields: Any) -> Document:
    """Return a photo as version 0.1 kept it."""
    image_id = f"{site}:{post}:0"
    digest = post.encode().ljust(32)
    return {
        "_id": image_id,
        "version": 3,
        "site": site,
        "post": post,
        "image": ImageRef(image_id=image_id, sha256=digest).SerializeToString(),
        "provenance": provenance(site, post).SerializeToString(),
        "author_key": "",
        "digests": [digest],
        "expires_at": None,
        "revision": 1,
        "announced": 1,
        "unannounced": False,
        "outcome": None,
        "deaths": [],
        "retried": [],
        "expired": False,
        "erased": False,
        "fate": crawler_pb2.FATE_WAITING,
        "reason": "",
        "stored_by": "a crawl",
        "changed_by": "a crawl",
        "recorded_at": NOW,
        "updated_at": NOW,
        **fields,
    }


def provenance(site: str, post: str, micros: int = 0) -> Provenance:
    return Provenance(
        site=site,
        post=post,
        kind=fashion_pb2.SOURCE_KIND_SHOP,
        posted_at=timestamp(NOW),
        date_source=fashion_pb2.DATE_SOURCE_CRAWL,
        product=Product(product_id=post, price_cents=3990, price_micros=micros, currency="EUR"),
    )


def old_tombstone(site: str, post: str, *, finished: bool, **fields: Any) -> Document:
    """Return a tombstone as version 0.1 kept it."""
    return {
        "_id": f"{site}:{post}",
        "site": site,
        "post": post,
        "erased_at": NOW,
        "digests": [],
        "image_ids": [],
        "finished": finished,
        **fields,
    }


@pytest.fixture
async def old(rig: Any, site: str) -> Document:
    """Fill the database as version 0.1 left it, and return the documents of its photos."""
    outcome = {"order": [1, 1, 2, 3], "fate": crawler_pb2.FATE_DESCRIBED, "garments": 2}
    photos = [
        old_photo(site, "waiting"),
        old_photo(
            site,
            "described",
            outcome={**outcome, "reason": ""},
            fate=crawler_pb2.FATE_DESCRIBED,
        ),
        old_photo(
            site,
            "erased",
            image=b"",
            provenance=b"",
            digests=[],
            erased=True,
            fate=crawler_pb2.FATE_ERASED,
        ),
        old_photo(site, "interrupted"),
    ]
    await rig.db["photos"].insert_many(photos)
    await rig.db["tombstones"].insert_many(
        [
            old_tombstone(site, "erased", finished=True, image_ids=[f"{site}:erased:0"]),
            old_tombstone(site, "never-seen", finished=True),
            old_tombstone(site, "interrupted", finished=False),
        ]
    )
    return {photo["post"]: photo for photo in photos}


async def test_old_data_is_refused_until_it_is_moved_and_moving_it_again_changes_nothing(
    rig: Any, old: Document
) -> None:
    with pytest.raises(StartError, match="snsfashion-admin"):
        await rig.restart()
    moved = await migrate(rig.db, OLD)
    assert (moved.photos, moved.tombstones) == (4, 3)
    moved = await migrate(rig.db, OLD)
    assert (moved.photos, moved.tombstones) == (0, 0)
    await rig.restart()


async def test_photos_keep_their_fates_and_erased_posts_stay_erased(
    rig: Any, site: str, old: Document
) -> None:
    await migrate(rig.db, OLD)
    again = await rig.restart()
    entries = await again.ledger.find(photo["_id"] for photo in old.values())
    fates = {name.split(":")[1]: entry.fate[0] for name, entry in entries.items()}
    assert fates == {
        "waiting": crawler_pb2.FATE_WAITING,
        "described": crawler_pb2.FATE_DESCRIBED,
        "erased": crawler_pb2.FATE_ERASED,
        "interrupted": crawler_pb2.FATE_ERASED,  # the start finished its erasure
    }
    described = entries[f"{site}:described:0"]
    assert described.facts.outcome == Outcome((1, 1, 2, 3), crawler_pb2.FATE_DESCRIBED, 2)
    assert (described.stored_by, described.updated_at) == ("a crawl", NOW)
    for post in ("erased", "never-seen", "interrupted"):
        assert await again.erased_posts.is_erased(Post(site, post))
    assert {event.post for event in await again.erasures_of(site)} == {"interrupted"}
    assert await again.erasure.erase([Post(site, "erased")]) == 1


async def test_a_product_that_has_not_changed_is_not_announced_again(
    rig: Any, site: str, old: Document
) -> None:
    await migrate(rig.db, OLD)
    again = await rig.restart()
    image = ImageRef.FromString(old["waiting"]["image"])
    seen = provenance(site, "waiting", micros=39_900_000)
    entry = await again.ledger.enter(image, seen, crawl_id="next", expires_at=None)
    assert (entry.facts.revision, entry.changed_by) == (1, "a crawl")
    assert entry.provenance.product.price_micros == 39_900_000
