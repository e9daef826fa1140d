"""A typed stub of each service, over channels that open when they are first used."""

from __future__ import annotations

from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

import grpc

from snsfashion.classifier.v1.classifier_pb2_grpc import ClassifierServiceStub
from snsfashion.color.v1.color_pb2_grpc import ColorServiceStub
from snsfashion.crawler.v1.crawler_pb2_grpc import CrawlerServiceStub
from snsfashion.recommender.v1.recommender_pb2_grpc import RecommenderServiceStub
from snsfashion.segmenter.v1.segmenter_pb2_grpc import SegmenterServiceStub
from snsfashion.trends.v1.trends_pb2_grpc import TrendsServiceStub
from snsfashion_client import channels
from snsfashion_client.addresses import Addresses

if TYPE_CHECKING:
    from snsfashion.classifier.v1.classifier_pb2_grpc import ClassifierServiceAsyncStub
    from snsfashion.color.v1.color_pb2_grpc import ColorServiceAsyncStub
    from snsfashion.crawler.v1.crawler_pb2_grpc import CrawlerServiceAsyncStub
    from snsfashion.recommender.v1.recommender_pb2_grpc import RecommenderServiceAsyncStub
    from snsfashion.segmenter.v1.segmenter_pb2_grpc import SegmenterServiceAsyncStub
    from snsfashion.trends.v1.trends_pb2_grpc import TrendsServiceAsyncStub


class Stubs:
    """The stubs of all services, for calls that block."""

    def __init__(self, addresses: Addresses | None = None) -> None:
        """`addresses`: None means `Addresses.find()`. Raise AddressMissing if that fails."""
        self.addresses = Addresses.find() if addresses is None else addresses
        self._channels: list[grpc.Channel] = []

    @cached_property
    def crawler(self) -> CrawlerServiceStub:
        """Crawls, the fates of photos, and erasure."""
        return CrawlerServiceStub(self._channel("crawler"))

    @cached_property
    def classifier(self) -> ClassifierServiceStub:
        """Whether it is a fashion photo."""
        return ClassifierServiceStub(self._channel("classifier"))

    @cached_property
    def segmenter(self) -> SegmenterServiceStub:
        """The garments of a photo and their pixels."""
        return SegmenterServiceStub(self._channel("segmenter"))

    @cached_property
    def color(self) -> ColorServiceStub:
        """The colors of garments, and palettes."""
        return ColorServiceStub(self._channel("color"))

    @cached_property
    def trends(self) -> TrendsServiceStub:
        """What is worn and what is rising."""
        return TrendsServiceStub(self._channel("trends"))

    @cached_property
    def recommender(self) -> RecommenderServiceStub:
        """Outfits for a person."""
        return RecommenderServiceStub(self._channel("recommender"))

    def close(self) -> None:
        """Close the channels. The client can't be used after that."""
        for channel in self._channels:
            channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _channel(self, service: str) -> grpc.Channel:
        where = channels.target(self.addresses.of(service))
        channel = grpc.insecure_channel(where, options=channels.options())
        self._channels.append(channel)
        return channel


class AsyncStubs:
    """The stubs of all services, for calls that are awaited."""

    def __init__(self, addresses: Addresses | None = None) -> None:
        """`addresses`: None means `Addresses.find()`. Raise AddressMissing if that fails."""
        self.addresses = Addresses.find() if addresses is None else addresses
        self._channels: list[grpc.aio.Channel] = []

    @cached_property
    def crawler(self) -> CrawlerServiceAsyncStub:
        """Crawls, the fates of photos, and erasure."""
        return CrawlerServiceStub(self._channel("crawler"))

    @cached_property
    def classifier(self) -> ClassifierServiceAsyncStub:
        """Whether it is a fashion photo."""
        return ClassifierServiceStub(self._channel("classifier"))

    @cached_property
    def segmenter(self) -> SegmenterServiceAsyncStub:
        """The garments of a photo and their pixels."""
        return SegmenterServiceStub(self._channel("segmenter"))

    @cached_property
    def color(self) -> ColorServiceAsyncStub:
        """The colors of garments, and palettes."""
        return ColorServiceStub(self._channel("color"))

    @cached_property
    def trends(self) -> TrendsServiceAsyncStub:
        """What is worn and what is rising."""
        return TrendsServiceStub(self._channel("trends"))

    @cached_property
    def recommender(self) -> RecommenderServiceAsyncStub:
        """Outfits for a person."""
        return RecommenderServiceStub(self._channel("recommender"))

    async def close(self) -> None:
        """Close the channels. The client can't be used after that."""
        for channel in self._channels:
            await channel.close(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _channel(self, service: str) -> grpc.aio.Channel:
        where = channels.target(self.addresses.of(service))
        channel = grpc.aio.insecure_channel(where, options=channels.options())
        self._channels.append(channel)
        return channel
