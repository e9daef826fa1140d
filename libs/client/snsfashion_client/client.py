"""The client: a typed stub for each service, with deadlines and retries from gRPC's service config."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Self

import grpc

from snsfashion.classifier.v1.classifier_pb2_grpc import ClassifierServiceStub
from snsfashion.color.v1.color_pb2_grpc import ColorServiceStub
from snsfashion.crawler.v1.crawler_pb2_grpc import CrawlerServiceStub
from snsfashion.recommender.v1 import recommender_pb2
from snsfashion.recommender.v1.recommender_pb2_grpc import RecommenderServiceStub
from snsfashion.segmenter.v1.segmenter_pb2_grpc import SegmenterServiceStub
from snsfashion.trends.v1.trends_pb2_grpc import TrendsServiceStub
from snsfashion_client import names
from snsfashion_client.addresses import Addresses

# A photo of 20 MB and the rest of its message.
_MAX_MESSAGE_BYTES = 24 * 2**20
_DEADLINE = "30s"
# gRFC A6. A replica that stops answers UNAVAILABLE; another one takes over within a second.
_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
_SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {"name": [{}], "timeout": _DEADLINE, "retryPolicy": _RETRY},
        # Without a request_id, a repeated StartCrawl would start a second crawl.
        {
            "name": [{"service": "snsfashion.crawler.v1.CrawlerService", "method": "StartCrawl"}],
            "timeout": _DEADLINE,
        },
    ],
}


class Client:
    """A typed stub of each service. Use it in a `with` statement, or call `close`.

    A channel is opened when its service is first used. Threads may share a client. A call without a deadline gets 30 s.
    A call is repeated up to three times while its service is unavailable; only StartCrawl is never repeated.

    Calls raise grpc.RpcError. The first use of a service whose address is unknown raises AddressMissing.
    """

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

    def recommend(
        self,
        user_id: str,
        *,
        styles: Iterable[str] = (),
        personal_color: str = "",
        items: Iterable[str] = (),
        k: int = 10,
        as_of: datetime | None = None,
    ) -> recommender_pb2.RecommendResponse:
        """Return outfits for a person, best first. Takes words instead of the numbers of the contract.

        `styles`, such as "casual", and `personal_color`, such as "winter-deep" or "winter", are used instead of what
        the person's profile declares. `items`, such as "skirt": only outfits with one of them. `k`: how many outfits,
        1 to 50. `as_of`: the time that trends and freshness refer to, an aware datetime; None means now.
        Raise UnknownName if a word is unknown, and grpc.RpcError if the call fails.
        """
        request = recommender_pb2.RecommendRequest(
            user_id=user_id,
            k=k,
            preferences=recommender_pb2.Preferences(styles=[names.style(word) for word in styles]),
            filters=recommender_pb2.Filters(categories=[names.category(word) for word in items]),
        )
        if personal_color:
            request.preferences.personal_color = names.personal_color(personal_color)
        if as_of is not None:
            request.as_of.FromDatetime(as_of)
        return self.recommender.Recommend(request)

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
        channel = grpc.insecure_channel(
            f"dns:///{self.addresses.of(service)}",
            options=[
                ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
                ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
                ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
                ("grpc.enable_http_proxy", 0),
                # By default it may take two minutes until a service that is back is found.
                ("grpc.initial_reconnect_backoff_ms", 200),
                ("grpc.max_reconnect_backoff_ms", 2000),
            ],
        )
        self._channels.append(channel)
        return channel
