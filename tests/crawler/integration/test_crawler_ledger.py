"""The ledger on the real database."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from crawler.core.fate import Death, Outcome
from crawler.storage.ledger import Ledger
from servicekit.events import timestamp
from servicekit.photostore import PhotoStore, Post
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.fashion.v1.fashion_pb2 import ImageRef, Provenance

ID = "s:p:0"
DESCRIBED = Outcome((1, 1, 1, 1), crawler_pb2.FATE_DESCRIBED, 2)
NEWER_REJECTION = Outcome((1, 2, 0, 0), crawler_pb2.FATE_REJECTED, reason="no")
LOST = Death("d", "trends", "boom", 1)


async def see(ledger: Ledger, *tags: str, image_id: str = ID, crawl: str = "c") -> Any:
    site, post, _ = image_id.split(":")
    return await ledger.enter(
        ImageRef(image_id=image_id, sha256=b"1" * 32),
        Provenance(
            site=site,
            post=post,
            kind=fashion_pb2.SOURCE_KIND_SOCIAL,
            hashtags=tags,
            posted_at=timestamp(datetime(2026, 11, 1, tzinfo=UTC)),
            date_source=fashion_pb2.DATE_SOURCE_STATED,
        ),
        crawl_id=crawl,
        expires_at=None,
    )


async def test_the_revision_grows_with_real_changes_only(rig: Any) -> None:
    revisions = [
        (await see(rig.ledger, *tags)).facts.revision
        for tags in (("a",), ("a",), ("a", "b"), ("b",), ("c",))
    ]
    assert revisions == [1, 1, 2, 2, 3]


async def test_writers_at_once_lose_nothing(rig: Any) -> None:
    ledgers = [Ledger(PhotoStore(rig.db), rig.clock) for _ in range(2)]
    tags = [f"tag{number}" for number in range(8)]
    await asyncio.gather(
        *(see(ledger, tag) for ledger, tag in zip(itertools.cycle(ledgers), tags, strict=False)),
        ledgers[0].enter_outcomes([(ID, DESCRIBED)]),
        ledgers[1].enter_deaths([(ID, LOST)]),
    )
    # What came before the photo's first sighting was about nothing known: it is delivered again.
    await ledgers[0].enter_outcomes([(ID, DESCRIBED)])
    await ledgers[1].enter_deaths([(ID, LOST)])
    record = (await rig.ledger.find([ID]))[ID]
    assert list(record.provenance.hashtags) == tags
    assert record.facts.revision == 8
    assert record.facts.outcome == DESCRIBED
    assert record.facts.deaths == {LOST}


async def test_the_fate_is_the_same_in_any_order_of_events(rig: Any) -> None:
    steps: list[Callable[[Ledger, str], Awaitable[None]]] = [
        lambda ledger, image: ledger.enter_outcomes([(image, DESCRIBED)]),
        lambda ledger, image: ledger.enter_outcomes([(image, NEWER_REJECTION)]),
        lambda ledger, image: ledger.enter_deaths([(image, LOST)]),
        lambda ledger, image: ledger.mark_retried(image, LOST.event_id),
    ]
    fates = set()
    for number, order in enumerate(itertools.permutations(steps)):
        image_id = f"s:{number}:0"
        await see(rig.ledger, image_id=image_id)
        for step in (*order, order[0]):
            await step(rig.ledger, image_id)
        fates.add((await rig.ledger.find([image_id]))[image_id].fate)
    assert fates == {(crawler_pb2.FATE_REJECTED, "no")}
    assert await rig.ledger.count() == {crawler_pb2.FATE_REJECTED: 24}


async def test_events_about_unknown_photos_leave_no_record(rig: Any) -> None:
    await rig.ledger.enter_outcomes([(ID, DESCRIBED)])
    await rig.ledger.enter_deaths([(ID, LOST)])
    assert await rig.ledger.find([ID]) == {}


async def test_the_time_of_a_fate_is_that_of_its_last_change(rig: Any) -> None:
    await see(rig.ledger)
    rig.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    await rig.ledger.enter_outcomes([(ID, DESCRIBED)])
    rig.clock.now = datetime(2026, 12, 2, tzinfo=UTC)
    await rig.ledger.enter_outcomes([(ID, DESCRIBED)])
    assert (await rig.ledger.find([ID]))[ID].updated_at == datetime(2026, 12, 1, tzinfo=UTC)


async def test_fates_are_counted_for_all_and_for_given_photos(rig: Any) -> None:
    for number in range(3):
        await see(rig.ledger, image_id=f"s:{number}:0")
    await rig.ledger.enter_outcomes([("s:0:0", DESCRIBED)])
    waiting, described = crawler_pb2.FATE_WAITING, crawler_pb2.FATE_DESCRIBED
    assert await rig.ledger.count() == {waiting: 2, described: 1}
    assert await rig.ledger.count(["s:0:0", "s:1:0", "s:9:0"]) == {waiting: 1, described: 1}


async def test_a_post_that_is_erased_gets_no_entry(rig: Any) -> None:
    await see(rig.ledger)
    for post in (Post("s", "p"), Post("s", "other")):
        await rig.erased_posts.erase(post)
    assert await see(rig.ledger) is None
    assert await see(rig.ledger, image_id="s:p:1") is None
    assert await see(rig.ledger, image_id="s:other:0") is None
    assert await rig.ledger.count() == {crawler_pb2.FATE_ERASED: 1}


async def test_whichever_of_a_sighting_and_an_erasure_comes_first_nothing_is_left(rig: Any) -> None:
    ledger = Ledger(PhotoStore(rig.db), rig.clock)  # another process
    for number in range(10):
        post = Post("s", f"{number}")
        await asyncio.gather(
            see(ledger, "a", image_id=f"s:{number}:0"),
            rig.erased_posts.erase(post),
            see(ledger, "b", image_id=f"s:{number}:0"),
        )
    assert set(await rig.ledger.count()) <= {crawler_pb2.FATE_ERASED}


async def test_a_sighting_that_changes_nothing_writes_nothing(rig: Any) -> None:
    await see(rig.ledger, "a")
    head = await PhotoStore(rig.db).read_head()
    await see(rig.ledger, "a")
    assert await PhotoStore(rig.db).read_head() == head
