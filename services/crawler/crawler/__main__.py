"""The service: `python -m crawler`."""

from __future__ import annotations

from crawler.core.authors import AuthorKeys
from crawler.crawling.crawl import Stores
from crawler.crawling.scheduler import Scheduler
from crawler.events import Outcomes
from crawler.service import NAME, CrawlerService
from crawler.settings import Settings
from crawler.storage.hashtag_budget import HashtagBudget
from crawler.storage.jobs import Jobs
from crawler.storage.ledger import Ledger
from crawler.storage.photos import Photos
from crawler.upkeep.announcer import Announcer
from crawler.upkeep.erasure import Erasures
from crawler.upkeep.expiry import Expiry
from photokit.blobs import BlobStore
from servicekit import topology
from servicekit.runtime import Runtime, run, utc_now
from snsfashion.crawler.v1.crawler_pb2_grpc import add_CrawlerServiceServicer_to_server


async def build(runtime: Runtime[Settings]) -> None:
    """Wires the service."""
    settings, db = runtime.settings, runtime.db
    jobs, ledger = Jobs(db, utc_now), Ledger(db, utc_now)
    photos = Photos(BlobStore(runtime.settings.blob_url), ledger)
    erasures = Erasures(db, runtime.js, ledger, photos, utc_now)
    announcer = Announcer(runtime.js, ledger, photos)
    budget = HashtagBudget(db, settings.instagram_user_id, utc_now)
    authors = AuthorKeys.parse(settings.author_keys.get_secret_value())
    stores = Stores(settings, jobs, ledger, photos, erasures, announcer, budget, authors, utc_now)
    scheduler = Scheduler(stores)
    expiry = Expiry(ledger, photos, utc_now)
    outcomes = Outcomes(ledger)
    for store in (jobs, ledger, erasures):
        await store.prepare()
    await erasures.finish()
    runtime.add_rpc(add_CrawlerServiceServicer_to_server, CrawlerService(stores, scheduler), NAME)
    runtime.consume(
        topology.PIPELINE,
        {topology.REJECTED: outcomes.rejected, topology.DESCRIBED: outcomes.described},
        retried=outcomes.retried,
    )
    runtime.consume(topology.DEADLETTERS, {topology.DEAD: outcomes.dead})
    for work in (scheduler.run, announcer.run, expiry.run):
        runtime.background(work)


def main() -> None:
    """Runs the crawler until SIGTERM."""
    run("crawler", Settings, build)


if __name__ == "__main__":
    main()
