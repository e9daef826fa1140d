"""The RPCs of crawler.v1."""

from __future__ import annotations

import asyncio
from typing import Any

from crawler import requests
from crawler.core.record import Record
from crawler.core.sighting import post_id
from crawler.crawling.crawl import Stores
from crawler.crawling.scheduler import Scheduler
from servicekit import events
from servicekit.errors import FailedPrecondition, InvalidArgument, NotFound
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

NAME = "snsfashion.crawler.v1.CrawlerService"
MAX_PAGE = 100
MAX_POSTS = 1000
_CRAWL_ID_BYTES = 64


class CrawlerService(crawler_pb2_grpc.CrawlerServiceServicer):
    """See crawler.proto."""

    def __init__(self, stores: Stores, scheduler: Scheduler) -> None:
        self._stores = stores
        self._scheduler = scheduler

    async def StartCrawl(self, request: StartCrawlRequest, context: Any) -> StartCrawlResponse:
        """See crawler.proto."""
        crawl = await self._stores.jobs.add(await requests.checked(request, self._stores.settings))
        self._scheduler.wake()
        return StartCrawlResponse(crawl=crawl)

    async def GetCrawl(self, request: GetCrawlRequest, context: Any) -> GetCrawlResponse:
        """See crawler.proto."""
        return GetCrawlResponse(crawl=await self._crawl(request.crawl_id))

    async def ListCrawls(self, request: ListCrawlsRequest, context: Any) -> ListCrawlsResponse:
        """See crawler.proto."""
        if request.page_size > MAX_PAGE:
            raise InvalidArgument("page_size", f"is more than {MAX_PAGE}")
        if len(request.page_token) > 128:
            raise InvalidArgument("page_token", "is none that ListCrawls gave")
        crawls, token = await self._stores.jobs.page(request.page_size or 20, request.page_token)
        return ListCrawlsResponse(crawls=crawls, next_page_token=token)

    async def CancelCrawl(self, request: CancelCrawlRequest, context: Any) -> CancelCrawlResponse:
        """See crawler.proto."""
        await self._crawl(request.crawl_id)
        await self._scheduler.cancel(request.crawl_id)
        return CancelCrawlResponse(crawl=await self._crawl(request.crawl_id))

    async def ErasePosts(self, request: ErasePostsRequest, context: Any) -> ErasePostsResponse:
        """See crawler.proto."""
        posts = _posts(request)
        if request.author_handle:
            keys = self._stores.authors.all(request.author_site, request.author_handle)
            if not keys:
                raise FailedPrecondition("no AUTHOR_KEYS are set, so no author is known")
            posts |= await self._stores.ledger.posts_by(request.author_site, keys)
        # To its end even if the caller hangs up; a crash is mended when the service starts.
        photos = await asyncio.shield(asyncio.ensure_future(self._stores.erasures.erase(posts)))
        return ErasePostsResponse(posts=len(posts), photos=photos)

    async def GetFate(self, request: GetFateRequest, context: Any) -> GetFateResponse:
        """See crawler.proto."""
        if not 0 < len(request.image_id.encode()) <= 256:
            raise InvalidArgument("image_id", "is empty or longer than 256 bytes")
        found = await self._stores.ledger.get([request.image_id])
        if request.image_id not in found:
            raise NotFound(f"no photo {request.image_id} was ever seen")
        return GetFateResponse(record=_fate_record(found[request.image_id]))

    async def CountFates(self, request: CountFatesRequest, context: Any) -> CountFatesResponse:
        """See crawler.proto."""
        image_ids = None
        if request.crawl_id:
            await self._crawl(request.crawl_id)
            image_ids = await self._stores.jobs.photos_of(request.crawl_id)
        counts = await self._stores.ledger.count(image_ids)
        return CountFatesResponse(
            counts=[FateCount(fate=fate, photos=counts[fate]) for fate in sorted(counts)],
            total=counts.total(),
        )

    async def _crawl(self, crawl_id: str) -> Crawl:
        if not 0 < len(crawl_id.encode()) <= _CRAWL_ID_BYTES:
            raise InvalidArgument("crawl_id", f"is empty or longer than {_CRAWL_ID_BYTES} bytes")
        crawl = await self._stores.jobs.get(crawl_id)
        if crawl is None:
            raise NotFound(f"no crawl {crawl_id}")
        return crawl


def _posts(request: ErasePostsRequest) -> set[tuple[str, str]]:
    if not request.posts and not request.author_handle:
        raise InvalidArgument("posts", "are empty, and so is author_handle")
    if len(request.posts) > MAX_POSTS:
        raise InvalidArgument("posts", f"are {len(request.posts)}; at most {MAX_POSTS}")
    if request.author_handle and not request.author_site:
        raise InvalidArgument("author_site", "is required with author_handle")
    for number, post in enumerate(request.posts):
        for field in ("site", "post"):
            if not 0 < len(getattr(post, field).encode()) <= 256 or (
                field == "site" and ":" in post.site
            ):
                raise InvalidArgument(
                    f"posts[{number}].{field}", "is empty, longer than 256 bytes or no site"
                )
    return {(post.site, post_id(post.site, post.post)) for post in request.posts}


def _fate_record(record: Record) -> FateRecord:
    fate, reason = record.fate
    facts, outcome = record.facts, record.facts.outcome
    result = FateRecord(
        image_id=record.image_id,
        fate=fate,
        reason=reason,
        updated_at=events.timestamp(record.updated_at),
    )
    if facts.erased:
        return result
    result.image.CopyFrom(record.image)
    result.provenance.CopyFrom(record.provenance)
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
