"""What a StartCrawl request must be, checked before anything is done."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit

from crawler.core import hashtags
from crawler.crawling.spiders import instagram
from crawler.readers import photo_table
from crawler.readers.photo_table import BadTable
from crawler.settings import Settings
from servicekit.errors import FailedPrecondition, InvalidArgument
from snsfashion.crawler.v1.crawler_pb2 import FolderSource, InstagramSource, ShopSource
from snsfashion.crawler.v1.crawler_pb2 import StartCrawlRequest as Request

MAX_HASHTAGS = 30
MAX_URL = 2000
# A site is the first part of image ids, so it holds no ':'.
_SITE = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


async def checked(request: Request, settings: Settings) -> Request:
    """The request in its one spelling. Raises InvalidArgument or FailedPrecondition."""
    result = Request()
    result.CopyFrom(request)
    if len(request.request_id.encode()) > 64:
        raise InvalidArgument("request_id", "is longer than 64 bytes")
    match request.WhichOneof("source"):
        case "instagram":
            _check_instagram(result.instagram, settings)
        case "shop":
            _check_shop(result.shop)
        case "folder":
            await asyncio.to_thread(_check_folder, result.folder, settings.crawl_folder_root)
        case _:
            raise InvalidArgument("source", "is not set: one of instagram, shop, folder")
    return result


def _check_instagram(source: InstagramSource, settings: Settings) -> None:
    tags = []
    for number, text in enumerate(source.hashtags):
        tag = hashtags.normalize(text)
        if not tag or text.startswith(("#", "＃")):
            raise InvalidArgument(
                f"instagram.hashtags[{number}]", f"{text!r} is no hashtag (without '#')"
            )
        tags.append(tag)
    tags = list(dict.fromkeys(tags))
    if not 1 <= len(tags) <= MAX_HASHTAGS:
        raise InvalidArgument("instagram.hashtags", f"{len(tags)} hashtags; 1 to {MAX_HASHTAGS}")
    source.hashtags[:] = tags
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
    if not usable or len(source.url) > MAX_URL:
        raise InvalidArgument("shop.url", "is no http or https address of at most 2000 characters")
    if parts.username is not None or parts.password is not None:
        raise InvalidArgument("shop.url", "holds a user name or a password; it would be kept")
    _check_site("shop.site", source.site)


def _check_folder(source: FolderSource, root: Path | None) -> None:
    _check_site("folder.site", source.site)
    folder = _inside("folder.path", source.path, root)
    if not folder.is_dir():
        raise InvalidArgument("folder.path", f"{source.path} is no folder on the crawler's disk")
    source.path = str(folder)
    if source.csv:
        table = _inside("folder.csv", source.csv, root)
        try:
            photo_table.read(table)
        except (BadTable, OSError) as error:
            raise InvalidArgument("folder.csv", str(error)) from error
        source.csv = str(table)


def _inside(field: str, text: str, root: Path | None) -> Path:
    if not text or "\0" in text:
        raise InvalidArgument(field, "is empty or holds a NUL")
    path = Path(text).resolve()
    if root is not None and not path.is_relative_to(root.resolve()):
        raise InvalidArgument(field, f"is outside {root}, the folder that the crawler may read")
    return path


def _check_site(field: str, site: str) -> None:
    if site == instagram.SITE:
        raise InvalidArgument(field, f"{site} is reserved")
    if site and not _SITE.fullmatch(site):
        raise InvalidArgument(field, "may hold a-z, 0-9, '.' and '-', at most 64 of them")
