"""All RPCs of the contracts, and a server that takes every one of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from snsfashion.classifier.v1 import classifier_pb2
from snsfashion.color.v1 import color_pb2
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.recommender.v1 import recommender_pb2
from snsfashion.segmenter.v1 import segmenter_pb2
from snsfashion.trends.v1 import trends_pb2

RPCS: dict[str, MethodDescriptor] = {
    method.name: method
    for contract in (
        classifier_pb2,
        color_pb2,
        crawler_pb2,
        recommender_pb2,
        segmenter_pb2,
        trends_pb2,
    )
    for service in contract.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
"""By name, which no two services share."""


def helper_name(rpc: str) -> str:
    """Return the name of the client's method for an RPC: "get_trends" for GetTrends."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", rpc).lower()


class AnyService(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # not generic at run time
    """Takes every RPC, keeps its name and request, and answers with an empty response, or with that of `answers`."""

    def __init__(self) -> None:
        self.answers: dict[str, Message] = {}
        self.calls: list[tuple[str, Message]] = []

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """Return the handler of the RPC that is called."""
        method = RPCS[details.method.rpartition("/")[2]]
        answer = GetMessageClass(method.output_type)

        def one(request: Message, _: Any) -> Message:
            self.calls.append((method.name, request))
            return self.answers.get(method.name) or answer()

        def stream(request: Message, _: Any) -> Iterator[Message]:
            yield one(request, _)

        kind: Callable[..., Any] = grpc.unary_unary_rpc_method_handler
        if method.server_streaming:
            kind = grpc.unary_stream_rpc_method_handler
        return kind(
            stream if method.server_streaming else one,
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=answer.SerializeToString,
        )


@contextmanager
def serve_any(service: AnyService | None = None) -> Iterator[tuple[AnyService, str]]:
    """Serve all RPCs on loopback; yield the service and its address."""
    service = service or AnyService()
    server = grpc.server(ThreadPoolExecutor(2), handlers=[service])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield service, f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
