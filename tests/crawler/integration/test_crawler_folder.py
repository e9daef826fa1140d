"""Crawls of photos on disk."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import nats
import numpy as np
import pytest
from PIL import Image

from crawler.storage.jobs import MAX_STARTS
from lookbook.write import bad_files
from servicekit.consumer import publish
from servicekit.events import Publication
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.crawler.v1.crawler_pb2 import FolderSource, StartCrawlRequest
from snsfashion.fashion.v1 import fashion_pb2

PIXELS = np.random.default_rng(7).integers(0, 255, (60, 40, 3)).astype(np.uint8)


def jpeg(number: int = 0, taken_at: str = "") -> bytes:
    """Return a JPEG unlike those of other numbers."""
    pixels = np.random.default_rng(number).integers(0, 255, (60, 40, 3)).astype(np.uint8)
    exif = Image.Exif()
    if taken_at:
        exif.get_ifd(0x8769)[0x9003] = taken_at
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make an empty folder for photos."""
    path = tmp_path / "photos"
    path.mkdir()
    return path


def request(folder: Path, site: str, **more: Any) -> StartCrawlRequest:
    return StartCrawlRequest(folder=FolderSource(path=str(folder), site=site, **more))


async def test_each_bad_file_is_counted_with_its_reason(rig: Any, folder: Path, site: str) -> None:
    reasons = {
        "text_named_jpg": "not_an_image",
        "truncated_jpeg": "truncated",
        "png_bomb": "too_many_pixels",
        "empty": "empty",
        "animated_gif": "animation",
    }
    for kind in bad_files.KINDS:
        data, _ = bad_files.make(kind, PIXELS)
        (folder / f"{kind}.jpg").write_bytes(data)
    (folder / "tiny.png").write_bytes(_png(np.zeros((31, 40, 3), np.uint8)))
    (folder / "large.jpg").write_bytes(jpeg() + bytes(20_000_001))
    (folder / "notes.txt").write_text("neither a photo nor called one")
    crawl = await rig.crawl(request(folder, site))
    assert crawl.state == crawler_pb2.CRAWL_STATE_FINISHED
    assert dict(crawl.skipped) == {
        **dict.fromkeys(reasons.values(), 1),
        "too_small": 1,
        "too_large": 1,
    }
    read = {kind for kind in bad_files.KINDS if kind not in reasons}
    records = await rig.ledger.find(f"{site}:{kind}.jpg:0" for kind in read)
    assert len(records) == crawl.stored == len(read) == 3
    sizes = {name.split(":")[1]: (r.image.width, r.image.height) for name, r in records.items()}
    assert sizes == {f"{kind}.jpg": (40, 60) for kind in read}
    assert records[f"{site}:png_16_bit.jpg:0"].image.media_type == "image/png"


def _png(pixels: Any) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


async def test_a_folder_named_after_a_style_is_the_shop_s(
    rig: Any, folder: Path, site: str
) -> None:
    for number, name in enumerate(("Street/coats/a.jpg", "others/b.jpg", "c.jpg")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(jpeg(number))
    await rig.crawl(request(folder, site))
    kinds = {
        event.provenance.post: (event.provenance.kind, event.provenance.style)
        for event in await rig.published(site=site)
    }
    social = (fashion_pb2.SOURCE_KIND_SOCIAL, fashion_pb2.STYLE_UNSPECIFIED)
    assert kinds == {
        "Street/coats/a.jpg": (fashion_pb2.SOURCE_KIND_SHOP, fashion_pb2.STYLE_STREET),
        "others/b.jpg": social,
        "c.jpg": social,
    }


async def test_dates_come_from_exif_then_the_csv_then_the_day_of_the_crawl(
    rig: Any, folder: Path, site: str, tmp_path: Path
) -> None:
    (folder / "exif.jpg").write_bytes(jpeg(1, "2026:11:01 10:00:00"))
    (folder / "csv.jpg").write_bytes(jpeg(2))
    (folder / "none.jpg").write_bytes(jpeg(3))
    table = tmp_path / "t.csv"
    table.write_text(
        "image,posted_at\nexif.jpg,2026-10-01\ncsv.jpg,2026-10-02T08:00:00+09:00\nnone.jpg,\n"
    )
    await rig.crawl(request(folder, site, csv=str(table)))
    dates = {
        event.provenance.post: (
            event.provenance.posted_at.ToDatetime(UTC),
            event.provenance.date_source,
        )
        for event in await rig.published(site=site)
    }
    assert dates == {
        "exif.jpg": (datetime(2026, 11, 1, 10, tzinfo=UTC), fashion_pb2.DATE_SOURCE_EXIF),
        "csv.jpg": (datetime(2026, 10, 1, 23, tzinfo=UTC), fashion_pb2.DATE_SOURCE_CSV),
        "none.jpg": (datetime(2026, 11, 23, tzinfo=UTC), fashion_pb2.DATE_SOURCE_CRAWL),
    }
    # Crawled again a day later, no date changes.
    rig.clock.now += timedelta(days=1)
    assert (await rig.crawl(request(folder, site, csv=str(table)))).unchanged == 3


async def test_the_notebooks_names_give_authors_as_keys_only(
    rig: Any, folder: Path, site: str, tmp_path: Path
) -> None:
    names = ["anna_kim_B1_0.jpg", "anna_kim_B1_1.jpg", "berta_B2_0.jpg"]
    for number, name in enumerate(names):
        (folder / name).write_bytes(jpeg(number))
    table = tmp_path / "isImage.csv"
    table.write_text("image_name,isImage\n" + "".join(f"{name},1\n" for name in names))
    await rig.crawl(request(folder, site, csv=str(table)))
    events = await rig.published(site=site)
    keys = rig.shared.authors
    assert {e.provenance.author_key for e in events} == {
        keys.newest(site, "anna_kim"),
        keys.newest(site, "berta"),
    }
    assert len({e.provenance.post for e in events}) == 2
    kept = [str(document) async for document in rig.db["photos"].find()] + [str(e) for e in events]
    assert "anna" not in "".join(kept)


async def test_every_photo_is_announced_exactly_once_however_often_it_is_crawled(
    rig: Any, folder: Path, site: str
) -> None:
    for number in range(60):
        (folder / f"{number:03}.jpg").write_bytes(jpeg(number))
    for _ in range(2):
        await rig.crawl(request(folder, site))
    events = await rig.published(site=site)
    assert len(events) == 60
    assert len({event.event_id for event in events}) == 60
    stored = await rig.blobs.keys("photos")
    assert set(stored) == {event.image.key for event in events}


async def test_a_photo_that_was_never_acknowledged_is_announced_at_the_next_sighting(
    rig: Any, folder: Path, site: str
) -> None:
    (folder / "a.jpg").write_bytes(jpeg())
    await _crawl_without_broker(rig, request(folder, site))
    assert await rig.published(site=site) == []
    again = await rig.restart()
    crawl = await again.crawl(request(folder, site))
    assert crawl.unchanged == 1
    assert len(await rig.published(site=site)) == 1


async def test_a_photo_that_was_never_acknowledged_is_announced_by_the_sweep(
    rig: Any, folder: Path, site: str
) -> None:
    (folder / "a.jpg").write_bytes(jpeg())
    await _crawl_without_broker(rig, request(folder, site))
    again = await rig.restart()
    assert await again.announcer.sweep() == 0  # it may still be on its way
    rig.clock.now += timedelta(minutes=2)
    assert await again.announcer.sweep() == 1
    assert await again.announcer.sweep() == 0
    assert len(await rig.published(site=site)) == 1


async def _crawl_without_broker(rig: Any, crawl: StartCrawlRequest) -> None:
    """Crawl without a connection to the broker."""
    lost = await nats.connect(rig.js._nc.connected_url.geturl())
    rig.publish = partial(publish, lost.jetstream())
    await lost.close()
    assert (await rig.crawl(crawl)).stored == 1


async def test_the_counts_of_a_crawl_that_was_killed_and_ran_again_are_those_of_one_run(
    rig: Any, folder: Path, site: str
) -> None:
    for number in range(5):
        (folder / f"{number}.jpg").write_bytes(jpeg(number))
    started = (await rig.ask(rig.service.StartCrawl, request(folder, site))).crawl
    job = await rig.jobs.take()
    await rig.scheduler.run_job(job)
    # As if the process had died before it could note the end.
    await rig.db["crawls"].update_one(
        {"_id": started.crawl_id}, {"$set": {"state": crawler_pb2.CRAWL_STATE_RUNNING}}
    )
    again = await rig.restart()
    await again.jobs.requeue_running()
    await again.scheduler.run_job(await again.jobs.take())
    ended = await again.jobs.find(started.crawl_id)
    assert (ended.state, ended.seen, ended.stored) == (crawler_pb2.CRAWL_STATE_FINISHED, 5, 5)
    assert len(await rig.jobs.find_photos(started.crawl_id)) == 5


async def test_a_canceled_crawl_says_so(rig: Any, folder: Path, site: str) -> None:
    (folder / "a.jpg").write_bytes(jpeg())
    queued = (await rig.ask(rig.service.StartCrawl, request(folder, site))).crawl
    await rig.scheduler.cancel(queued.crawl_id)
    ended = await rig.jobs.find(queued.crawl_id)
    assert ended.state == crawler_pb2.CRAWL_STATE_CANCELLED
    assert await rig.jobs.take() is None


async def test_a_running_crawl_stops_when_it_is_canceled(rig: Any, folder: Path, site: str) -> None:
    for number in range(60):
        (folder / f"{number:02}.jpg").write_bytes(jpeg(number))
    publish_ = rig.publish

    async def cancel_and_publish(publication: Publication[Any]) -> None:
        """Cancel as soon as the first photo is announced."""
        (crawl,), _ = await rig.jobs.find_page(1, "")
        await rig.scheduler.cancel(crawl.crawl_id)
        await publish_(publication)

    rig.publish = cancel_and_publish
    ended = await rig.crawl(request(folder, site))
    assert ended.state == crawler_pb2.CRAWL_STATE_CANCELLED
    assert 0 < ended.stored < 60
    assert len(await rig.published(site=site)) == ended.stored


async def test_a_crawl_that_kills_the_service_again_and_again_is_given_up(
    rig: Any, folder: Path, site: str
) -> None:
    started = (await rig.ask(rig.service.StartCrawl, request(folder, site))).crawl
    for _ in range(MAX_STARTS):
        assert await rig.jobs.take() is not None
        await rig.jobs.requeue_running()
    assert await rig.jobs.take() is None
    ended = await rig.jobs.find(started.crawl_id)
    assert ended.state == crawler_pb2.CRAWL_STATE_FAILED
    assert ended.error == "the crawler died 10 times while this ran"


async def test_the_same_request_id_starts_no_second_crawl(
    rig: Any, folder: Path, site: str
) -> None:
    first = request(folder, site)
    first.request_id = "monday"
    one = (await rig.ask(rig.service.StartCrawl, first)).crawl
    two = (await rig.ask(rig.service.StartCrawl, first)).crawl
    other = (await rig.ask(rig.service.StartCrawl, request(folder, site))).crawl
    assert one.crawl_id == two.crawl_id != other.crawl_id


async def test_a_folder_that_vanished_fails_the_crawl_with_a_reason(
    rig: Any, folder: Path, site: str
) -> None:
    await rig.ask(rig.service.StartCrawl, request(folder, site))
    shutil.move(folder, folder.with_name("moved"))
    job = await rig.jobs.take()
    await rig.scheduler.run_job(job)
    ended = await rig.jobs.find(job.crawl_id)
    assert ended.state == crawler_pb2.CRAWL_STATE_FAILED
    assert "No such file" in ended.error
