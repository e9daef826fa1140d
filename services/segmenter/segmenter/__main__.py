"""Runs the segmenter service: `python -m segmenter`."""

from __future__ import annotations

from photokit.blobs import BlobStore
from segmenter.engines.engine import EngineError, open_engine
from segmenter.service import SegmenterService
from segmenter.settings import Settings
from servicekit import topology
from servicekit.batching import MicroBatcher
from servicekit.runtime import Runtime, StartError, run
from snsfashion.segmenter.v1 import segmenter_pb2_grpc

MAX_BATCH = 8


async def build(runtime: Runtime[Settings]) -> None:
    """Wires the service."""
    settings = runtime.settings
    try:
        engine = open_engine(
            settings.segmenter_weights,
            settings.segmenter_device,
            name=settings.segmenter_engine,
            classes=settings.class_names,
            generation=settings.segmenter_generation,
        )
    except EngineError as error:
        raise StartError(str(error)) from error
    batcher = MicroBatcher(engine.predict, max_batch=MAX_BATCH, max_queue=settings.segmenter_queue)
    service = SegmenterService(
        batcher, BlobStore(runtime.settings.blob_url), generation=engine.generation
    )
    runtime.add_rpc(
        segmenter_pb2_grpc.add_SegmenterServiceServicer_to_server,
        service,
        "snsfashion.segmenter.v1.SegmenterService",
    )
    runtime.consume(topology.PIPELINE, {topology.FASHION: service.on_fashion}, batch=MAX_BATCH)
    runtime.consume(topology.ERASURES, {topology.ERASED: service.on_erased})
    runtime.on_close(batcher.close)


def main() -> None:
    """Entry point."""
    run("segmenter", Settings, build)


if __name__ == "__main__":
    main()
