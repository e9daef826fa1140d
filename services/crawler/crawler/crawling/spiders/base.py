"""What all spiders share."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.core.sighting import Sighting
from crawler.crawling.crawl_run import CrawlRun
from crawler.crawling.download import failure_code
from servicekit import telemetry

# Photos on their way through the pipelines at once.
IN_FLIGHT = 16
# Feeds and sitemaps may be larger than photos.
MAX_PAGE_BYTES = 100_000_000

_log = telemetry.log("spider")


class CrawlFailed(Exception):
    """The crawl can't do its work; the text is for a person."""


class PageFailed(Exception):
    """A page could not be read. `code` names why in the job's counts."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class PhotoSpider(Spider):
    """A spider that yields sightings, no faster than the pipelines take them."""

    crawl: CrawlRun

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> PhotoSpider:
        """Make a spider for Scrapy, which gives `crawl` as a keyword."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(spider._photo_done, signal)
        return spider

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._room = asyncio.Semaphore(IN_FLIGHT)

    def _photo_done(self) -> None:
        self._room.release()

    @abstractmethod
    def sightings(self) -> AsyncIterator[Sighting]:
        """Return the photos of the source. Raise CrawlFailed."""

    async def start(self) -> AsyncIterator[Sighting]:
        """Give Scrapy the sightings, at most as many as the job asks for."""
        limit = self.crawl.job.request.max_photos
        number = 0
        try:
            async for sighting in self.sightings():
                await self._room.acquire()
                if self.crawl.stopping:
                    break
                yield sighting
                number += 1
                if limit and number >= limit:
                    break
        except CrawlFailed as error:
            self.crawl.error = str(error)
        except Exception as error:
            _log.exception("spider_failed", crawl_id=self.crawl.job.crawl_id)
            self.crawl.error = f"internal error in the {self.name} spider: {type(error).__name__}"
        await self._pipelines_empty()

    async def _pipelines_empty(self) -> None:
        # Scrapy notices an end that no request announces only at its next heartbeat, up to 5 s later; unless it is
        # the end of `start`.
        slot = self.crawler.engine.scraper.slot
        while slot is not None and not slot.is_idle():  # noqa: ASYNC110 - Scrapy has no event for it
            await asyncio.sleep(0.01)

    async def fetch(self, url: str, **meta: Any) -> Response:
        """Return a page, whatever its status. Raise PageFailed."""
        request = Request(url, meta={"download_maxsize": MAX_PAGE_BYTES, **meta})
        try:
            return await self.crawler.engine.download_async(request)
        except Exception as error:
            raise PageFailed(failure_code(error), str(error)) from error

    async def page(self, url: str, **meta: Any) -> Response:
        """Return a page with status 200. Raise PageFailed."""
        response = await self.fetch(url, **meta)
        if response.status != 200:
            raise PageFailed(f"http_{response.status}", f"{url} answered {response.status}")
        return response
