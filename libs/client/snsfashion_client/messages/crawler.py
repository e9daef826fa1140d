"""Requests to the crawler."""

from __future__ import annotations

from collections.abc import Iterable

from snsfashion.crawler.v1.crawler_pb2 import (
    CancelCrawlRequest,
    CountFatesRequest,
    ErasePostsRequest,
    FolderSource,
    GetCrawlRequest,
    GetFateRequest,
    InstagramSource,
    ListCrawlsRequest,
    PostRef,
    ShopSource,
    StartCrawlRequest,
)
from snsfashion_client.messages.arguments import listed


def start_crawl(
    *,
    hashtags: Iterable[str] = (),
    include_top: bool = False,
    shop: str = "",
    folder: str = "",
    csv: str = "",
    site: str = "",
    max_photos: int = 0,
    request_id: str = "",
) -> StartCrawlRequest:
    """Start a crawl of one source: `hashtags` of Instagram, a `shop` or a `folder`.

    `include_top`: also the top posts of the hashtags. `shop`: URL of a Merchant feed or a sitemap. `folder`: a path on the
    crawler's disk, and `csv` the path of its table. `site`: name of the shop or folder in image ids. `max_photos`: 0 means
    no limit. `request_id`: the same id starts no second crawl; without one the call is not safe to repeat.
    Raise ValueError unless exactly one source is given.
    """
    tags = [tag.removeprefix("#") for tag in listed("hashtags", hashtags)]
    if sum(map(bool, (tags, shop, folder))) != 1:
        raise ValueError("give exactly one of hashtags, shop and folder")
    return StartCrawlRequest(
        instagram=InstagramSource(hashtags=tags, include_top=include_top) if tags else None,
        shop=ShopSource(url=shop, site=site) if shop else None,
        folder=FolderSource(path=folder, site=site, csv=csv) if folder else None,
        max_photos=max_photos,
        request_id=request_id,
    )


def get_crawl(crawl_id: str) -> GetCrawlRequest:
    """Ask for a crawl with its counts."""
    return GetCrawlRequest(crawl_id=crawl_id)


def list_crawls(*, page_size: int = 0, page_token: str = "") -> ListCrawlsRequest:
    """Ask for crawls, newest first. `page_size`: at most 100; 0 means 20. `page_token`: that of the page before."""
    return ListCrawlsRequest(page_size=page_size, page_token=page_token)


def cancel_crawl(crawl_id: str) -> CancelCrawlRequest:
    """Ask a running crawl to stop."""
    return CancelCrawlRequest(crawl_id=crawl_id)


def erase_posts(
    posts: Iterable[tuple[str, str]] = (), *, author: str = "", site: str = ""
) -> ErasePostsRequest:
    """Erase posts and everything that was found in them, in all services.

    `posts`: pairs of a site and a post's id on it, such as ("instagram", "18023"). `author`: a handle, all of whose posts
    on `site` are erased; it is never stored.
    """
    return ErasePostsRequest(
        posts=[PostRef(site=where, post=post) for where, post in listed("posts", posts)],
        author_handle=author,
        author_site=site,
    )


def get_fate(image_id: str) -> GetFateRequest:
    """Ask what happened to a photo, such as "instagram:18023:0"."""
    return GetFateRequest(image_id=image_id)


def count_fates(*, crawl_id: str = "") -> CountFatesRequest:
    """Ask for the number of photos with each fate; of all crawls if `crawl_id` is ""."""
    return CountFatesRequest(crawl_id=crawl_id)
