"""Erasure and expiry: what is forgotten stays forgotten, and what others need stays."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import SecretStr

from crawler.core.fate import Outcome
from crawler.crawling.pipelines import StorePhoto
from servicekit.errors import FailedPrecondition
from servicekit.events import Publication
from servicekit.photostore import Post
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.crawler.v1.crawler_pb2 import (
    Crawl,
    ErasePostsRequest,
    ErasePostsResponse,
    FolderSource,
    GetFateRequest,
    PostRef,
    StartCrawlRequest,
)

DESCRIBED = Outcome((1, 1, 1, 1), crawler_pb2.FATE_DESCRIBED, 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two posts with photos of their own, and two that share one."""
    path = tmp_path / "photos"
    path.mkdir()
    for number, name in enumerate(("one.png", "two.png", "shared.png", "repost.png")):
        pixels = np.full((40, 40, 3), min(number, 2) * 60, np.uint8)
        Image.fromarray(pixels).save(path / name)
    return path


async def crawl(rig: Any, folder: Path, site: str, csv: str = "") -> Crawl:
    source = FolderSource(path=str(folder), site=site, csv=csv)
    result = await rig.crawl(StartCrawlRequest(folder=source))
    assert isinstance(result, Crawl)
    return result


async def erase(rig: Any, site: str, *posts: str) -> ErasePostsResponse:
    refs = [PostRef(site=site, post=post) for post in posts]
    response = await rig.ask(rig.service.ErasePosts, ErasePostsRequest(posts=refs))
    assert isinstance(response, ErasePostsResponse)
    return response


async def fate(rig: Any, site: str, post: str) -> Any:
    request = GetFateRequest(image_id=f"{site}:{post}:0")
    return (await rig.ask(rig.service.GetFate, request)).record


async def test_an_erased_post_leaves_no_photo_and_no_detail(
    rig: Any, folder: Path, site: str
) -> None:
    await crawl(rig, folder, site)
    before = await fate(rig, site, "one.png")
    response = await erase(rig, site, "one.png")
    assert (response.posts, response.photos) == (1, 1)
    after = await fate(rig, site, "one.png")
    assert after.fate == crawler_pb2.FATE_ERASED
    assert not after.HasField("image")
    assert not after.HasField("provenance")
    assert before.image.key not in await rig.blobs.keys("photos")
    (event,) = await rig.erasures_of(site)
    assert (event.post, list(event.sha256)) == ("one.png", [before.image.sha256])
    assert (await fate(rig, site, "two.png")).fate == crawler_pb2.FATE_WAITING


async def test_an_erasure_is_announced_only_after_the_bytes_are_gone(
    rig: Any, folder: Path, site: str
) -> None:
    await crawl(rig, folder, site)
    image = (await fate(rig, site, "one.png")).image
    publish = rig.publish
    there: list[bool] = []

    async def watch_and_publish(publication: Publication[Any]) -> None:
        there.append(await rig.photo_bytes.has(image.sha256))
        await publish(publication)

    rig.publish = watch_and_publish
    await erase(rig, site, "one.png")
    assert there == [False]
    assert len(await rig.erasures_of(site)) == 1


async def test_bytes_that_two_posts_share_go_with_the_last_of_them(
    rig: Any, folder: Path, site: str
) -> None:
    await crawl(rig, folder, site)
    image = (await fate(rig, site, "shared.png")).image
    await erase(rig, site, "shared.png")
    assert await rig.photo_bytes.has(image.sha256)
    await erase(rig, site, "repost.png")
    assert not await rig.photo_bytes.has(image.sha256)
    digests = {event.post: list(event.sha256) for event in await rig.erasures_of(site)}
    assert digests == {"shared.png": [], "repost.png": [image.sha256]}


async def test_erasing_again_changes_nothing(rig: Any, folder: Path, site: str) -> None:
    await crawl(rig, folder, site)
    responses = [await erase(rig, site, "one.png", "never-seen.png") for _ in range(2)]
    assert responses[0] == responses[1]
    assert (responses[0].posts, responses[0].photos) == (2, 1)
    assert len({event.event_id for event in await rig.erasures_of(site)}) == 2


async def test_an_erased_post_is_not_crawled_again_even_if_it_was_never_seen(
    rig: Any, folder: Path, site: str
) -> None:
    await erase(rig, site, "one.png")
    await crawl(rig, folder, site)
    await erase(rig, site, "two.png")
    again = await crawl(rig, folder, site)
    assert dict(again.skipped) == {"erased": 2}
    assert again.unchanged == 2
    assert "one.png" not in {event.provenance.post for event in await rig.published(site=site)}


async def test_late_events_do_not_bring_an_erased_photo_back(
    rig: Any, folder: Path, site: str
) -> None:
    await crawl(rig, folder, site)
    await erase(rig, site, "one.png")
    await rig.ledger.enter_outcomes([(f"{site}:one.png:0", DESCRIBED)])
    assert (await fate(rig, site, "one.png")).fate == crawler_pb2.FATE_ERASED


async def test_a_handle_s_posts_are_found_under_every_key_that_is_kept(
    rig: Any, folder: Path, site: str, tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("image,author\none.png,anna\ntwo.png,anna\nshared.png,berta\n")
    old = await rig.restart(author_keys=SecretStr(f"old:{'cd' * 32}"))
    await crawl(old, folder, site, str(table))
    request = ErasePostsRequest(author_handle="@Anna", author_site=site)
    response = await rig.ask(rig.service.ErasePosts, request)
    assert (response.posts, response.photos) == (2, 2)
    assert {event.post for event in await rig.erasures_of(site)} == {"one.png", "two.png"}


async def test_erasing_by_handle_needs_keys(rig: Any, site: str) -> None:
    keyless = await rig.restart(author_keys=SecretStr(""))
    with pytest.raises(FailedPrecondition, match="AUTHOR_KEYS"):
        await keyless.ask(
            keyless.service.ErasePosts,
            ErasePostsRequest(author_handle="anna", author_site=site),
        )


@pytest.mark.parametrize("step", ["release", "publish", "mark_finished"])
async def test_an_erasure_that_a_crash_interrupted_is_finished_at_the_start(
    rig: Any, folder: Path, site: str, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    await crawl(rig, folder, site)
    image = (await fate(rig, site, "one.png")).image

    async def crash(*_: object) -> None:
        raise KeyboardInterrupt

    owner = {"release": rig.photo_bytes, "publish": rig, "mark_finished": rig.erased_posts}[step]
    monkeypatch.setattr(owner, step, crash)
    with pytest.raises(KeyboardInterrupt):
        await rig.erasure.erase([Post(site, "one.png")])
    again = await rig.restart()
    assert (await fate(again, site, "one.png")).fate == crawler_pb2.FATE_ERASED
    assert not await again.photo_bytes.has(image.sha256)
    assert {tuple(e.sha256) for e in await again.erasures_of(site)} == {(image.sha256,)}


async def test_a_post_that_is_erased_while_it_is_fetched_is_not_kept(
    rig: Any, folder: Path, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_erased = rig.erased_posts.is_erased

    async def look_and_erase(post: Post) -> bool:
        """Erase the post between the crawl's first look and its entry in the ledger."""
        erased = await is_erased(post)
        if post.post == "one.png":
            await rig.erasure.erase([post])
        return bool(erased)

    monkeypatch.setattr(rig.erased_posts, "is_erased", look_and_erase)
    ended = await crawl(rig, folder, site)
    assert dict(ended.skipped) == {"erased": 1}
    assert await rig.ledger.find([f"{site}:one.png:0"]) == {}
    assert len(await rig.blobs.keys("photos")) == 2
    assert "one.png" not in {event.provenance.post for event in await rig.published(site=site)}


async def test_a_post_that_is_erased_before_its_bytes_are_stored_is_not_kept(
    rig: Any, folder: Path, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = rig.photo_bytes.store

    async def erase_and_store(digest: bytes, data: bytes, image_id: str) -> bool:
        if image_id == f"{site}:one.png:0":
            await rig.erasure.erase([Post(site, "one.png")])
        return bool(await store(digest, data, image_id))

    monkeypatch.setattr(rig.photo_bytes, "store", erase_and_store)
    ended = await crawl(rig, folder, site)
    assert dict(ended.skipped) == {"erased": 1}
    assert (await fate(rig, site, "one.png")).fate == crawler_pb2.FATE_ERASED
    assert len(await rig.blobs.keys("photos")) == 2
    assert "one.png" not in {event.provenance.post for event in await rig.published(site=site)}


async def test_social_photos_expire_and_what_was_found_in_them_stays(
    rig: Any, folder: Path, site: str
) -> None:
    await crawl(rig, folder, site)
    await rig.ledger.enter_outcomes([(f"{site}:one.png:0", DESCRIBED)])
    rig.clock.now += timedelta(days=29, hours=23)
    assert await rig.expiry.sweep() == 0
    rig.clock.now += timedelta(hours=1)
    assert await rig.expiry.sweep() == 4
    assert await rig.blobs.keys("photos") == []
    assert (await fate(rig, site, "one.png")).fate == crawler_pb2.FATE_DESCRIBED
    assert (await fate(rig, site, "two.png")).fate == crawler_pb2.FATE_GONE
    assert await rig.expiry.sweep() == 0
    assert dict((await crawl(rig, folder, site)).skipped) == {"expired": 4}


async def test_shared_bytes_stay_until_the_last_photo_expires(
    rig: Any, folder: Path, site: str
) -> None:
    (folder / "repost.png").rename(folder / "later.tmp")
    await crawl(rig, folder, site)
    rig.clock.now += timedelta(days=10)
    (folder / "later.tmp").rename(folder / "repost.png")
    await crawl(rig, folder, site)
    image = (await fate(rig, site, "shared.png")).image
    rig.clock.now += timedelta(days=20)
    assert await rig.expiry.sweep() == 3
    assert await rig.photo_bytes.has(image.sha256)
    rig.clock.now += timedelta(days=10)
    assert await rig.expiry.sweep() == 1
    assert not await rig.photo_bytes.has(image.sha256)


async def test_a_shop_s_photos_do_not_expire(rig: Any, folder: Path, site: str) -> None:
    shutil.move(folder, folder.parent / "casual")
    await crawl(rig, folder.parent, site)
    rig.clock.now += timedelta(days=400)
    assert await rig.expiry.sweep() == 0


async def test_no_bytes_are_without_an_owner_if_the_crawl_dies_before_it_stores_them(
    rig: Any, folder: Path, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(StorePhoto, "process_item", die)
    ended = await crawl(rig, folder, site)
    assert ended.state == crawler_pb2.CRAWL_STATE_FAILED
    rig.clock.now += timedelta(minutes=2)
    assert await rig.announcer.sweep() == 0  # nothing is announced whose bytes are missing
    monkeypatch.undo()
    assert (await crawl(rig, folder, site)).seen == 4
    assert len(await rig.published(site=site)) == 4
    assert len(await rig.blobs.keys("photos")) == 3
