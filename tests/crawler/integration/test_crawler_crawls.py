"""Crawls of the look-book's shop and Graph API over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from lookbook.serve.server import Server
from lookbook.world.posts import HASHTAGS, Post
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.crawler.v1.crawler_pb2 import InstagramSource, ShopSource, StartCrawlRequest
from snsfashion.fashion.v1 import fashion_pb2


def hashtags(*tags: str, top: bool = False, limit: int = 0) -> StartCrawlRequest:
    source = InstagramSource(hashtags=tags, include_top=top)
    return StartCrawlRequest(instagram=source, max_photos=limit)


def good_posts(lookbook: Server) -> list[Post]:
    """Return the posts of the last day whose photos can be read."""
    return [
        post
        for post in lookbook.world.posts
        if post.posted_at.date() == lookbook.world.end
        and all(p.expected == "read" for p in post.photos)
    ]


async def test_a_day_of_hashtags_reaches_the_ledger_with_dates_and_hashtags_only(
    rig: Any, lookbook: Server
) -> None:
    crawl = await rig.crawl(hashtags(*HASHTAGS))
    posts = good_posts(lookbook)
    expected = {post.image_id(n): post for post in posts for n in range(len(post.photos))}
    assert crawl.state == crawler_pb2.CRAWL_STATE_FINISHED
    assert crawl.stored == len(expected) > 0
    records = await rig.ledger.find(expected)
    assert records.keys() == expected.keys()
    for image_id, record in records.items():
        provenance, post = record.provenance, expected[image_id]
        assert provenance.posted_at.ToDatetime(UTC) == post.posted_at.replace(microsecond=0)
        assert provenance.date_source == fashion_pb2.DATE_SOURCE_STATED
        assert list(provenance.hashtags) == sorted({tag.lower() for tag in post.hashtags})
        assert (provenance.author_key, provenance.page) == ("", "")
        assert post.text not in str(record)
        assert await rig.photo_bytes.has(record.image.sha256)


async def test_a_post_under_several_hashtags_is_announced_once_with_all_of_them(
    rig: Any, lookbook: Server
) -> None:
    await rig.crawl(hashtags(*HASHTAGS))
    image_ids = {p.image_id(n) for p in good_posts(lookbook) for n in range(len(p.photos))}
    records = await rig.ledger.find(image_ids)
    assert {record.facts.revision for record in records.values()} == {1}
    assert {record.announced for record in records.values()} == {1}


async def test_a_second_crawl_fetches_no_photo_again_and_changes_nothing(
    rig: Any, lookbook: Server
) -> None:
    first = await rig.crawl(hashtags(*HASHTAGS))
    # A photo that is fetched now would fail.
    for post in good_posts(lookbook):
        for photo in post.photos:
            object.__setattr__(photo, "bad", "empty")
    second = await rig.crawl(hashtags(*HASHTAGS))
    assert (second.seen, second.unchanged, second.stored) == (first.seen, first.stored, 0)


async def test_bad_files_among_the_posts_are_counted_and_stop_nothing(
    rig: Any, lookbook: Server
) -> None:
    crawl = await rig.crawl(hashtags(*HASHTAGS))
    skipped = [
        photo
        for post in lookbook.world.posts
        if post.posted_at.date() == lookbook.world.end
        for photo in post.photos
        if photo.expected == "skipped"
    ]
    assert sum(crawl.skipped.values()) == len(skipped) > 0
    assert dict(crawl.failed) == {}


async def test_the_clock_of_the_api_moves_and_each_day_brings_its_own_posts(
    rig: Any, lookbook: Server
) -> None:
    days = [lookbook.world.end - timedelta(days=ago) for ago in (3, 2)]
    for day in days:
        lookbook.now = datetime.combine(day + timedelta(days=1), time(), UTC)
        crawl = await rig.crawl(hashtags(*HASHTAGS))
        of_day = [p for p in lookbook.world.posts if p.posted_at.date() == day]
        assert crawl.stored == sum(len(p.photos) for p in of_day)


async def test_top_media_adds_older_posts(rig: Any, lookbook: Server) -> None:
    recent = await rig.crawl(hashtags("fashion"))
    with_top = await rig.crawl(hashtags("fashion", top=True))
    assert with_top.unchanged == recent.stored
    assert with_top.stored > 0


async def test_a_crawl_stops_after_max_photos(rig: Any) -> None:
    assert (await rig.crawl(hashtags(*HASHTAGS, limit=2))).seen == 2


async def test_an_api_error_is_named_and_shows_no_token(
    rig: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    wrong = await rig.restart(instagram_access_token=SecretStr("zqx+zqx"))
    with caplog.at_level("DEBUG"):
        crawl = await wrong.crawl(hashtags("ootd"))
    assert crawl.state == crawler_pb2.CRAWL_STATE_FAILED
    assert crawl.error.startswith("Graph API error 190 at ig_hashtag_search")
    assert dict(crawl.failed) == {"api_error_190": 1}
    written = caplog.text + capsys.readouterr().out + str(crawl)
    assert "ig_hashtag_search" in written
    assert "zqx" not in written


async def test_one_unknown_hashtag_does_not_stop_the_others(rig: Any) -> None:
    crawl = await rig.crawl(hashtags("nobodyusesthis", *HASHTAGS))
    assert crawl.state == crawler_pb2.CRAWL_STATE_FINISHED
    assert dict(crawl.failed) == {"api_error_24": 1}
    assert crawl.stored > 0


async def test_the_hashtag_limit_is_kept_without_asking_the_api(rig: Any) -> None:
    for number in range(30):
        assert await rig.shared.budget.take(f"tag{number}")
    crawl = await rig.crawl(hashtags("ootd", "tag3"))
    assert crawl.failed["hashtag_limit"] == 1
    rig.clock.now += timedelta(days=7)
    assert "hashtag_limit" not in (await rig.crawl(hashtags("ootd"))).failed


async def test_a_shop_is_the_same_by_its_feed_and_by_its_sitemap(
    rig: Any, lookbook: Server, site: str
) -> None:
    def shop(path: str) -> StartCrawlRequest:
        return StartCrawlRequest(shop=ShopSource(url=f"{lookbook.base}/shop/{path}", site=site))

    feed = await rig.crawl(shop("feed.xml"))
    sitemap = await rig.crawl(shop("sitemap.xml"))
    products = {f"{site}:{p.id}:0": p for p in lookbook.world.products}
    assert feed.stored == sitemap.unchanged == len(products)
    for image_id, record in (await rig.ledger.find(products)).items():
        product, provenance = products[image_id], record.provenance
        assert provenance.kind == fashion_pb2.SOURCE_KIND_SHOP
        assert fashion_pb2.Style.Name(provenance.style) == f"STYLE_{product.style.upper()}"
        assert provenance.product.price_cents > 0
        assert provenance.product.price_micros == provenance.product.price_cents * 10_000
        assert provenance.page == f"{lookbook.base}/shop/products/{product.id}"
        assert provenance.product.season
        assert record.expires_at is None
    assert len(await rig.published(site=site)) == len(products)


async def test_a_product_that_is_sold_out_is_an_update(
    rig: Any, lookbook: Server, site: str
) -> None:
    request = StartCrawlRequest(shop=ShopSource(url=f"{lookbook.base}/shop/feed.xml", site=site))
    await rig.crawl(request)
    product = lookbook.world.products[0]
    object.__setattr__(product, "available", not product.available)
    crawl = await rig.crawl(request)
    assert (crawl.updated, crawl.unchanged) == (1, crawl.seen - 1)
    revisions = [
        event.generations.provenance
        for event in await rig.published(site=site)
        if event.provenance.post == product.id
    ]
    assert sorted(revisions) == [1, 2]


@pytest.mark.parametrize("path", ["shop/images/none.jpg", "robots.txt", "shop/products/none"])
async def test_what_is_neither_feed_nor_sitemap_fails_with_a_reason(
    rig: Any, lookbook: Server, site: str, path: str
) -> None:
    crawl = await rig.crawl(
        StartCrawlRequest(shop=ShopSource(url=f"{lookbook.base}/{path}", site=site))
    )
    assert crawl.state == crawler_pb2.CRAWL_STATE_FAILED
    assert crawl.error.startswith(("http_404: ", "not_a_feed: "))
