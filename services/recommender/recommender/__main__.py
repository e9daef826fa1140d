"""Starts the recommender: `python -m recommender`."""

from __future__ import annotations

from photokit.blobs import BlobStore
from recommender.events import EventHandlers
from recommender.service import RecommenderService
from recommender.settings import Settings
from recommender.storage.people import People
from recommender.storage.replica import Replica
from recommender.storage.shelf import Shelf
from recommender.storage.store import Store
from recommender.trend_feed import TrendFeed
from servicekit import topology
from servicekit.runtime import Runtime, run, utc_now
from snsfashion.recommender.v1 import recommender_pb2_grpc


async def build(runtime: Runtime[Settings]) -> None:
    """Wires the service. It is NOT_SERVING until the catalog is loaded."""
    store = Store(runtime.db)
    await store.prepare()
    replica = Replica(store)
    runtime.before_serving(replica.load)
    runtime.background(replica.follow)
    people = People(store)
    runtime.background(people.follow)
    trends = TrendFeed(runtime.settings.trends_address)
    runtime.on_close(trends.close)
    shelf = Shelf()
    runtime.on_close(shelf.close)
    handlers = EventHandlers(store, replica)
    runtime.consume(
        topology.PIPELINE,
        {topology.DESCRIBED: handlers.described, topology.REJECTED: handlers.rejected},
    )
    runtime.consume(topology.ERASURES, {topology.ERASED: handlers.erased})
    runtime.add_rpc(
        recommender_pb2_grpc.add_RecommenderServiceServicer_to_server,
        RecommenderService(
            store, replica, people, trends, shelf, BlobStore(runtime.settings.blob_url), utc_now
        ),
        "snsfashion.recommender.v1.RecommenderService",
    )


def main() -> None:
    run("recommender", Settings, build)


if __name__ == "__main__":
    main()
