"""The gRPC server: asyncio, health of each service, reflection, limits, deadlines, statuses for errors, metrics, traces."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from servicekit import telemetry, validation
from servicekit.errors import (
    FailedPrecondition,
    Gone,
    InvalidArgument,
    NotFound,
    Overloaded,
    Retryable,
)

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
"""The second argument of a servicer's methods."""

# A call without a deadline gets this one.
DEFAULT_DEADLINE_S = 30.0
# A photo of 20 MB (photokit.photo.MAX_BYTES) and the rest of its message.
MAX_MESSAGE_BYTES = 24 * 2**20

STATUS: dict[type[Exception], grpc.StatusCode] = {
    InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    Gone: grpc.StatusCode.NOT_FOUND,
    FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    Overloaded: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Retryable: grpc.StatusCode.UNAVAILABLE,
    TimeoutError: grpc.StatusCode.DEADLINE_EXCEEDED,
}

_log = telemetry.log("rpc")


class RpcServer:
    """An asyncio server. Add services before `start`."""

    def __init__(self, host: str, port: int) -> None:
        self.ready = True
        """While False, calls other than health and reflection are answered with UNAVAILABLE."""
        self._server = grpc.aio.server(
            interceptors=[telemetry.server_interceptor(), _Interceptor(self)],
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
                # With this option two services could listen on one port, and would silently share its calls.
                ("grpc.so_reuseport", 0),
                # Makes clients reconnect, so that they spread over new replicas; the grace exceeds the longest deadline.
                ("grpc.max_connection_age_ms", 300_000),
                ("grpc.max_connection_age_grace_ms", 60_000),
            ],
        )
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined]
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._names: list[str] = []
        self._address = (host, port)
        self.port = 0
        """The port that the server listens on, after `start`."""

    def add(
        self, register: Callable[[Any, grpc.aio.Server], None], servicer: object, name: str
    ) -> None:
        """Add a servicer: `register` is the generated add_..._to_server, `name` the full service name."""
        register(servicer, self._server)
        self._names.append(name)

    async def start(self) -> None:
        """Listen; health says NOT_SERVING until `set_serving`. Raise RuntimeError if the port is in use."""
        await self.set_serving(False)
        reflection.enable_server_reflection(
            [*self._names, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server
        )
        host, port = self._address
        self.port = self._server.add_insecure_port(f"{host}:{port}")
        await self._server.start()

    async def set_serving(self, serving: bool) -> None:
        """Set what health answers, for the whole server and for each service by name."""
        state = health_pb2.HealthCheckResponse.ServingStatus.Value(
            "SERVING" if serving else "NOT_SERVING"
        )
        for name in ("", *self._names):
            await self._health.set(name, state)

    async def stop(self, grace_s: float) -> None:
        """Refuse new calls and let running ones end."""
        await self._server.stop(grace_s)


# Generic in the stubs only.
class _Interceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    def __init__(self, server: RpcServer) -> None:
        self._server = server

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any]]
        ],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any]:
        handler = await continuation(details)
        if handler is None or details.method.startswith("/grpc."):
            return handler
        # The type stubs know only synchronous handlers; in an asyncio server they are coroutines.
        inner: Any = handler.unary_unary
        stream: Any = handler.unary_stream

        async def call(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            async with self._guard(details.method, request, context):
                return await inner(request, context)

        async def flow(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            async with self._guard(details.method, request, context):
                async for answer in stream(request, context):
                    yield answer

        if inner is not None:
            return grpc.unary_unary_rpc_method_handler(
                call,
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        return grpc.unary_stream_rpc_method_handler(
            flow,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    @asynccontextmanager
    async def _guard(
        self, method: str, request: Any, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[None]:
        """Check the request, keep its deadline, and make a status of an error; measure how long it takes."""
        started, code = time.perf_counter(), "OK"
        remaining = context.time_remaining()
        try:
            if not self._server.ready:
                raise Retryable(
                    "the service is still loading its data; try again when health says SERVING"
                )
            validation.check(request)
            async with asyncio.timeout(
                DEFAULT_DEADLINE_S if remaining is None else max(remaining, 0.001)
            ):
                yield
        except Exception as error:
            status = _status(error)
            code = status.name
            if status is grpc.StatusCode.INTERNAL:
                _log.exception("rpc_failed", method=method)
            await context.abort(status, _text(error, status), _details(error, status))
        except asyncio.CancelledError:
            code = "CANCELLED"
            raise
        finally:
            telemetry.RPC_SECONDS.labels(method, code).observe(time.perf_counter() - started)


def _status(error: Exception) -> grpc.StatusCode:
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return grpc.StatusCode.INTERNAL


def _text(error: Exception, status: grpc.StatusCode) -> str:
    # The text of an unexpected error may contain secrets, so only the log has it.
    if status is grpc.StatusCode.INTERNAL:
        return "internal error; see the log"
    return str(error) or status.value[1]  # a TimeoutError says nothing


def _details(error: Exception, status: grpc.StatusCode) -> Sequence[tuple[str, bytes]]:
    """Return metadata with google.rpc.Status and BadRequest, for errors that name a field."""
    if not isinstance(error, InvalidArgument):
        return ()
    violation = error_details_pb2.BadRequest.FieldViolation(
        field=error.field, description=error.description
    )
    detail = AnyMessage()
    detail.Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    message = status_pb2.Status(code=status.value[0], message=str(error), details=[detail])
    return (("grpc-status-details-bin", message.SerializeToString()),)
