"""RPCs and events of the segmenter."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photokit import photo
from photokit.blobs import BlobStore
from segmenter.core.detection import Detection
from segmenter.results import Results
from servicekit import topology
from servicekit.batching import MicroBatcher
from servicekit.consumer import Outcome
from servicekit.errors import InvalidMessage
from servicekit.events import Publication, photo_event_id
from snsfashion.events.v1.events_pb2 import GarmentsSegmented, ImageClassified, PostErased
from snsfashion.fashion.v1.fashion_pb2 import Box, Category, Garment, Generations, Mask
from snsfashion.segmenter.v1 import segmenter_pb2_grpc
from snsfashion.segmenter.v1.segmenter_pb2 import SegmentRequest, SegmentResponse

Batcher = MicroBatcher[NDArray[np.uint8], list[Detection]]


class SegmenterService(segmenter_pb2_grpc.SegmenterServiceServicer):
    """Finds garments: by RPC, and for every photo that the classifier calls fashion."""

    def __init__(self, batcher: Batcher, blobs: BlobStore, *, generation: int) -> None:
        """`batcher` maps RGB uint8 H x W x 3 photos to their detections, best score first."""
        self._batcher = batcher
        self._blobs = blobs
        self._results = Results(blobs, generation)
        self._generation = generation

    async def Segment(self, request: SegmentRequest, context: Any) -> SegmentResponse:
        pixels = (await asyncio.to_thread(photo.decode, request.photo)).pixels
        return self._response(pixels, await self._batcher.try_submit(pixels))

    async def on_fashion(self, events: Sequence[ImageClassified]) -> Sequence[Outcome]:
        """ImageClassified -> GarmentsSegmented, also where no garment is found."""
        return await asyncio.gather(*map(self._segment, events), return_exceptions=True)

    async def on_erased(self, events: Sequence[PostErased]) -> Sequence[Outcome]:
        """Removes what was kept for the bytes of an erased post."""
        for sha256 in {digest for event in events for digest in event.sha256}:
            await self._results.erase(sha256)
        return [()] * len(events)

    async def _segment(self, event: ImageClassified) -> Sequence[Publication]:
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
        result = self._response(pixels, await self._batcher.submit(pixels))
        return await self._results.keep(event.image.sha256, event.image.key, result)

    def _response(
        self, pixels: NDArray[np.uint8], detections: Sequence[Detection]
    ) -> SegmentResponse:
        height, width = pixels.shape[:2]
        return SegmentResponse(
            garments=map(_garment, detections),
            height=height,
            width=width,
            generation=self._generation,
        )


def _garment(detection: Detection) -> Garment:
    x1, y1, x2, y2 = detection.box
    height, width = detection.mask["size"]
    return Garment(
        category=Category.ValueType(detection.category),
        score=detection.score,
        box=Box(x1=x1, y1=y1, x2=x2, y2=y2),
        mask=Mask(height=height, width=width, counts=detection.mask["counts"]),
    )
