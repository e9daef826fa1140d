"""A shop, by its Merchant feed, or by its sitemap and the structured data of its product pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from scrapy.http import Response
from scrapy.utils.sitemap import Sitemap

from crawler.core.sighting import Sighting
from crawler.crawling.spiders.base import CrawlFailed, PageFailed, PhotoSpider
from crawler.readers import merchant_feed, product_page
from crawler.readers.offer import Offer
from snsfashion.fashion.v1 import fashion_pb2

# sitemaps.org: an index holds sitemaps only, so one level; some shops nest twice.
MAX_SITEMAP_DEPTH = 3


class ShopSpider(PhotoSpider):
    """All product photos of a shop."""

    name = "shop"

    async def sightings(self) -> AsyncIterator[Sighting]:
        """Yield the photos of all products."""
        source = self.crawl.job.request.shop
        # An IPv6 host would break the parts of image ids.
        site = source.site or (urlsplit(source.url).hostname or "").replace(":", ".")
        try:
            first = await self.page(source.url)
            offers = self._offers(first, source.url)
            async for offer in offers:
                for sighting in _photos(site, offer):
                    yield sighting
        except PageFailed as error:
            raise CrawlFailed(f"{error.code}: {error}") from error

    async def _offers(self, response: Response, url: str) -> AsyncIterator[Offer]:
        if merchant_feed.is_feed(response.body):
            for offer in merchant_feed.offers(response.body, url):
                yield offer
            return
        async for page_url in self._pages(response, url, MAX_SITEMAP_DEPTH):
            try:
                page = await self.page(page_url)
            except PageFailed as error:
                self.crawl.tally.fail_page(page_url, error.code)
                continue
            for offer in product_page.offers(page.body, page.url):
                yield offer

    async def _pages(self, response: Response, url: str, depth: int) -> AsyncIterator[str]:
        """Yield the addresses of pages in a sitemap and the sitemaps below it. Raise PageFailed if it is not a sitemap."""
        try:
            sitemap = Sitemap(response.body)
        except Exception as error:  # lxml's own error, which depends on its version
            raise PageFailed("not_a_feed", f"{url} is not XML: {error}") from error
        if sitemap.type not in ("urlset", "sitemapindex"):
            raise PageFailed("not_a_feed", f"{url} is neither a Merchant feed nor a sitemap")
        for entry in sitemap:
            address = entry.get("loc", "")
            if not address.startswith(("http://", "https://")):
                continue
            if sitemap.type == "urlset":
                yield address
            elif depth > 1:
                try:
                    inner = await self.page(address)
                    async for page_url in self._pages(inner, address, depth - 1):
                        yield page_url
                except PageFailed as error:
                    self.crawl.tally.fail_page(address, error.code)


def _photos(site: str, offer: Offer) -> list[Sighting]:
    return [
        Sighting(
            site=site,
            post=offer.product.product_id,
            position=position,
            kind=fashion_pb2.SOURCE_KIND_SHOP,
            url=image,
            style=offer.style,
            page=offer.product.url,
            product=offer.product,
        )
        for position, image in enumerate(offer.images)
    ]
