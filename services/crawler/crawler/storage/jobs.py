"""Crawl jobs in MongoDB: what was asked for, how far it is, and which photos it met."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError

from crawler.core.tally import Counts
from servicekit import events
from servicekit.mongo import Database, Document
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.crawler.v1.crawler_pb2 import Crawl, CrawlState, StartCrawlRequest

# How long CountFates can be asked for the photos of one crawl.
_SIGHTINGS_KEPT = timedelta(days=90)
MAX_STARTS = 10
_OPEN = (crawler_pb2.CRAWL_STATE_QUEUED, crawler_pb2.CRAWL_STATE_RUNNING)


@dataclass(frozen=True)
class Job:
    """A crawl that is to be run."""

    crawl_id: str
    request: StartCrawlRequest
    created_at: datetime


class Jobs:
    """Reads and changes jobs."""

    def __init__(
        self,
        db: Database,
        clock: Callable[[], datetime],
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._crawls = db["crawls"]
        self._sightings = db["crawl_sightings"]
        self._clock = clock
        self._new_id = new_id

    async def prepare(self) -> None:
        """Create the indexes; repeating it changes nothing."""
        await self._crawls.create_index("order")
        await self._crawls.create_index("state")
        await self._sightings.create_index("crawl_id")
        await self._sightings.create_index(
            "at", expireAfterSeconds=int(_SIGHTINGS_KEPT.total_seconds())
        )

    async def add(self, request: StartCrawlRequest) -> Crawl:
        """Queue a job and return it; a request id that is known returns its job."""
        # The id follows from the request id, so that two calls at once can't both insert.
        crawl_id = (
            "r" + hashlib.sha256(request.request_id.encode()).hexdigest()[:31]
            if request.request_id
            else self._new_id()
        )
        now = self._clock()
        document = {
            "_id": crawl_id,
            "order": f"{now:%Y%m%dT%H%M%S.%f}-{crawl_id}",
            "request": request.SerializeToString(),
            "state": crawler_pb2.CRAWL_STATE_QUEUED,
            "starts": 0,
            "created_at": now,
            "finished_at": None,
            "counts": _counts_document(Counts()),
            "error": "",
        }
        try:
            await self._crawls.insert_one(document)
        except DuplicateKeyError:
            known = await self.find(crawl_id)
            assert known is not None  # jobs are never deleted
            return known
        return _crawl(document)

    async def find(self, crawl_id: str) -> Crawl | None:
        """Return a job, or None if there is none with this id."""
        document = await self._crawls.find_one({"_id": crawl_id})
        return _crawl(document) if document else None

    async def find_page(self, size: int, token: str) -> tuple[list[Crawl], str]:
        """Return jobs, newest first, and the token of the next page ("" on the last)."""
        query = {"order": {"$lt": token}} if token else {}
        found = self._crawls.find(query).sort("order", -1).limit(size + 1)
        documents = [document async for document in found]
        more = len(documents) > size
        return [_crawl(d) for d in documents[:size]], documents[size - 1]["order"] if more else ""

    async def take(self) -> Job | None:
        """Mark the oldest queued job as running, and return it."""
        document = await self._crawls.find_one_and_update(
            {"state": crawler_pb2.CRAWL_STATE_QUEUED},
            {"$set": {"state": crawler_pb2.CRAWL_STATE_RUNNING}, "$inc": {"starts": 1}},
            sort=[("order", 1)],
        )
        if document is None:
            return None
        return Job(
            document["_id"],
            StartCrawlRequest.FromString(document["request"]),
            document["created_at"],
        )

    async def requeue_running(self) -> None:
        """Queue what was running when the service died: it is run again from its source.

        A job that was begun MAX_STARTS times ends as FAILED: it may be what kills the service.
        """
        await self._crawls.update_many(
            {"state": crawler_pb2.CRAWL_STATE_RUNNING, "starts": {"$gte": MAX_STARTS}},
            {
                "$set": {
                    "state": crawler_pb2.CRAWL_STATE_FAILED,
                    "error": f"the crawler died {MAX_STARTS} times while this ran",
                    "finished_at": self._clock(),
                }
            },
        )
        await self._crawls.update_many(
            {"state": crawler_pb2.CRAWL_STATE_RUNNING},
            {"$set": {"state": crawler_pb2.CRAWL_STATE_QUEUED}},
        )

    async def note_progress(self, crawl_id: str, counts: Counts, image_ids: Sequence[str]) -> None:
        """Note the counts of a running job and photos that it met."""
        if image_ids:
            await self._sightings.insert_one(
                {"crawl_id": crawl_id, "image_ids": list(image_ids), "at": self._clock()}
            )
        await self._crawls.update_one(
            {"_id": crawl_id}, {"$set": {"counts": _counts_document(counts)}}
        )

    async def finish(self, crawl_id: str, state: CrawlState.ValueType, error: str = "") -> None:
        """End an open job."""
        await self._crawls.update_one(
            {"_id": crawl_id, "state": {"$in": list(_OPEN)}},
            {"$set": {"state": state, "error": error, "finished_at": self._clock()}},
        )

    async def cancel_queued(self, crawl_id: str) -> None:
        """End a job that has not begun."""
        await self._crawls.update_one(
            {"_id": crawl_id, "state": crawler_pb2.CRAWL_STATE_QUEUED},
            {
                "$set": {
                    "state": crawler_pb2.CRAWL_STATE_CANCELLED,
                    "finished_at": self._clock(),
                }
            },
        )

    async def find_photos(self, crawl_id: str) -> set[str]:
        """Return the image ids of the photos that a job met and that are in the ledger."""
        found = self._sightings.find({"crawl_id": crawl_id})
        return {image_id async for document in found for image_id in document["image_ids"]}


def _counts_document(counts: Counts) -> Document:
    return dict(vars(counts))


def _crawl(document: Document) -> Crawl:
    counts = document["counts"]
    request = StartCrawlRequest.FromString(document["request"])
    crawl = Crawl(
        crawl_id=document["_id"],
        state=document["state"],
        spider=request.WhichOneof("source") or "",
        created_at=events.timestamp(document["created_at"]),
        error=document["error"],
        **counts,
    )
    if document["finished_at"]:
        crawl.finished_at.CopyFrom(events.timestamp(document["finished_at"]))
    return crawl
