"""Runs crawl jobs with Scrapy, in the service's own event loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerRunner

from crawler.crawling import pipelines
from crawler.crawling.crawl_run import CrawlRun, Shared
from crawler.crawling.download import GuardedDownloadHandler, RetryAfterMiddleware
from crawler.crawling.spiders.base import PhotoSpider
from crawler.crawling.spiders.folder import FolderSpider
from crawler.crawling.spiders.instagram import InstagramSpider
from crawler.crawling.spiders.shop import ShopSpider
from crawler.settings import Settings
from crawler.storage.jobs import Job
from photokit.photo import MAX_BYTES
from servicekit import telemetry
from snsfashion.crawler.v1 import crawler_pb2

SPIDERS: dict[str, type[PhotoSpider]] = {
    "instagram": InstagramSpider,
    "shop": ShopSpider,
    "folder": FolderSpider,
}
MAX_RUNNING = 4
_POLL_S = 5.0
_STOP_S = 5.0

_log = telemetry.log("scheduler")


def scrapy_settings(settings: Settings) -> dict[str, Any]:
    """Return Scrapy's settings for every crawl."""
    contact = f" (+{settings.crawl_contact_url})" if settings.crawl_contact_url else ""
    return {
        # Scrapy's mode without a Twisted reactor: it runs on the asyncio loop that gRPC and NATS use.
        "TWISTED_REACTOR_ENABLED": False,
        "USER_AGENT": f"snsfashion-crawler/{version('snsfashion-crawler')}{contact}",
        "ITEM_PIPELINES": pipelines.ORDER,
        "DOWNLOAD_HANDLERS": {
            "http": GuardedDownloadHandler,
            "https": GuardedDownloadHandler,
            **dict.fromkeys(("data", "file", "ftp", "s3")),
        },
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
            RetryAfterMiddleware: 550,
        },
        # Polite.
        "ROBOTSTXT_OBEY": True,
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": 0.1,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": settings.crawl_concurrency,
        # Safe. A proxy would connect in our place, past the guard.
        "CRAWL_ALLOW_PRIVATE": settings.crawl_allow_private,
        "HTTPPROXY_ENABLED": False,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_MAXSIZE": MAX_BYTES,
        "DOWNLOAD_TIMEOUT": 30,
        "REDIRECT_MAX_TIMES": 5,
        "METAREFRESH_ENABLED": False,
        "COOKIES_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "MEMUSAGE_ENABLED": False,
        # Quiet: jobs have counts of their own.
        "LOGSTATS_INTERVAL": 0,
        "STATS_DUMP": False,
        "DEFAULT_DROPITEM_LOG_LEVEL": "DEBUG",
        "RETRY_GIVE_UP_LOG_LEVEL": "INFO",
    }


class Scheduler:
    """Takes jobs, oldest first, and runs up to MAX_RUNNING at once."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._jobs = shared.jobs
        self._runner = AsyncCrawlerRunner(scrapy_settings(shared.settings))
        self._wake = asyncio.Event()
        self._running: dict[str, CrawlRun] = {}

    def wake(self) -> None:
        """Look for a job at once: one was queued."""
        self._wake.set()

    async def cancel(self, crawl_id: str) -> None:
        """End a queued job; a running one stops after the requests in flight."""
        await self._jobs.cancel_queued(crawl_id)
        if running := self._running.get(crawl_id):
            running.canceled = running.stopping = True

    async def run(self) -> None:
        """Run jobs until it is canceled. What was running when the service died is run again: nothing is stored twice."""
        await self._jobs.requeue_running()
        tasks: set[asyncio.Task[None]] = set()
        try:
            while True:
                self._wake.clear()
                while len(tasks) < MAX_RUNNING and (job := await self._jobs.take()):
                    tasks.add(asyncio.create_task(self.run_job(job), name=f"crawl {job.crawl_id}"))
                waiting = asyncio.create_task(self._wake.wait())
                done, _ = await asyncio.wait(
                    {waiting, *tasks}, timeout=_POLL_S, return_when=asyncio.FIRST_COMPLETED
                )
                waiting.cancel()
                for task in done & tasks:
                    task.result()  # a job that could not even be ended ends the service
                tasks -= done
        finally:
            # Unfinished jobs stay RUNNING in the database, for the next start.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def run_job(self, job: Job) -> None:
        """Run one crawl to its end, and note the end."""
        crawl = self._running[job.crawl_id] = CrawlRun(job, self._shared)
        spider = SPIDERS[job.request.WhichOneof("source") or ""]
        scrapy = self._runner.create_crawler(spider)
        scrapy.signals.connect(crawl.fail, signals.item_error)
        flushing = asyncio.create_task(crawl.flush_regularly())
        _log.info("crawl_started", crawl_id=job.crawl_id, spider=spider.name)
        try:
            # Shielded: Scrapy takes a cancellation for an end, and the job would count as finished.
            await asyncio.shield(self._runner.crawl(scrapy, crawl=crawl))
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOP_S):
                    await scrapy.stop_async()
            raise
        except Exception as error:  # one crawl must not end the service
            _log.exception("crawl_broke", crawl_id=job.crawl_id)
            crawl.error = f"internal error: {type(error).__name__}"
        finally:
            flushing.cancel()
            await asyncio.gather(flushing, return_exceptions=True)
            del self._running[job.crawl_id]
        await crawl.flush()
        state = crawler_pb2.CRAWL_STATE_FINISHED
        if crawl.error:
            state = crawler_pb2.CRAWL_STATE_FAILED
        elif crawl.canceled:
            state = crawler_pb2.CRAWL_STATE_CANCELLED
        await self._jobs.finish(job.crawl_id, state, crawl.error)
        counts = vars(crawl.tally.counts())
        _log.info("crawl_ended", crawl_id=job.crawl_id, error=crawl.error, **counts)
