"""The segmenter service's RPC."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photokit import photo
from segmenter.core.detection import Detection
from servicekit.batching import MicroBatcher
from servicekit.rpc import Context
from snsfashion.fashion.v1.fashion_pb2 import Box, Category, Garment, Mask
from snsfashion.segmenter.v1 import segmenter_pb2_grpc
from snsfashion.segmenter.v1.segmenter_pb2 import SegmentRequest, SegmentResponse


class SegmenterService(segmenter_pb2_grpc.SegmenterServiceServicer):
    """The RPC of snsfashion.segmenter.v1."""

    def __init__(
        self, batcher: MicroBatcher[NDArray[np.uint8], list[Detection]], *, generation: int
    ) -> None:
        """Answer by `batcher`, which maps RGB uint8 H x W x 3 photos to detections, best score first."""
        self._batcher = batcher
        self._generation = generation

    async def Segment(self, request: SegmentRequest, context: Context) -> SegmentResponse:
        """Find the garments of one photo."""
        pixels = (await asyncio.to_thread(photo.decode, request.photo)).pixels
        return response(pixels, await self._batcher.try_submit(pixels), self._generation)


def response(
    pixels: NDArray[np.uint8], detections: Sequence[Detection], generation: int
) -> SegmentResponse:
    """Return what the service answers about an RGB uint8 H x W x 3 photo."""
    height, width = pixels.shape[:2]
    return SegmentResponse(
        garments=map(_garment, detections), height=height, width=width, generation=generation
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
