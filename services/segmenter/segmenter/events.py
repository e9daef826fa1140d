"""The segmenter service's events: garments of fashion photos are found once, kept and published."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fashion.words import CATEGORIES
from photokit import photo
from photokit.blobs import BlobStore
from segmenter.core.detection import Detection
from segmenter.results import Results
from segmenter.service import response
from servicekit import topology
from servicekit.batching import MicroBatcher
from servicekit.consumer import Outcome
from servicekit.errors import InvalidMessage
from servicekit.events import Publication, photo_event_id
from servicekit.telemetry import GARMENTS, GARMENTS_A_PHOTO
from snsfashion.events.v1.events_pb2 import GarmentsSegmented, ImageClassified, PostErased
from snsfashion.fashion.v1.fashion_pb2 import Generations
from snsfashion.segmenter.v1.segmenter_pb2 import SegmentResponse


class Events:
    """Turns ImageClassified of fashion photos into GarmentsSegmented, and forgets erased posts."""

    def __init__(
        self,
        batcher: MicroBatcher[NDArray[np.uint8], list[Detection]],
        blobs: BlobStore,
        results: Results,
        *,
        generation: int,
    ) -> None:
        """Find by `batcher`, which maps RGB uint8 H x W x 3 photos to detections, best score first."""
        self._batcher = batcher
        self._blobs = blobs
        self._results = results
        self._generation = generation

    async def fashion(self, events: Sequence[ImageClassified]) -> Sequence[Outcome]:
        """Find the garments of photos and publish them, also where there are none."""
        return await asyncio.gather(*map(self._segment, events), return_exceptions=True)

    async def erased(self, events: Sequence[PostErased]) -> Sequence[Outcome]:
        """Remove what is kept for the bytes of erased posts."""
        for sha256 in {digest for event in events for digest in event.sha256}:
            await self._results.erase(sha256)
        return [()] * len(events)

    async def _segment(self, event: ImageClassified) -> Sequence[Publication[GarmentsSegmented]]:
        result = await self._results.find(event.image.sha256)
        if result is None:
            result = await self._compute(event)
        generations = Generations()
        generations.CopyFrom(event.generations)
        generations.segmenter = self._generation
        segmented = GarmentsSegmented(
            event_id=photo_event_id(topology.SEGMENTED, event.image, generations),
            image=event.image,
            provenance=event.provenance,
            generations=generations,
            garments=result.garments,
        )
        return [Publication(topology.SEGMENTED, segmented)]

    async def _compute(self, event: ImageClassified) -> SegmentResponse:
        data = await self._blobs.get(event.image.key)
        try:
            pixels = (await asyncio.to_thread(photo.decode, data)).pixels
        except photo.BadPhoto as error:
            raise InvalidMessage(f"{event.image.key}: {error}") from error
        found = await self._batcher.submit(pixels)
        GARMENTS_A_PHOTO.observe(len(found))
        for garment in found:
            GARMENTS.labels(CATEGORIES[garment.category].name).inc()
        result = response(pixels, found, self._generation)
        return await self._results.keep(event.image.sha256, event.image.key, result)
