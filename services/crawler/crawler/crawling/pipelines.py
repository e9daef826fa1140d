"""What happens to a sighting, one purpose a pipeline, in the order of ORDER.

A photo that is left out is counted and dropped; an error of the database or the disk ends the crawl as FAILED.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from datetime import timedelta
from pathlib import Path

from PIL import Image
from scrapy import Request
from scrapy.crawler import Crawler as ScrapyCrawler
from scrapy.exceptions import DropItem

from crawler.core import dates
from crawler.core.ledger_entry import LedgerEntry
from crawler.core.sighting import Sighting
from crawler.core.tally import Change
from crawler.crawling.crawl_run import CrawlRun
from crawler.crawling.download import failure_code
from photokit.blobs import photo_key
from photokit.photo import MAX_BYTES, BadPhoto, Photo, decode, phash
from servicekit import events, telemetry
from servicekit.photostore import Post
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.fashion.v1.fashion_pb2 import ImageRef, Provenance

_log = telemetry.log("pipelines")


class Pipeline:
    """A step. `crawl` is the crawl that it works for."""

    def __init__(self, scrapy: ScrapyCrawler, crawl: CrawlRun) -> None:
        self.scrapy = scrapy
        self.crawl = crawl

    @classmethod
    def from_crawler(cls, crawler: ScrapyCrawler) -> Pipeline:
        """Make a pipeline for Scrapy."""
        return cls(crawler, crawler.spider.crawl)  # type: ignore[union-attr]

    def skip(self, sighting: Sighting, reason: str) -> DropItem:
        """Count a photo that is left out."""
        self.crawl.tally.skip(sighting.image_id, reason)
        return DropItem(reason)

    def fail(self, sighting: Sighting, reason: str) -> DropItem:
        """Count a photo that could not be fetched."""
        self.crawl.tally.fail(sighting.image_id, reason)
        return DropItem(reason)


class ScreenPosts(Pipeline):
    """Leaves out erased posts and expired photos before anything is fetched."""

    async def process_item(self, sighting: Sighting) -> Sighting:
        """Drop the sighting, or set `known`."""
        if await self.crawl.shared.erased_posts.is_erased(Post(sighting.site, sighting.post)):
            raise self.skip(sighting, "erased")
        known = await self.crawl.shared.ledger.find([sighting.image_id])
        sighting.known = known.get(sighting.image_id)
        if sighting.known and sighting.known.facts.expired:
            raise self.skip(sighting, "expired")
        return sighting


class FetchPhoto(Pipeline):
    """Fetches the bytes, unless the photo is stored and its source never changes one."""

    async def process_item(self, sighting: Sighting) -> Sighting:
        """Set `data`."""
        known = sighting.known
        if sighting.immutable and known and known.announced >= known.facts.revision:
            return sighting
        if sighting.path:
            sighting.data = await self._read(sighting, sighting.path)
        else:
            sighting.data = await self._download(sighting)
        if not sighting.data:
            raise self.skip(sighting, "empty")
        return sighting

    async def _read(self, sighting: Sighting, path: Path) -> bytes:
        def read() -> bytes:
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)

        try:
            return await asyncio.to_thread(read)
        except OSError:
            raise self.fail(sighting, "unreadable_file") from None

    async def _download(self, sighting: Sighting) -> bytes:
        try:
            request = Request(
                sighting.url,
                headers={"Accept": "image/jpeg,image/png,image/webp,image/gif"},
                meta={
                    "dont_obey_robotstxt": sighting.authorized,
                    "download_maxsize": MAX_BYTES,
                },
            )
            response = await self.scrapy.engine.download_async(request)
        except Exception as error:
            code = failure_code(error)
            if code == "too_large":
                raise self.skip(sighting, code) from None
            raise self.fail(sighting, code) from None
        if response.status != 200:
            raise self.fail(sighting, f"http_{response.status}")
        return response.body


class CheckPhoto(Pipeline):
    """Decodes the bytes, whatever the server or the file name calls them. An animation is left out."""

    async def process_item(self, sighting: Sighting) -> Sighting:
        """Set `image` and `taken_at`."""
        if not sighting.data:
            return sighting
        loop = asyncio.get_running_loop()
        try:
            photo, phash_ = await loop.run_in_executor(
                self.crawl.shared.decoding, _decode, sighting.data
            )
        except BadPhoto as error:
            raise self.skip(sighting, error.code) from None
        except Exception as error:  # a decoder's own fault must not end the crawl
            _log.warning("undecodable", image_id=sighting.image_id, error=repr(error))
            raise self.skip(sighting, "undecodable") from None
        digest = hashlib.sha256(sighting.data).digest()
        height, width = photo.pixels.shape[:2]
        sighting.taken_at = photo.taken_at
        sighting.image = ImageRef(
            image_id=sighting.image_id,
            sha256=digest,
            phash=phash_,
            key=photo_key(digest),
            width=width,
            height=height,
            media_type=photo.media_type,
        )
        return sighting


def _decode(data: bytes) -> tuple[Photo, int]:
    photo = decode(data)
    if photo.media_type != "image/jpeg":  # a JPEG of several frames is a stereo or HDR photo
        with Image.open(io.BytesIO(data)) as image:
            if getattr(image, "is_animated", False):
                raise BadPhoto("animation", "it has several frames")
    return photo, phash(photo.pixels)


class EnterPhoto(Pipeline):
    """Enters the photo in the ledger, before its bytes are stored, so that no bytes are ever without an owner."""

    async def process_item(self, sighting: Sighting) -> Sighting:
        """Set `entry`."""
        shared, crawl_id = self.crawl.shared, self.crawl.job.crawl_id
        image = sighting.image
        if image is None:
            assert sighting.known is not None  # else it was fetched
            image = sighting.known.image
        expires_at = None
        if sighting.kind == fashion_pb2.SOURCE_KIND_SOCIAL:
            expires_at = shared.clock() + timedelta(days=shared.settings.social_photo_days)
        sighting.entry = await shared.ledger.enter(
            image, self._provenance(sighting), crawl_id=crawl_id, expires_at=expires_at
        )
        if sighting.entry is None:  # erased while it was fetched
            raise self.skip(sighting, "erased")
        return sighting

    def _provenance(self, sighting: Sighting) -> Provenance:
        job, clock = self.crawl.job, self.crawl.shared.clock
        posted_at, date_source = dates.choose_date(
            sighting.stated_date,
            dates.parse_exif(sighting.taken_at, clock()),
            sighting.csv_date,
            job.created_at,
        )
        return Provenance(
            site=sighting.site,
            post=sighting.post,
            position=sighting.position,
            kind=sighting.kind,
            author_key=sighting.author_key,
            hashtags=sorted(sighting.hashtags),
            style=sighting.style,
            posted_at=events.timestamp(posted_at),
            date_source=date_source,
            page=sighting.page,
            product=sighting.product,
        )


class StorePhoto(Pipeline):
    """Stores the bytes."""

    async def process_item(self, sighting: Sighting) -> Sighting:
        """Store them, unless the post was erased since the photo was entered."""
        image, photo_bytes = sighting.image, self.crawl.shared.photo_bytes
        if image and not await photo_bytes.store(image.sha256, sighting.data, sighting.image_id):
            raise self.skip(sighting, "erased")
        return sighting


class AnnouncePhoto(Pipeline):
    """Publishes ImageCrawled if the present revision was never acknowledged, and counts."""

    async def process_item(self, sighting: Sighting) -> Sighting:
        """Announce and count it."""
        entry = sighting.entry
        assert entry is not None  # set by EnterPhoto
        revision = None
        if entry.announced < entry.facts.revision and await self.crawl.shared.announce(entry):
            revision = entry.facts.revision
        self.crawl.tally.mark_known(sighting.image_id, _change(entry, self.crawl.job.crawl_id))
        await self.crawl.note(sighting.image_id, revision)
        return sighting


def _change(entry: LedgerEntry, crawl_id: str) -> Change:
    """Return what the crawl did to a photo; the same after the crawl was killed and ran again."""
    if entry.stored_by == crawl_id:
        return "stored"
    return "updated" if entry.changed_by == crawl_id else "unchanged"


ORDER = {
    ScreenPosts: 100,
    FetchPhoto: 200,
    CheckPhoto: 300,
    EnterPhoto: 400,
    StorePhoto: 500,
    AnnouncePhoto: 600,
}
