"""Runs the classifier service: `python -m classifier`."""

from __future__ import annotations

from classifier.service import ClassifierService
from classifier.settings import Settings
from photokit.blobs import BlobStore
from servicekit import topology
from servicekit.batching import MicroBatcher
from servicekit.runtime import Runtime, StartError, run
from snsfashion.classifier.v1 import classifier_pb2_grpc

MAX_BATCH = 16


async def build(runtime: Runtime[Settings]) -> None:
    """Wires the service."""
    from classifier.nets.engine import Engine
    from modelkit.weights import BadWeights

    settings = runtime.settings
    try:
        engine = Engine.load(
            settings.classifier_weights,
            settings.classifier_device,
            generation=settings.classifier_generation,
        )
    except BadWeights as error:
        raise StartError(str(error)) from error
    batcher = MicroBatcher(engine.predict, max_batch=MAX_BATCH, max_queue=settings.classifier_queue)
    service = ClassifierService(
        batcher,
        BlobStore(runtime.settings.blob_url),
        threshold=engine.threshold,
        generation=engine.generation,
    )
    runtime.add_rpc(
        classifier_pb2_grpc.add_ClassifierServiceServicer_to_server,
        service,
        "snsfashion.classifier.v1.ClassifierService",
    )
    runtime.consume(topology.PIPELINE, {topology.CRAWLED: service.on_crawled}, batch=MAX_BATCH)
    runtime.on_close(batcher.close)


def main() -> None:
    """Entry point."""
    run("classifier", Settings, build)


if __name__ == "__main__":
    main()
