"""The shop and the Graph API over real HTTP."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import aiohttp
import numpy as np
import pytest
from PIL import Image

from lookbook.draw.render import render
from lookbook.serve.graph_api import MAX_HASHTAGS, RECENT, TOKEN
from lookbook.serve.server import Server
from lookbook.serve.shop_pages import MERCHANT, SITEMAP
from lookbook.world.four_weeks import World
from lookbook.world.posts import HASHTAGS

END = date(2026, 11, 22)
GRAPH = "/graph/v23.0"
WORLD = World.build(7, END, products_per_style=2, bad_files=True)
FIELDS = "id,media_type,media_url,caption,timestamp,permalink,children{id,media_type,media_url}"


class Caller:
    """GETs of one server."""

    def __init__(self, server: Server, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session

    async def get(self, path: str, **query: str) -> tuple[int, bytes, str]:
        address = path if path.startswith("http") else self.server.base + path
        async with self.session.get(address, params=query) as answer:
            return answer.status, await answer.read(), answer.content_type

    async def graph(self, path: str, **query: str) -> tuple[int, Any]:
        query = {"access_token": TOKEN, "user_id": "1", **query}
        status, body, kind = await self.get(GRAPH + path, **query)
        assert kind == "application/json"
        return status, json.loads(body)

    async def clock(self, now: datetime) -> None:
        body = {"now": now.isoformat()}
        async with self.session.put(self.server.base + "/lookbook/clock", json=body) as answer:
            assert answer.status == 200

    async def hashtag(self, tag: str) -> str:
        status, body = await self.graph("/ig_hashtag_search", q=tag)
        assert status == 200
        return str(body["data"][0]["id"])

    async def recent(self, tag: str, limit: int = 50) -> list[dict[str, Any]]:
        path = f"/{await self.hashtag(tag)}/recent_media"
        _, page = await self.graph(path, fields=FIELDS, limit=str(limit))
        found = list(page["data"])
        while "next" in page.get("paging", {}):
            page = json.loads((await self.get(page["paging"]["next"]))[1])
            found += page["data"]
        return found


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    server = Server(WORLD)
    runner = await server.start()
    async with aiohttp.ClientSession() as session:
        yield Caller(server, session)
    await runner.cleanup()


async def test_recent_media_shows_the_last_24_hours_before_the_clock(caller: Caller) -> None:
    now = datetime.combine(END - timedelta(days=9), time(14, 30), UTC)
    await caller.clock(now)
    shown = {m["id"] for m in await caller.recent("ootd")}
    expected = {
        p.id for p in WORLD.posts if "ootd" in p.hashtags and now - RECENT < p.posted_at <= now
    }
    assert shown == expected
    assert expected


async def test_stepping_the_clock_a_day_at_a_time_meets_every_post_once(caller: Caller) -> None:
    seen: list[str] = []
    for ago in range(27, -1, -1):
        await caller.clock(datetime.combine(END - timedelta(days=ago - 1), time(), UTC))
        seen += {m["id"] for tag in HASHTAGS for m in await caller.recent(tag)}
    assert sorted(seen) == sorted(p.id for p in WORLD.posts)


async def test_pages_hold_what_one_page_holds_in_no_order_of_time(caller: Caller) -> None:
    whole, paged = await caller.recent("ootd", 50), await caller.recent("ootd", 3)
    assert whole == paged
    times = [m["timestamp"] for m in whole]
    assert len(whole) > 5
    assert times != sorted(times)
    assert times != sorted(times, reverse=True)


async def test_a_page_has_no_more_than_50_and_a_cursor(caller: Caller) -> None:
    path = f"/{await caller.hashtag('ootd')}/recent_media"
    _, page = await caller.graph(path, limit="2")
    assert len(page["data"]) == 2
    assert set(page["data"][0]) == {"id"}
    assert set(page["paging"]) == {"cursors", "next"}
    _, rest = await caller.graph(path, limit="50", after=page["paging"]["cursors"]["after"])
    assert not {m["id"] for m in page["data"]} & {m["id"] for m in rest["data"]}


async def test_media_has_the_documented_fields_and_no_author(caller: Caller) -> None:
    allowed = {"id", "media_type", "media_url", "caption", "timestamp", "permalink", "children"}
    for tag in HASHTAGS:
        for media in await caller.recent(tag):
            assert set(media) <= allowed
            assert f"#{tag}" in media["caption"]
            album = media["media_type"] == "CAROUSEL_ALBUM"
            assert album == ("children" in media)
            assert album != ("media_url" in media)


async def test_username_can_not_be_asked_for(caller: Caller) -> None:
    tag = await caller.hashtag("ootd")
    for path, fields in (
        (f"/{tag}/recent_media", "id,username"),
        (f"/{tag}/top_media", "id,owner"),
        (f"/{tag}/recent_media", "children{username}"),
    ):
        status, body = await caller.graph(path, fields=fields)
        assert (status, body["error"]["code"]) == (400, 100)


async def test_a_wrong_token_is_refused(caller: Caller) -> None:
    for token in ("", "stolen"):
        status, body = await caller.graph("/ig_hashtag_search", q="ootd", access_token=token)
        assert (status, body["error"]["code"]) == (400, 190)


async def test_an_unknown_hashtag_and_a_missing_parameter_are_refused(caller: Caller) -> None:
    status, body = await caller.graph("/ig_hashtag_search", q="nosuchtag")
    assert (status, body["error"]["code"]) == (400, 24)
    status, body = await caller.graph("/ig_hashtag_search")
    assert "q is required" in body["error"]["message"]
    status, _ = await caller.graph("/17840000000000000/recent_media")
    assert status == 400


async def test_thirty_hashtags_in_seven_days_are_enough(caller: Caller) -> None:
    graph = caller.server._graph
    known = [f"tag{n}" for n in range(MAX_HASHTAGS - 1)]
    graph._queries["1"] = dict.fromkeys(known, caller.server.now)
    await caller.hashtag("ootd")
    await caller.hashtag("ootd")
    status, body = await caller.graph("/ig_hashtag_search", q="fashion")
    assert (status, body["error"]["code"], body["error"]["error_subcode"]) == (400, 18, 2207034)
    await caller.clock(caller.server.now + timedelta(days=7, minutes=1))
    await caller.hashtag("fashion")


async def test_top_media_is_a_handful_of_all_four_weeks(caller: Caller) -> None:
    _, page = await caller.graph(f"/{await caller.hashtag('ootd')}/top_media", fields="timestamp")
    days = {m["timestamp"][:10] for m in page["data"]}
    assert 5 <= len(page["data"]) <= 15
    assert len(days) > 3


async def test_a_deleted_post_is_gone_everywhere(caller: Caller) -> None:
    first = (await caller.recent("ootd"))[0]["id"]
    status, body = await caller.graph(f"/{first}", fields="id")
    assert (status, body) == (200, {"id": first})
    async with caller.session.delete(f"{caller.server.base}/lookbook/posts/{first}") as answer:
        assert answer.status == 204
    status, body = await caller.graph(f"/{first}", fields="id")
    assert (status, body["error"]["code"], body["error"]["error_subcode"]) == (400, 100, 33)
    assert (await caller.get(f"/media/{first}/0.jpg"))[0] == 404
    assert first not in {m["id"] for m in await caller.recent("ootd")}


async def test_a_post_does_not_exist_before_it_is_posted(caller: Caller) -> None:
    post = WORLD.posts[-1]
    await caller.clock(post.posted_at - timedelta(seconds=1))
    assert (await caller.graph(f"/{post.id}", fields="id"))[0] == 400
    assert (await caller.get(f"/media/{post.id}/0.jpg"))[0] == 404


async def test_media_urls_give_the_photo_the_same_bytes_each_time(caller: Caller) -> None:
    media = next(m for m in await caller.recent("fashion") if "media_url" in m)
    status, data, kind = await caller.get(media["media_url"])
    assert (status, kind) == (200, "image/jpeg")
    assert (await caller.get(media["media_url"]))[1] == data
    spec = next(p for p in WORLD.posts if p.id == media["id"]).photos[0].spec
    assert spec is not None
    shown = np.asarray(Image.open(BytesIO(data)), float)
    assert np.abs(shown - render(spec).image).mean() < 8
    assert (await caller.get(media["media_url"].replace("/0.jpg", "/9.jpg")))[0] == 404


async def test_bad_files_are_served_as_they_are(caller: Caller) -> None:
    bad = {p.photos[0].bad: p for p in WORLD.posts if p.photos[0].bad}
    assert len(bad) == 8
    status, data, kind = await caller.get(f"/media/{bad['empty'].id}/0.jpg")
    assert (status, data, kind) == (200, b"", "image/jpeg")
    assert (await caller.get(f"/media/{bad['png_bomb'].id}/0.jpg"))[1].startswith(b"\x89PNG")


async def test_the_feed_lists_every_product_with_its_style(caller: Caller) -> None:
    status, body, kind = await caller.get("/shop/feed.xml")
    assert (status, kind) == (200, "application/xml")
    items = ET.fromstring(body).findall("channel/item")
    assert len(items) == len(WORLD.products) == 12
    for item, product in zip(items, WORLD.products, strict=True):
        value = {e.tag.removeprefix(f"{{{MERCHANT}}}"): e.text for e in item}
        assert value["id"] == product.id
        assert value["custom_label_0"] == product.style
        assert value["product_type"].startswith(f"{product.style} > ")  # type: ignore[union-attr]
        assert re.fullmatch(r"\d+\.\d\d EUR", value["price"] or "")
        assert value["availability"] in {"in_stock", "out_of_stock"}
        facts = (value["brand"], value["gender"], value["age_group"], value["item_group_id"])
        assert facts == (product.brand, product.gender, product.age_group, product.group)
        sizes = [e.text for e in item.findall(f"{{{MERCHANT}}}size")]
        assert (sizes, value["color"]) == ([*product.sizes], "/".join(product.colors))
    status, data, kind = await caller.get(value["image_link"] or "")
    assert (status, kind, data[:2]) == (200, "image/jpeg", b"\xff\xd8")


async def test_the_sitemap_leads_to_pages_with_json_ld(caller: Caller) -> None:
    pages = ET.fromstring((await caller.get("/shop/sitemap.xml"))[1])
    addresses = [e.text or "" for e in pages.iter(f"{{{SITEMAP}}}loc")]
    assert len(addresses) == 12
    _, body, kind = await caller.get(addresses[0])
    assert kind == "text/html"
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', body.decode())
    assert found
    data, product = json.loads(found[1]), WORLD.products[0]
    assert (data["@type"], data["sku"]) == ("Product", product.id)
    properties = {p["name"]: p["value"] for p in data["additionalProperty"]}
    assert properties == {"style": product.style, "season": product.season}
    assert data["offers"]["price"] == product.price
    assert (data["brand"]["name"], data["size"]) == (product.brand, [*product.sizes])
    assert (await caller.get(data["image"][0]))[0] == 200


async def test_unknown_products_are_not_found(caller: Caller) -> None:
    for path in ("/shop/products/NO-1", "/shop/images/NO-1.jpg", "/media/1/0.jpg"):
        assert (await caller.get(path))[0] == 404


async def test_robots_txt_keeps_crawlers_out_of_private(caller: Caller) -> None:
    assert b"Disallow: /private/" in (await caller.get("/robots.txt"))[1]


async def test_the_truth_and_the_list_of_photos_are_served(caller: Caller) -> None:
    truth = json.loads((await caller.get("/lookbook/truth"))[1])
    assert truth == json.loads(json.dumps(WORLD.truth().to_json()))
    listed = json.loads((await caller.get("/lookbook/world"))[1])
    assert [p["image_id"] for p in listed] == [p.image_id for p in WORLD.photos]
    assert {p["expected"] for p in listed} == {"read", "skipped"}


async def test_a_nonsense_clock_is_refused_and_the_clock_stays(caller: Caller) -> None:
    before = caller.server.now
    async with caller.session.put(
        f"{caller.server.base}/lookbook/clock", json={"now": "noon"}
    ) as answer:
        assert answer.status == 400
    assert caller.server.now == before
