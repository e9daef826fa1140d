"""The RPCs of crawler.v1. Requests have passed the rules of the contract."""

from __future__ import annotations

import asyncio

from crawler import requests
from crawler.core.authors import AuthorKeys
from crawler.core.ledger_entry import LedgerEntry
from crawler.core.sighting import post_id
from crawler.crawling.scheduler import Scheduler
from crawler.settings import Settings
from crawler.storage.jobs import Jobs
from crawler.storage.ledger import Ledger
from crawler.upkeep.erasure import Erasure
from servicekit import events
from servicekit.errors import FailedPrecondition, NotFound
from servicekit.photostore import Post
from servicekit.rpc import Context
from snsfashion.crawler.v1 import crawler_pb2_grpc
from snsfashion.crawler.v1.crawler_pb2 import (
    CancelCrawlRequest,
    CancelCrawlResponse,
    CountFatesRequest,
    CountFatesResponse,
    Crawl,
    ErasePostsRequest,
    ErasePostsResponse,
    FateCount,
    FateRecord,
    GetCrawlRequest,
    GetCrawlResponse,
    GetFateRequest,
    GetFateResponse,
    ListCrawlsRequest,
    ListCrawlsResponse,
    StartCrawlRequest,
    StartCrawlResponse,
)
from snsfashion.fashion.v1.fashion_pb2 import Generations

DEFAULT_PAGE = 20


class CrawlerService(crawler_pb2_grpc.CrawlerServiceServicer):
    """Answers the calls that crawler.proto describes."""

    def __init__(
        self,
        settings: Settings,
        authors: AuthorKeys,
        jobs: Jobs,
        ledger: Ledger,
        erasure: Erasure,
        scheduler: Scheduler,
    ) -> None:
        self._settings = settings
        self._authors = authors
        self._jobs = jobs
        self._ledger = ledger
        self._erasure = erasure
        self._scheduler = scheduler

    async def StartCrawl(self, request: StartCrawlRequest, context: Context) -> StartCrawlResponse:
        """Queue a crawl."""
        crawl = await self._jobs.add(await requests.check(request, self._settings))
        self._scheduler.wake()
        return StartCrawlResponse(crawl=crawl)

    async def GetCrawl(self, request: GetCrawlRequest, context: Context) -> GetCrawlResponse:
        """Return a crawl with its counts."""
        return GetCrawlResponse(crawl=await self._find_crawl(request.crawl_id))

    async def ListCrawls(self, request: ListCrawlsRequest, context: Context) -> ListCrawlsResponse:
        """Return a page of crawls, newest first."""
        size = request.page_size or DEFAULT_PAGE
        crawls, token = await self._jobs.find_page(size, request.page_token)
        return ListCrawlsResponse(crawls=crawls, next_page_token=token)

    async def CancelCrawl(
        self, request: CancelCrawlRequest, context: Context
    ) -> CancelCrawlResponse:
        """Stop a crawl."""
        await self._find_crawl(request.crawl_id)
        await self._scheduler.cancel(request.crawl_id)
        return CancelCrawlResponse(crawl=await self._find_crawl(request.crawl_id))

    async def ErasePosts(self, request: ErasePostsRequest, context: Context) -> ErasePostsResponse:
        """Erase posts, and those that are known of an author."""
        posts = {Post(post.site, post_id(post.site, post.post)) for post in request.posts}
        if request.author_handle:
            keys = self._authors.all(request.author_site, request.author_handle)
            if not keys:
                raise FailedPrecondition("AUTHOR_KEYS is not set, so no author is known")
            posts |= await self._ledger.find_posts(request.author_site, keys)
        # To its end even if the caller hangs up. After a crash the next start does the rest.
        photos = await asyncio.shield(asyncio.ensure_future(self._erasure.erase(posts)))
        return ErasePostsResponse(posts=len(posts), photos=photos)

    async def GetFate(self, request: GetFateRequest, context: Context) -> GetFateResponse:
        """Return what became of a photo."""
        entry = (await self._ledger.find([request.image_id])).get(request.image_id)
        if entry is None:
            raise NotFound(f"photo {request.image_id} was never seen")
        return GetFateResponse(record=_fate_record(entry))

    async def CountFates(self, request: CountFatesRequest, context: Context) -> CountFatesResponse:
        """Count photos by fate."""
        image_ids = None
        if request.crawl_id:
            await self._find_crawl(request.crawl_id)
            image_ids = await self._jobs.find_photos(request.crawl_id)
        counts = await self._ledger.count(image_ids)
        return CountFatesResponse(
            counts=[FateCount(fate=fate, photos=counts[fate]) for fate in sorted(counts)],
            total=counts.total(),
        )

    async def _find_crawl(self, crawl_id: str) -> Crawl:
        crawl = await self._jobs.find(crawl_id)
        if crawl is None:
            raise NotFound(f"no crawl has the id {crawl_id}")
        return crawl


def _fate_record(entry: LedgerEntry) -> FateRecord:
    fate, reason = entry.fate
    facts, outcome = entry.facts, entry.facts.outcome
    result = FateRecord(
        image_id=entry.image_id,
        fate=fate,
        reason=reason,
        updated_at=events.timestamp(entry.updated_at),
    )
    if facts.erased:
        return result
    result.image.CopyFrom(entry.image)
    result.provenance.CopyFrom(entry.provenance)
    result.generations.CopyFrom(Generations(provenance=facts.revision))
    if outcome and fate == outcome.fate:
        provenance, classifier, segmenter, color = outcome.order
        result.generations.CopyFrom(
            Generations(
                provenance=provenance, classifier=classifier, segmenter=segmenter, color=color
            )
        )
        result.garments = outcome.garments
    return result
