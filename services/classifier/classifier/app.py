"""The classifier service, wired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from classifier.events import Events
from classifier.service import ClassifierService
from classifier.settings import Settings
from photokit.blobs import BlobStore
from servicekit import topology
from servicekit.app import App, Ports, Rpc
from servicekit.batching import MicroBatcher
from servicekit.consumer import Subscription
from servicekit.errors import StartError
from snsfashion.classifier.v1 import classifier_pb2, classifier_pb2_grpc

MAX_BATCH = 16


class ClassifierEngine(Protocol):
    """What the service needs of an engine. `predict` is called from one thread at a time."""

    @property
    def threshold(self) -> float:
        """The least probability of a fashion photo."""

    @property
    def generation(self) -> int:
        """The generation of the weights; results of a greater one supersede."""

    def predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[float]:
        """Return the probability in [0, 1] that each RGB uint8 H x W x 3 photo is a fashion photo."""


@dataclass(frozen=True, kw_only=True)
class ClassifierApp(App):
    """The classifier service, with the parts that tests and benchmarks look at."""

    service: ClassifierService
    events: Events


def wire(ports: Ports[Settings], engine: ClassifierEngine | None = None) -> ClassifierApp:
    """Put the service together around `engine`; by default the one that the settings name.

    Raise StartError if its weights can't be served.
    """
    settings = ports.settings
    engine = engine or _open(settings)
    batcher = MicroBatcher(engine.predict, max_batch=MAX_BATCH, max_queue=settings.classifier_queue)
    service = ClassifierService(batcher, threshold=engine.threshold, generation=engine.generation)
    events = Events(
        batcher,
        BlobStore(settings.blob_url),
        threshold=engine.threshold,
        generation=engine.generation,
    )
    return ClassifierApp(
        name="classifier",
        rpc=Rpc(
            classifier_pb2.DESCRIPTOR.services_by_name["ClassifierService"],
            classifier_pb2_grpc.add_ClassifierServiceServicer_to_server,
            service,
        ),
        subscriptions=(Subscription(topology.CRAWLED, events.crawled),),
        batch=MAX_BATCH,
        on_close=(batcher.close,),
        service=service,
        events=events,
    )


def _open(settings: Settings) -> ClassifierEngine:
    # Imported here: a wrong setting fails at once, before torch is loaded.
    from classifier.nets.engine import Engine
    from modelkit.precision import NoDevice, check_device
    from modelkit.weights import BadWeights

    try:
        check_device(settings.classifier_device)
        return Engine.load(
            settings.classifier_weights,
            settings.classifier_device,
            generation=settings.classifier_generation,
        )
    except (BadWeights, NoDevice) as error:
        raise StartError(str(error)) from error
