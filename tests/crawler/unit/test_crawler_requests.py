from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from crawler import requests
from crawler.settings import Settings
from servicekit import validation
from servicekit.errors import FailedPrecondition, InvalidArgument
from snsfashion.crawler.v1.crawler_pb2 import (
    FolderSource,
    InstagramSource,
    ShopSource,
    StartCrawlRequest,
)


def settings(**changes: Any) -> Settings:
    values = {
        "nats_url": "nats://x",
        "mongodb_uri": "mongodb://x",
        "blob_url": "file:///x",
        "instagram_user_id": "1",
        "instagram_access_token": "secret",
    }
    return Settings(**{**values, **changes})


async def checked(request: StartCrawlRequest, settings: Settings) -> StartCrawlRequest:
    """Return the request after the rules of the contract and of the crawler."""
    validation.check(request)
    return await requests.check(request, settings)


def instagram(*tags: str) -> StartCrawlRequest:
    return StartCrawlRequest(instagram=InstagramSource(hashtags=tags))


def shop(url: str, site: str = "") -> StartCrawlRequest:
    return StartCrawlRequest(shop=ShopSource(url=url, site=site))


def folder(path: object, **more: str) -> StartCrawlRequest:
    return StartCrawlRequest(folder=FolderSource(path=str(path), **more))


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (StartCrawlRequest(), "source"),
        (instagram(), "instagram.hashtags"),
        (instagram(*(f"tag{n}" for n in range(31))), "instagram.hashtags"),
        (instagram("ootd", "#ootd"), "instagram.hashtags[1]"),
        (instagram("two words"), "instagram.hashtags[0]"),
        (instagram("2026"), "instagram.hashtags[0]"),
        (shop(""), "shop.url"),
        (shop("file:///etc/passwd"), "shop.url"),
        (shop("https://"), "shop.url"),
        (shop("https://[broken"), "shop.url"),
        (shop("https://user:word@shop.example/"), "shop.url"),
        (shop("https://shop.example/" + "x" * 2000), "shop.url"),
        (shop("https://shop.example/", "a:b"), "shop.site"),
        (shop("https://shop.example/", "instagram"), "shop.site"),
        (folder(""), "folder.path"),
        (folder("/no/such/folder"), "folder.path"),
        (folder("/tmp", site="A B"), "folder.site"),
        (folder("/tmp", csv="/no/such.csv"), "folder.csv"),
        (
            StartCrawlRequest(shop=ShopSource(url="https://s.example/"), request_id="x" * 65),
            "request_id",
        ),
    ],
)
async def test_bad_requests_name_the_field(request_: StartCrawlRequest, field: str) -> None:
    with pytest.raises(InvalidArgument) as error:
        await checked(request_, settings())
    assert error.value.field == field


async def test_hashtags_take_their_one_spelling_and_count_once() -> None:
    request = await checked(instagram("OOTD", "ootd", "오오티디"), settings())
    assert list(request.instagram.hashtags) == ["ootd", "오오티디"]


@pytest.mark.parametrize("name", ["instagram_user_id", "instagram_access_token"])
async def test_instagram_without_its_credentials_is_refused(name: str) -> None:
    with pytest.raises(FailedPrecondition, match="INSTAGRAM_ACCESS_TOKEN"):
        await checked(instagram("ootd"), settings(**{name: ""}))


async def test_folders_outside_the_root_are_refused(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "in").mkdir(parents=True)
    outside.mkdir()
    (root / "link").symlink_to(outside)
    (root / "in" / "t.csv").write_text("image\n")
    limited = settings(crawl_folder_root=root)
    await checked(folder(root / "in", csv=str(root / "in" / "t.csv")), limited)
    for path in (outside, root / "link", root / ".." / "outside"):
        with pytest.raises(InvalidArgument) as error:
            await checked(folder(path), limited)
        assert error.value.field == "folder.path"
    (outside / "t.csv").write_text("image\n")
    with pytest.raises(InvalidArgument) as error:
        await checked(folder(root / "in", csv=str(outside / "t.csv")), limited)
    assert error.value.field == "folder.csv"


def test_a_malformed_author_key_stops_the_start_without_being_shown() -> None:
    with pytest.raises(ValidationError, match="key 1 is not") as error:
        settings(author_keys="mysecret")
    assert "mysecret" not in str(error.value.errors()[0]["msg"])


def test_secrets_do_not_appear_when_settings_are_printed() -> None:
    assert "secret" not in repr(settings())
