"""What a StartCrawl request must be beyond the rules of its contract, checked before anything is done."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from crawler.core.instagram import MAX_HASHTAGS
from crawler.readers import photo_table
from crawler.readers.photo_table import BadTable
from crawler.settings import Settings
from fashion import hashtags
from servicekit.errors import FailedPrecondition, InvalidArgument
from snsfashion.crawler.v1.crawler_pb2 import (
    FolderSource,
    InstagramSource,
    ShopSource,
    StartCrawlRequest,
)


async def check(request: StartCrawlRequest, settings: Settings) -> StartCrawlRequest:
    """Return the request in its one spelling. Raise InvalidArgument or FailedPrecondition."""
    result = StartCrawlRequest()
    result.CopyFrom(request)
    match request.WhichOneof("source"):
        case "instagram":
            _check_instagram(result.instagram, settings)
        case "shop":
            _check_shop(result.shop)
        case "folder":
            await asyncio.to_thread(_check_folder, result.folder, settings.crawl_folder_root)
    return result


def _check_instagram(source: InstagramSource, settings: Settings) -> None:
    tags = []
    for number, text in enumerate(source.hashtags):
        tag = hashtags.normalize(text)
        if not tag or text.startswith(("#", "＃")):
            raise InvalidArgument(
                f"instagram.hashtags[{number}]",
                f"{text!r} is not a hashtag: write it without '#', in letters, digits and '_', not digits alone",
            )
        tags.append(tag)
    source.hashtags[:] = dict.fromkeys(tags)
    if len(source.hashtags) > MAX_HASHTAGS:
        raise InvalidArgument(
            "instagram.hashtags",
            f"has {len(source.hashtags)} different hashtags; at most {MAX_HASHTAGS}",
        )
    if not (settings.instagram_user_id and settings.instagram_access_token.get_secret_value()):
        raise FailedPrecondition(
            "Instagram's API needs INSTAGRAM_USER_ID and INSTAGRAM_ACCESS_TOKEN to be set"
        )


def _check_shop(source: ShopSource) -> None:
    try:
        parts = urlsplit(source.url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise InvalidArgument("shop.url", "is not an address that starts with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise InvalidArgument(
            "shop.url", "contains a user name or a password, which would be stored: leave it out"
        )


def _check_folder(source: FolderSource, root: Path | None) -> None:
    folder = _inside("folder.path", source.path, root)
    if not folder.is_dir():
        raise InvalidArgument(
            "folder.path", f"{source.path} is not a folder on the crawler's own disk"
        )
    source.path = str(folder)
    if source.csv:
        table = _inside("folder.csv", source.csv, root)
        try:
            photo_table.read(table)
        except (BadTable, OSError) as error:
            raise InvalidArgument("folder.csv", str(error)) from error
        source.csv = str(table)


def _inside(field: str, text: str, root: Path | None) -> Path:
    if "\0" in text:
        raise InvalidArgument(field, "contains a NUL")
    path = Path(text).resolve()
    if root is not None and not path.is_relative_to(root.resolve()):
        raise InvalidArgument(
            field, f"is outside {root}, the folder that the crawler may read (CRAWL_FOLDER_ROOT)"
        )
    return path
