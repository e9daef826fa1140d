"""The segmenter service, wired."""

from __future__ import annotations

from dataclasses import dataclass

from photokit.blobs import BlobStore
from segmenter.core.engine import EngineError, SegmenterEngine
from segmenter.engines.open import open_engine
from segmenter.events import Events
from segmenter.results import Results
from segmenter.service import SegmenterService
from segmenter.settings import Settings
from servicekit import topology
from servicekit.app import App, Ports, Rpc
from servicekit.batching import MicroBatcher
from servicekit.consumer import Subscription
from servicekit.errors import StartError
from snsfashion.segmenter.v1 import segmenter_pb2, segmenter_pb2_grpc

MAX_BATCH = 8


@dataclass(frozen=True, kw_only=True)
class SegmenterApp(App):
    """The segmenter service, with the parts that tests and benchmarks look at."""

    service: SegmenterService
    events: Events


def wire(ports: Ports[Settings], engine: SegmenterEngine | None = None) -> SegmenterApp:
    """Put the service together around `engine`; by default the one that the settings name.

    Raise StartError if its weights can't be served.
    """
    settings = ports.settings
    engine = engine or _open(settings)
    batcher = MicroBatcher(engine.predict, max_batch=MAX_BATCH, max_queue=settings.segmenter_queue)
    blobs = BlobStore(settings.blob_url)
    service = SegmenterService(batcher, generation=engine.generation)
    results = Results(blobs, engine.generation)
    events = Events(batcher, blobs, results, generation=engine.generation)
    return SegmenterApp(
        name="segmenter",
        rpc=Rpc(
            segmenter_pb2.DESCRIPTOR.services_by_name["SegmenterService"],
            segmenter_pb2_grpc.add_SegmenterServiceServicer_to_server,
            service,
        ),
        subscriptions=(
            Subscription(topology.FASHION, events.fashion),
            Subscription(topology.ERASED, events.erased),
        ),
        batch=MAX_BATCH,
        on_close=(batcher.close,),
        service=service,
        events=events,
    )


def _open(settings: Settings) -> SegmenterEngine:
    try:
        return open_engine(
            settings.segmenter_weights,
            settings.segmenter_device,
            name=settings.segmenter_engine,
            classes=settings.class_names,
            generation=settings.segmenter_generation,
            config=settings.segmenter_config,
        )
    except EngineError as error:
        raise StartError(str(error)) from error
