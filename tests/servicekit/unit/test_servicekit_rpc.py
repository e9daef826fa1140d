"""What every service's gRPC server does, over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from photokit.photo import BadPhoto
from servicekit import errors, rpc
from servicekit.rpc import RpcServer
from snsfashion.classifier.v1 import classifier_pb2_grpc
from snsfashion.classifier.v1.classifier_pb2 import ClassifyRequest, ClassifyResponse

NAME = "snsfashion.classifier.v1.ClassifierService"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
Answer: TypeAlias = Callable[[ClassifyRequest], Awaitable[ClassifyResponse]]


class Classifier(classifier_pb2_grpc.ClassifierServiceServicer):
    """A servicer that answers what the test says."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    async def Classify(self, request: ClassifyRequest, context: object) -> ClassifyResponse:
        return await self.answer(request)


@pytest.fixture
async def classifier() -> Classifier:
    """Return the servicer behind `channel`."""
    return Classifier(raising(NotImplementedError()))


@pytest.fixture
async def server(classifier: Classifier) -> AsyncIterator[RpcServer]:
    """Start a server on a free port, which is not serving yet."""
    server = RpcServer("127.0.0.1", 0)
    server.add(classifier_pb2_grpc.add_ClassifierServiceServicer_to_server, classifier, NAME)
    await server.start()
    yield server
    await server.stop(0)


@pytest.fixture
async def channel(server: RpcServer) -> AsyncIterator[grpc.aio.Channel]:
    """Open a connection to the server."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield channel


async def fails(channel: grpc.aio.Channel, deadline_s: float = 5) -> grpc.aio.AioRpcError:
    """Return the error of one call."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await classifier_pb2_grpc.ClassifierServiceStub(channel).Classify(
            ClassifyRequest(photo=b"x"), timeout=deadline_s
        )
    return raised.value


def raising(error: BaseException) -> Answer:
    """Return an answer that is an error."""

    async def answer(_: ClassifyRequest) -> ClassifyResponse:
        raise error

    return answer


async def test_an_answer_arrives(classifier: Classifier, channel: grpc.aio.Channel) -> None:
    async def answer(request: ClassifyRequest) -> ClassifyResponse:
        return ClassifyResponse(generation=len(request.photo))

    classifier.answer = answer
    stub = classifier_pb2_grpc.ClassifierServiceStub(channel)
    assert (await stub.Classify(ClassifyRequest(photo=b"1234567"))).generation == 7


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotFound("no such outfit"), grpc.StatusCode.NOT_FOUND),
        (errors.Gone("expired"), grpc.StatusCode.NOT_FOUND),
        (errors.FailedPrecondition("no weights"), grpc.StatusCode.FAILED_PRECONDITION),
        (errors.Overloaded("later"), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (errors.Retryable("database"), grpc.StatusCode.UNAVAILABLE),
    ],
)
async def test_each_error_has_one_status_and_says_why(
    classifier: Classifier, channel: grpc.aio.Channel, error: Exception, code: grpc.StatusCode
) -> None:
    classifier.answer = raising(error)
    failed = await fails(channel)
    assert (failed.code(), failed.details()) == (code, str(error))


@pytest.mark.parametrize(
    ("error", "field", "description"),
    [
        (errors.InvalidArgument("k", "is not in 1-50"), "k", "is not in 1-50"),
        (BadPhoto("empty", "the file is empty"), "photo", "the file is empty"),
    ],
)
async def test_bad_input_names_its_field(
    classifier: Classifier,
    channel: grpc.aio.Channel,
    error: Exception,
    field: str,
    description: str,
) -> None:
    classifier.answer = raising(error)
    failed = await fails(channel)
    assert failed.code() is grpc.StatusCode.INVALID_ARGUMENT
    status = rpc_status.from_call(failed)  # type: ignore[arg-type]
    bad = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(bad)
    assert [(v.field, v.description) for v in bad.field_violations] == [(field, description)]


async def test_an_unexpected_error_tells_the_caller_no_secrets(
    classifier: Classifier, channel: grpc.aio.Channel
) -> None:
    classifier.answer = raising(KeyError("mongodb://user:secret@host"))
    failed = await fails(channel)
    assert failed.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in (failed.details() or "")


async def test_the_callers_deadline_ends_the_work(
    classifier: Classifier, channel: grpc.aio.Channel
) -> None:
    ended = asyncio.Event()

    async def forever(_: ClassifyRequest) -> ClassifyResponse:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    classifier.answer = forever
    failed = await fails(channel, deadline_s=0.2)
    assert failed.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    async with asyncio.timeout(5):
        await ended.wait()


async def test_a_call_without_a_deadline_gets_one(
    classifier: Classifier, channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "DEFAULT_DEADLINE_S", 0.1)

    async def forever(_: ClassifyRequest) -> ClassifyResponse:
        await asyncio.Event().wait()
        raise AssertionError

    classifier.answer = forever
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await classifier_pb2_grpc.ClassifierServiceStub(channel).Classify(ClassifyRequest())
    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert raised.value.details()


async def health(channel: grpc.aio.Channel, service: str) -> int:
    """Return what health says of a service."""
    stub = health_pb2_grpc.HealthStub(channel)
    return int((await stub.Check(health_pb2.HealthCheckRequest(service=service))).status)


@pytest.mark.parametrize("service", ["", NAME])
async def test_health_follows_the_service(
    server: RpcServer, channel: grpc.aio.Channel, service: str
) -> None:
    assert await health(channel, service) == NOT_SERVING
    await server.set_serving(True)
    assert await health(channel, service) == SERVING
    await server.set_serving(False)
    assert await health(channel, service) == NOT_SERVING


async def test_reflection_lists_the_services(channel: grpc.aio.Channel) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    async for response in stub.ServerReflectionInfo(iter([request])):
        names = {service.name for service in response.list_services_response.service}
    assert {NAME, "grpc.health.v1.Health"} <= names


async def test_a_port_that_is_taken_fails_the_start(server: RpcServer) -> None:
    second = RpcServer("127.0.0.1", server.port)
    with pytest.raises(RuntimeError):
        await second.start()


async def test_stop_lets_a_running_call_end(
    classifier: Classifier, server: RpcServer, channel: grpc.aio.Channel
) -> None:
    started, proceed = asyncio.Event(), asyncio.Event()

    async def slow(_: ClassifyRequest) -> ClassifyResponse:
        started.set()
        await proceed.wait()
        return ClassifyResponse(generation=1)

    classifier.answer = slow
    call = classifier_pb2_grpc.ClassifierServiceStub(channel).Classify(
        ClassifyRequest(), timeout=10
    )
    running = asyncio.ensure_future(call)
    await started.wait()
    stopping = asyncio.create_task(server.stop(5))
    await asyncio.sleep(0)
    proceed.set()
    assert (await running).generation == 1
    await stopping
