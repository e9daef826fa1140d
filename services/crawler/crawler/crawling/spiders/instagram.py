"""Hashtags of Instagram through its official Graph API: the only way that its terms allow.

https://developers.facebook.com/docs/instagram-platform/instagram-api-with-facebook-login/hashtag-search
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from crawler.core import dates
from crawler.core.instagram import MAX_HASHTAGS, SITE
from crawler.core.sighting import Sighting
from crawler.crawling.download import SECRET_QUERY
from crawler.crawling.spiders.base import CrawlFailed, PageFailed, PhotoSpider
from fashion import hashtags
from snsfashion.fashion.v1 import fashion_pb2

PAGE_SIZE = 50  # the API's maximum
FIELDS = "id,media_type,media_url,caption,timestamp,children{id,media_type,media_url}"
# https://developers.facebook.com/docs/graph-api/guides/error-handling
_ERROR_CODES = {4: "rate_limited", 17: "rate_limited", 32: "rate_limited", 613: "rate_limited"}

Media = dict[str, Any]


class InstagramSpider(PhotoSpider):
    """The hashtags' recent and, if asked for, top media. The API names no author, so there is none.

    All pages are listed before any photo: one post appears under several hashtags, and should be announced once,
    with all of them.
    """

    name = "instagram"

    async def sightings(self) -> AsyncIterator[Sighting]:
        """Yield the photos of all hashtags, each post once."""
        source = self.crawl.job.request.instagram
        posts: dict[str, Media] = {}
        tags: dict[str, set[str]] = {}
        errors: list[PageFailed] = []
        for hashtag in source.hashtags:
            try:
                async for media in self._media(hashtag, source.include_top):
                    posts.setdefault(media["id"], media)
                    tags.setdefault(media["id"], set()).add(hashtag)
            except PageFailed as error:
                errors.append(error)
                self.crawl.tally.fail_page(f"#{hashtag}", error.code)
        if errors and not posts:
            raise CrawlFailed(str(errors[0]))
        for media_id, media in posts.items():
            for sighting in self._photos(media, tags[media_id]):
                yield sighting

    async def _media(self, hashtag: str, include_top: bool) -> AsyncIterator[Media]:
        if not await self.crawl.shared.budget.take(hashtag):
            raise PageFailed(
                "hashtag_limit",
                f"#{hashtag} would be one more than the {MAX_HASHTAGS} hashtags that the API allows in 7 days",
            )
        found = await self._get("ig_hashtag_search", q=hashtag)
        for node in found["data"]:
            for edge in ("recent_media", "top_media")[: 1 + include_top]:
                async for media in self._pages(f"{node['id']}/{edge}"):
                    yield media

    async def _pages(self, edge: str) -> AsyncIterator[Media]:
        after: dict[str, str] = {}
        while True:
            page = await self._get(edge, fields=FIELDS, limit=str(PAGE_SIZE), **after)
            for media in page["data"]:
                yield media
            paging = page.get("paging", {})
            # `next` holds the token: its cursor is used instead.
            if not paging.get("next") or not page["data"]:
                return
            after = {"after": paging["cursors"]["after"]}

    async def _get(self, path: str, **parameters: str) -> dict[str, Any]:
        settings = self.crawl.shared.settings
        token = settings.instagram_access_token.get_secret_value()
        query = urlencode({"user_id": settings.instagram_user_id, **parameters})
        response = await self.fetch(
            f"{settings.instagram_graph_url.rstrip('/')}/{path}?{query}",
            **{SECRET_QUERY: {"access_token": token}},
            dont_obey_robotstxt=True,  # an API for this use
            dont_redirect=True,  # the token goes nowhere else
        )
        try:
            answer = json.loads(response.body)
            if response.status == 200 and isinstance(answer["data"], list):
                return answer  # type: ignore[no-any-return]
            error = answer["error"]
            code = int(error["code"])
            # The API quotes a malformed token in its message.
            message = str(error.get("message", "")).replace(token, "***")
        except (ValueError, KeyError, TypeError):
            raise PageFailed(
                f"http_{response.status}",
                f"the Graph API answered {path} with status {response.status} and no JSON of its own",
            ) from None
        raise PageFailed(
            _ERROR_CODES.get(code, f"api_error_{code}"),
            f"Graph API error {code} at {path}: {message}",
        )

    def _photos(self, media: Media, searched: set[str]) -> list[Sighting]:
        children = media.get("children", {}).get("data") or [media]
        tags = hashtags.find_in_caption(media.get("caption", "")) | hashtags.normalize_all(searched)
        sightings = []
        for position, child in enumerate(children):
            sighting = Sighting(
                site=SITE,
                post=media["id"],
                position=position,
                kind=fashion_pb2.SOURCE_KIND_SOCIAL,
                url=child.get("media_url", ""),
                hashtags=tags,
                stated_date=dates.parse_iso(media.get("timestamp", "")),
                authorized=True,
                immutable=True,
            )
            if child.get("media_type") == "VIDEO":
                self.crawl.tally.skip(sighting.image_id, "video")
            elif not sighting.url:  # withheld by the API, such as for copyright
                self.crawl.tally.skip(sighting.image_id, "no_address")
            else:
                sightings.append(sighting)
        return sightings
