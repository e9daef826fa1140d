"""The crawler, wired."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.core.authors import AuthorKeys
from crawler.crawling.crawl_run import Shared
from crawler.crawling.scheduler import Scheduler
from crawler.events import Events
from crawler.service import CrawlerService
from crawler.settings import Settings
from crawler.storage.erased_posts import ErasedPosts
from crawler.storage.hashtag_budget import HashtagBudget
from crawler.storage.jobs import Jobs
from crawler.storage.ledger import Ledger
from crawler.storage.photo_bytes import PhotoBytes
from crawler.upkeep.announcer import Announcer
from crawler.upkeep.erasure import Erasure
from crawler.upkeep.expiry import Expiry
from photokit.blobs import BlobStore
from servicekit import topology
from servicekit.app import App, Rpc, StatefulPorts
from servicekit.consumer import Subscription
from servicekit.photostore import PhotoStore
from snsfashion.crawler.v1 import crawler_pb2, crawler_pb2_grpc


@dataclass(frozen=True, kw_only=True)
class CrawlerApp(App):
    """The crawler, with the parts that tests look at."""

    shared: Shared
    scheduler: Scheduler
    service: CrawlerService
    events: Events
    announcer: Announcer
    erasure: Erasure
    expiry: Expiry


def wire(ports: StatefulPorts[Settings]) -> CrawlerApp:
    """Put the service together. It is NOT_SERVING until erasures that a crash interrupted are finished."""
    settings, clock = ports.settings, ports.clock
    photos = PhotoStore(ports.db)
    jobs, ledger = Jobs(ports.db, clock), Ledger(photos, clock)
    erased_posts = ErasedPosts(photos, clock)
    photo_bytes = PhotoBytes(BlobStore(settings.blob_url), ledger)
    authors = AuthorKeys.parse(settings.author_keys.get_secret_value())
    announcer = Announcer(ports.publish, ledger, photo_bytes)
    erasure = Erasure(ports.publish, erased_posts, ledger, photo_bytes)
    expiry = Expiry(ledger, photo_bytes, clock)
    shared = Shared(
        settings=settings,
        clock=clock,
        authors=authors,
        jobs=jobs,
        ledger=ledger,
        erased_posts=erased_posts,
        photo_bytes=photo_bytes,
        budget=HashtagBudget(ports.db, settings.instagram_user_id, clock),
        announce=announcer.announce,
    )
    scheduler = Scheduler(shared)
    service = CrawlerService(settings, authors, jobs, ledger, erasure, scheduler)
    events = Events(ledger)
    return CrawlerApp(
        name="crawler",
        rpc=Rpc(
            crawler_pb2.DESCRIPTOR.services_by_name["CrawlerService"],
            crawler_pb2_grpc.add_CrawlerServiceServicer_to_server,
            service,
        ),
        subscriptions=(
            Subscription(topology.REJECTED, events.rejected),
            Subscription(topology.DESCRIBED, events.described),
            Subscription(topology.DEAD, events.dead),
        ),
        retried=events.retried,
        before_serving=(
            photos.take_over,
            photos.prepare,
            ledger.prepare,
            erased_posts.prepare,
            jobs.prepare,
            erasure.finish,
        ),
        background=(scheduler.run, announcer.run, expiry.run),
        shared=shared,
        scheduler=scheduler,
        service=service,
        events=events,
        announcer=announcer,
        erasure=erasure,
        expiry=expiry,
    )
