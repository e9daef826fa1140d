"""The trends service, wired."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from photokit.blobs import BlobStore
from servicekit import topology
from servicekit.app import App, Rpc, StatefulPorts
from servicekit.consumer import Subscription
from snsfashion.trends.v1 import trends_pb2, trends_pb2_grpc
from trends.events import Events
from trends.evidence_photos import EvidencePhotos
from trends.service import TrendsService
from trends.settings import Settings
from trends.storage.rebuild import rebuild_if_outdated
from trends.storage.snapshot import Snapshot
from trends.storage.store import Store

BATCH = 128


@dataclass(frozen=True, kw_only=True)
class TrendsApp(App):
    """The trends service, with the parts that tests and benchmarks look at."""

    store: Store
    snapshot: Snapshot
    service: TrendsService
    events: Events


def wire(ports: StatefulPorts[Settings]) -> TrendsApp:
    """Put the service together. It is NOT_SERVING until the counts are loaded."""
    store = Store(ports.db)
    snapshot = Snapshot(store, ports.monotonic)
    blobs = BlobStore(ports.settings.blob_url) if ports.settings.blob_url else None
    looks = EvidencePhotos(store.photos, blobs, store.read_photo_key, ports.clock)
    service = TrendsService(snapshot, store.photos, looks, ports.clock)
    events = Events(store)
    return TrendsApp(
        name="trends",
        rpc=Rpc(
            trends_pb2.DESCRIPTOR.services_by_name["TrendsService"],
            trends_pb2_grpc.add_TrendsServiceServicer_to_server,
            service,
        ),
        subscriptions=(
            Subscription(topology.DESCRIBED, events.described),
            Subscription(topology.REJECTED, events.rejected),
            Subscription(topology.ERASED, events.erased),
        ),
        batch=BATCH,
        before_serving=(store.prepare, partial(rebuild_if_outdated, store), snapshot.refresh),
        background=(snapshot.follow,),
        store=store,
        snapshot=snapshot,
        service=service,
        events=events,
    )
