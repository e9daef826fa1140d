"""The classifier service's RPC."""

from __future__ import annotations

import asyncio

import numpy as np
from numpy.typing import NDArray

from photokit import photo
from servicekit.batching import MicroBatcher
from servicekit.rpc import Context
from snsfashion.classifier.v1 import classifier_pb2, classifier_pb2_grpc


class ClassifierService(classifier_pb2_grpc.ClassifierServiceServicer):
    """The RPC of snsfashion.classifier.v1."""

    def __init__(
        self, batcher: MicroBatcher[NDArray[np.uint8], float], *, threshold: float, generation: int
    ) -> None:
        """Answer by `batcher`, which maps RGB uint8 H x W x 3 photos to probabilities of fashion."""
        self._batcher = batcher
        self._threshold = threshold
        self._generation = generation

    async def Classify(
        self, request: classifier_pb2.ClassifyRequest, context: Context
    ) -> classifier_pb2.ClassifyResponse:
        """Judge one photo."""
        pixels = (await asyncio.to_thread(photo.decode, request.photo)).pixels
        probability = await self._batcher.try_submit(pixels)
        return classifier_pb2.ClassifyResponse(
            probability=probability,
            fashion=probability >= self._threshold,
            threshold=self._threshold,
            generation=self._generation,
        )
