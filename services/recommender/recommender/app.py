"""The recommender, wired."""

from __future__ import annotations

from dataclasses import dataclass

from photokit.blobs import BlobStore
from recommender import requests
from recommender.events import Events
from recommender.service import RecommenderService
from recommender.service.parts import Parts
from recommender.settings import Settings
from recommender.storage.people import People
from recommender.storage.promotion_board import PromotionBoard
from recommender.storage.replica import Replica
from recommender.storage.shelf import Shelf
from recommender.storage.stored_outfits import StoredOutfits
from recommender.storage.stored_people import StoredPeople
from recommender.trend_feed import TrendFeed, Trends
from servicekit import topology
from servicekit.app import App, Rpc, StatefulPorts, Work
from servicekit.consumer import Subscription
from servicekit.photostore import PhotoStore
from snsfashion.recommender.v1 import recommender_pb2, recommender_pb2_grpc


@dataclass(frozen=True, kw_only=True)
class RecommenderApp(App):
    """The recommender, with the parts that tests and benchmarks look at."""

    outfits: StoredOutfits
    replica: Replica
    stored_people: StoredPeople
    people: People
    service: RecommenderService
    events: Events


def wire(ports: StatefulPorts[Settings], trends: Trends | None = None) -> RecommenderApp:
    """Put the service together. It is NOT_SERVING until the catalog is loaded.

    `trends`: read instead of the trends service at the address in the settings.
    """
    photos = PhotoStore(ports.db)
    outfits = StoredOutfits(photos)
    replica = Replica(outfits)
    stored_people = StoredPeople(ports.db)
    people = People(stored_people, ports.monotonic)
    board = PromotionBoard(ports.db, requests.promotion)
    shelf = Shelf()
    on_close: list[Work] = [shelf.close]
    if trends is None:
        trends = feed = TrendFeed(ports.settings.trends_address, ports.monotonic)
        on_close.append(feed.close)
    service = RecommenderService(
        Parts(
            outfits=outfits,
            replica=replica,
            stored_people=stored_people,
            people=people,
            board=board,
            trends=trends,
            shelf=shelf,
            blobs=BlobStore(ports.settings.blob_url),
            clock=ports.clock,
        )
    )
    events = Events(outfits, replica)
    return RecommenderApp(
        name="recommender",
        rpc=Rpc(
            recommender_pb2.DESCRIPTOR.services_by_name["RecommenderService"],
            recommender_pb2_grpc.add_RecommenderServiceServicer_to_server,
            service,
        ),
        subscriptions=(
            Subscription(topology.DESCRIBED, events.described),
            Subscription(topology.REJECTED, events.rejected),
            Subscription(topology.ERASED, events.erased),
        ),
        before_serving=(photos.prepare, stored_people.prepare, replica.load, board.refresh),
        background=(replica.follow, people.follow, board.follow),
        on_close=on_close,
        outfits=outfits,
        replica=replica,
        stored_people=stored_people,
        people=people,
        service=service,
        events=events,
    )
