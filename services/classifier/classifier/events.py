"""The classifier service's events: every crawled photo is judged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photokit import photo
from photokit.blobs import BlobStore
from servicekit import topology
from servicekit.batching import MicroBatcher
from servicekit.consumer import Outcome
from servicekit.errors import InvalidMessage
from servicekit.events import Publication, photo_event_id
from servicekit.telemetry import FASHION_PROBABILITY
from snsfashion.events.v1.events_pb2 import ImageClassified, ImageCrawled
from snsfashion.fashion.v1.fashion_pb2 import Generations


class Events:
    """Turns ImageCrawled into ImageClassified, on the subject of fashion or of rejected photos."""

    def __init__(
        self,
        batcher: MicroBatcher[NDArray[np.uint8], float],
        blobs: BlobStore,
        *,
        threshold: float,
        generation: int,
    ) -> None:
        """Judge by `batcher`, which maps RGB uint8 H x W x 3 photos to probabilities of fashion."""
        self._batcher = batcher
        self._blobs = blobs
        self._threshold = threshold
        self._generation = generation

    async def crawled(self, events: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        """Judge photos and publish the result."""
        return await asyncio.gather(*map(self._classify, events), return_exceptions=True)

    async def _classify(self, event: ImageCrawled) -> Sequence[Publication[ImageClassified]]:
        data = await self._blobs.get(event.image.key)
        try:
            pixels = (await asyncio.to_thread(photo.decode, data)).pixels
        except photo.BadPhoto as error:
            raise InvalidMessage(f"{event.image.key}: {error}") from error
        probability = await self._batcher.submit(pixels)
        FASHION_PROBABILITY.observe(probability)
        fashion = probability >= self._threshold
        subject = topology.FASHION if fashion else topology.REJECTED
        generations = Generations()
        generations.CopyFrom(event.generations)
        generations.classifier = self._generation
        classified = ImageClassified(
            event_id=photo_event_id(subject, event.image, generations),
            image=event.image,
            provenance=event.provenance,
            generations=generations,
            probability=probability,
            fashion=fashion,
        )
        return [Publication(subject, classified)]
