"""Through all services: what repeats changes nothing, what is broken ends with a reason."""

from __future__ import annotations

import asyncio
from pathlib import Path

import nats
import pytest
from system.running import System, write_photos

from lookbook.draw.render import render
from lookbook.spec.sampling import sample_outfit
from lookbook.write import bad_files
from servicekit import topology
from snsfashion.crawler.v1 import crawler_pb2


@pytest.fixture(scope="module")
def crawled(system: System, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Return a finished crawl, named "once", and its folder."""
    folder = tmp_path_factory.mktemp("once")
    write_photos(folder, note="once")
    crawl_id = system.crawl(folder, "once")
    system.finish(crawl_id)
    return crawl_id, folder


def test_photos_become_outfits_trends_and_a_catalog(
    system: System, crawled: tuple[str, Path]
) -> None:
    crawl_id, folder = crawled
    counts = system.counts(crawl_id, "once", system.image_ids(folder))
    assert sum(counts["fates"].values()) == 16
    assert counts["fates"]["described"] >= 10
    assert counts["trends"]["SHOP DIMENSION_STYLE"]["trends"][0]["value"] == {
        "style": "STYLE_CASUAL"
    }
    assert any(isinstance(outfit, list) for outfit in counts["catalog"])


def test_every_message_delivered_twice_changes_no_count(
    system: System, crawled: tuple[str, Path]
) -> None:
    crawl_id, folder = crawled
    before = system.counts(crawl_id, "once", system.image_ids(folder))
    republished = asyncio.run(deliver_again(system.stack.nats_url))
    assert republished >= 3 * 16
    system.finish(crawl_id)
    assert system.counts(crawl_id, "once", system.image_ids(folder)) == before


def test_crawling_the_same_photos_again_changes_no_count(
    system: System, crawled: tuple[str, Path]
) -> None:
    crawl_id, folder = crawled
    before = system.counts(crawl_id, "once", system.image_ids(folder))
    again = system.crawl(folder, "once", request_id="again")
    system.finish(again)
    crawl = system.crawl_state(again)
    assert (crawl.seen, crawl.stored, crawl.unchanged) == (16, 0, 16)
    assert system.counts(crawl_id, "once", system.image_ids(folder)) == before


def test_bad_files_are_read_or_skipped_with_a_reason_and_the_run_goes_on(
    system: System, tmp_path: Path
) -> None:
    image = render(sample_outfit(1, "run")).image
    for kind in bad_files.KINDS:
        data, _ = bad_files.make(kind, image)
        (tmp_path / f"{kind.replace(' ', '-')}.jpg").write_bytes(data)
    crawl_id = system.crawl(tmp_path, "bad")
    system.finish(crawl_id)
    crawl = system.crawl_state(crawl_id)
    readable = sum(expected == "read" for expected in bad_files.KINDS.values())
    assert crawl.state == crawler_pb2.CRAWL_STATE_FINISHED
    assert crawl.stored == readable
    assert sum(crawl.skipped.values()) == len(bad_files.KINDS) - readable
    fates = system.counts(crawl_id, "bad", [])["fates"]
    assert sum(fates.values()) == readable
    assert "dead" not in fates


def test_an_erased_post_leaves_no_trace_in_any_count(
    system: System, crawled: tuple[str, Path], tmp_path: Path
) -> None:
    write_photos(tmp_path, note="erased")
    crawl_id = system.crawl(tmp_path, "erased")
    system.finish(crawl_id)
    ids = system.image_ids(tmp_path)
    posts = [crawler_pb2.PostRef(site="erased", post=i.rsplit(":", 1)[0]) for i in ids]
    system.crawler.ErasePosts(crawler_pb2.ErasePostsRequest(posts=posts), timeout=30)
    system.finish(crawl_id)
    asyncio.run(deliver_again(system.stack.nats_url))
    system.finish(crawl_id)
    counts = system.counts(crawl_id, "erased", ids)
    assert counts["fates"] == {"erased": 16}
    assert set(counts["catalog"]) == {"NOT_FOUND"}
    assert all("support" not in answer["basis"] for answer in counts["trends"].values())


async def deliver_again(nats_url: str) -> int:
    """Publish every message of the pipeline once more, as a broker that lost its acknowledgments would deliver it."""
    connection = await nats.connect(nats_url)
    js = connection.jetstream()
    subscription = await js.pull_subscribe("sns.>", stream=topology.PIPELINE)
    pending = total = (await subscription.consumer_info()).num_pending or 0
    while pending > 0:
        for message in await subscription.fetch(min(pending, 100), timeout=10):
            # Without Nats-Msg-Id: the broker must not be the one to notice.
            await js.publish(message.subject, message.data)
            await message.ack()
            pending -= 1
    await connection.close()
    return total
