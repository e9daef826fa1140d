"""What a hostile or a polite server gets: real HTTP from a server of this test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.metadata import version
from typing import Any

import pytest
from aiohttp import web

from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.crawler.v1.crawler_pb2 import Crawl, ShopSource, StartCrawlRequest

METADATA = "http://169.254.169.254/latest/meta-data"


class Shop:
    """A server whose feed lists given photos, and that notes what it was asked for."""

    def __init__(self) -> None:
        self.images: list[str] = []
        self.robots = ""
        self.requests: list[web.Request] = []
        self.answers: dict[str, Callable[[], Awaitable[web.StreamResponse]]] = {}
        self.base = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if request.path in self.answers:
            return await self.answers[request.path]()
        if request.path == "/robots.txt":
            return web.Response(text=self.robots)
        if request.path == "/feed.xml":
            return web.Response(text=self._feed(), content_type="application/xml")
        raise web.HTTPNotFound

    def _feed(self) -> str:
        items = "".join(
            f"<item><g:id>{n}</g:id><g:image_link>{url}</g:image_link></item>"
            for n, url in enumerate(self.images)
        )
        return '<rss xmlns:g="http://base.google.com/ns/1.0"><channel>' + items + "</channel></rss>"

    def redirect(self, path: str, to: str) -> str:
        async def answer() -> web.Response:
            return web.Response(status=302, headers={"Location": to})

        self.answers[path] = answer
        return self.base + path


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()
    app = web.Application()
    app.router.add_get("/{path:.*}", shop.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    shop.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield shop
    await runner.cleanup()


async def crawl(rig: Any, url: str, site: str) -> Crawl:
    result = await rig.crawl(StartCrawlRequest(shop=ShopSource(url=url, site=site)))
    assert isinstance(result, Crawl)
    return result


async def test_a_seed_on_a_private_address_is_not_connected_to(
    rig: Any, shop: Shop, site: str
) -> None:
    guarded = await rig.restart(crawl_allow_private=False)
    port = shop.base.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"):
        ended = await crawl(guarded, f"http://{host}:{port}/feed.xml", site)
        assert ended.state == crawler_pb2.CRAWL_STATE_FAILED, host
        # aiohttp itself refuses the last two spellings of 127.0.0.1.
        assert ended.error.startswith(("blocked_address: ", "unsupported_address: ")), host
    assert shop.requests == []


async def test_metadata_is_out_of_reach_for_photos_redirects_and_seeds(
    rig: Any, shop: Shop, site: str
) -> None:
    shop.images = [
        f"{METADATA}/photo.jpg",
        "http://[::ffff:169.254.169.254]/photo.jpg",
        shop.redirect("/redirected.jpg", f"{METADATA}/photo.jpg"),
    ]
    ended = await crawl(rig, f"{shop.base}/feed.xml", site)
    assert dict(ended.failed) == {"blocked_address": 3}
    seed = await crawl(rig, shop.redirect("/elsewhere.xml", METADATA), site)
    assert seed.error.startswith("blocked_address: ")


async def test_a_sitemap_can_not_point_inside(rig: Any, shop: Shop, site: str) -> None:
    async def sitemap() -> web.Response:
        return web.Response(
            text=f"<sitemapindex><sitemap><loc>{METADATA}/s.xml</loc></sitemap>"
            "<sitemap><loc>file:///etc/passwd</loc></sitemap></sitemapindex>",
            content_type="application/xml",
        )

    shop.answers["/sitemap.xml"] = sitemap
    ended = await crawl(rig, f"{shop.base}/sitemap.xml", site)
    assert dict(ended.failed) == {"blocked_address": 1}


async def test_only_http_is_fetched(rig: Any, shop: Shop, site: str) -> None:
    shop.images = [
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "ftp://127.0.0.1/a.jpg",
        shop.redirect("/a.jpg", "file:///etc/passwd"),
    ]
    ended = await crawl(rig, f"{shop.base}/feed.xml", site)
    assert dict(ended.failed) == {"unsupported_address": 3, "http_302": 1}


async def test_robots_txt_is_obeyed(rig: Any, shop: Shop, site: str) -> None:
    shop.robots = "User-agent: *\nDisallow: /private/\n"
    shop.images = [f"{shop.base}/private/a.jpg", f"{shop.base}/open.jpg"]
    ended = await crawl(rig, f"{shop.base}/feed.xml", site)
    assert dict(ended.failed) == {"robots_txt": 1, "http_404": 1}
    assert "/private/a.jpg" not in [request.path for request in shop.requests]


async def test_the_crawler_says_who_it_is(rig: Any, shop: Shop, site: str) -> None:
    named = await rig.restart(crawl_contact_url="https://fashion.example/crawler")
    await crawl(named, f"{shop.base}/feed.xml", site)
    agents = {request.headers["User-Agent"] for request in shop.requests}
    assert agents == {
        f"snsfashion-crawler/{version('snsfashion-crawler')} (+https://fashion.example/crawler)"
    }


async def test_a_photo_that_never_ends_is_cut_off(rig: Any, shop: Shop, site: str) -> None:
    async def endless() -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(shop.requests[-1])
        for _ in range(21):
            await response.write(bytes(1_000_000))
        return response

    shop.answers["/huge.jpg"] = endless
    shop.images = [f"{shop.base}/huge.jpg"]
    ended = await crawl(rig, f"{shop.base}/feed.xml", site)
    assert dict(ended.skipped) == {"too_large": 1}


async def test_a_server_that_asks_for_hours_of_patience_is_left_alone(
    rig: Any, shop: Shop, site: str
) -> None:
    async def busy() -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "86400"})

    shop.answers["/a.jpg"] = busy
    shop.images = [f"{shop.base}/a.jpg"]
    ended = await crawl(rig, f"{shop.base}/feed.xml", site)
    assert dict(ended.failed) == {"asked_to_wait": 1}
    assert [request.path for request in shop.requests].count("/a.jpg") == 1


async def test_a_server_that_was_busy_once_is_asked_again(rig: Any, shop: Shop, site: str) -> None:
    async def busy() -> web.Response:
        del shop.answers["/a.jpg"]
        return web.Response(status=503, headers={"Retry-After": "0"})

    shop.answers["/a.jpg"] = busy
    shop.images = [f"{shop.base}/a.jpg"]
    ended = await crawl(rig, f"{shop.base}/feed.xml", site)
    assert dict(ended.failed) == {"http_404": 1}
