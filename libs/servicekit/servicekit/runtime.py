"""The life of a service: connect, build, serve, and on SIGTERM drain in the order of DESIGN section 3.

A service's `__main__` is `run("color", Settings, build)`, where `build` wires its parts to the runtime.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import grpc
import nats
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from prometheus_client import start_http_server
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from servicekit import telemetry, topology
from servicekit.consumer import Consumer, Handler, Retried
from servicekit.rpc import RpcServer
from servicekit.settings import ServiceSettings, StatelessSettings, load

CONNECT_TIMEOUT_S = 30.0

_log = telemetry.log("runtime")
S = TypeVar("S", bound=StatelessSettings)


def utc_now() -> datetime:
    """The clock that services use; tests pass their own."""
    return datetime.now(UTC)


def database(
    client: AsyncMongoClient[dict[str, Any]], service: str
) -> AsyncDatabase[dict[str, Any]]:
    """A service's own database; no other service reads it."""
    return client[f"snsfashion_{service}"]


class Runtime(Generic[S]):
    """What `build` gets: connections, and the places to add RPCs, consumers and background work."""

    def __init__(
        self,
        name: str,
        settings: S,
        nats_client: Client,
        mongo: AsyncMongoClient[dict[str, Any]] | None,
    ) -> None:
        self.name = name
        self.settings = settings
        self.nats = nats_client
        self.js: JetStreamContext = nats_client.jetstream(timeout=10)
        self._mongo = mongo
        self.rpc = RpcServer(settings.grpc_host, settings.grpc_port)
        self.consumers: list[Consumer] = []
        self._before: list[Callable[[], Awaitable[None]]] = []
        self._background: list[Callable[[], Awaitable[None]]] = []
        self._closers: list[Callable[[], Awaitable[None]]] = []

    @property
    def db(self) -> AsyncDatabase[dict[str, Any]]:
        """The service's own database. Only with ServiceSettings."""
        if self._mongo is None:
            raise TypeError(f"{self.name} is stateless: its settings have no mongodb_uri")
        return database(self._mongo, self.name)

    def add_rpc(
        self, register: Callable[[Any, grpc.aio.Server], None], servicer: object, name: str
    ) -> None:
        """Serves `servicer`; `register` is the generated add_..._to_server, `name` the full service name."""
        self.rpc.add(register, servicer, name)

    def consume(
        self,
        stream: str,
        handlers: Mapping[str, Handler],
        *,
        batch: int = 32,
        retried: Retried | None = None,
    ) -> None:
        """Runs `handlers` (one a subject) on this service's consumer of `stream`, after `build`. See Consumer."""
        durable = next(
            d for d in topology.DURABLES if d.service == self.name and d.stream == stream
        )
        self.consumers.append(
            Consumer(self.js, durable, handlers, batch=batch, clock=utc_now, retried=retried)
        )

    def before_serving(self, work: Callable[[], Awaitable[None]]) -> None:
        """Runs `work` once, when the port is open and before consumers and background work start.

        Until it is done, in the order added, health says NOT_SERVING and calls are answered UNAVAILABLE.
        """
        self._before.append(work)

    def background(self, work: Callable[[], Awaitable[None]]) -> None:
        """Runs `work` for as long as the service serves; it is cancelled at shutdown. If it fails, so does the service."""
        self._background.append(work)

    def on_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Called at shutdown after consumers have stopped; last added, first called."""
        self._closers.append(close)

    async def serve(self, stop: asyncio.Event) -> None:
        """Serves until `stop`, or raises what background work or a consumer raised."""
        tasks: list[asyncio.Task[None]] = []
        try:
            self.rpc.ready = not self._before
            metrics_port = await self._listen()
            if not await self._prepared(stop):
                return
            keep_what_is_loaded()
            self.rpc.ready = True
            consuming = [consumer.start() for consumer in self.consumers]
            tasks = [asyncio.ensure_future(_as_coroutine(work)) for work in self._background]
            await self.rpc.set_serving(True)
            _log.info("serving", port=self.rpc.port, metrics_port=metrics_port)
            await self._until(stop, [*tasks, *consuming])
        finally:
            _log.info("stopping")
            await self.rpc.set_serving(False)
            grace = self.settings.shutdown_grace_s
            await asyncio.gather(*(consumer.stop(grace) for consumer in self.consumers))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.rpc.stop(grace)
            for close in reversed(self._closers):
                await close()

    async def _prepared(self, stop: asyncio.Event) -> bool:
        """Does what comes before serving; False if the service was stopped meanwhile."""
        work = asyncio.ensure_future(_one_after_the_other(self._before))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        done = work.done()
        for task in (work, stopped):
            task.cancel()
        await asyncio.gather(work, stopped, return_exceptions=True)
        if done:
            work.result()
        return done

    async def _listen(self) -> int:
        host = self.settings.grpc_host
        try:
            await self.rpc.start()
            metrics, _ = start_http_server(self.settings.metrics_port, host)
        except (RuntimeError, OSError) as error:
            ports = f"{self.settings.grpc_port} (GRPC_PORT), {self.settings.metrics_port} (METRICS_PORT)"
            raise StartError(f"cannot listen on {host}, ports {ports}: {error}") from error
        return metrics.server_port

    async def _until(self, stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
        stopped = asyncio.create_task(stop.wait())
        serving = True
        while not stop.is_set():
            done, _ = await asyncio.wait(
                {stopped, *tasks}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done - {stopped}:
                task.result()
                raise RuntimeError("background work ended by itself")
            healthy = all(consumer.healthy for consumer in self.consumers)
            if healthy != serving:
                serving = healthy
                await self.rpc.set_serving(serving)
                _log.warning("health", serving=serving)


def keep_what_is_loaded() -> None:
    """Takes all objects that there are out of garbage collection: what was loaded stays for as long as the process does, and
    looking through it again and again would hold up answers, by 100 ms for 100,000 outfits."""
    gc.collect()
    gc.freeze()


async def _one_after_the_other(steps: Sequence[Callable[[], Awaitable[None]]]) -> None:
    for step in steps:
        await step()


async def _as_coroutine(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def run(name: str, settings_type: type[S], build: Callable[[Runtime[S]], Awaitable[None]]) -> None:
    """Runs a service until SIGTERM or SIGINT. Ends with status 1 and one clear line if it can't start."""
    settings = load(settings_type)
    telemetry.configure(name, settings.log_level)
    try:
        asyncio.run(_run(name, settings, build))
    except StartError as error:
        print(f"{name} cannot start: {error}", file=sys.stderr)
        raise SystemExit(1) from None


class StartError(Exception):
    """A reason that a service can't start, for the operator."""


async def _run(name: str, settings: S, build: Callable[[Runtime[S]], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    client = await _connect_nats(name, settings.nats_url)
    mongo = (
        await _connect_mongo(settings.mongodb_uri)
        if isinstance(settings, ServiceSettings)
        else None
    )
    try:
        runtime = Runtime(name, settings, client, mongo)
        await build(runtime)
        await runtime.serve(stop)
    finally:
        try:
            await client.drain()
        except nats.errors.Error:
            await client.close()
        if mongo is not None:
            await mongo.close()


async def _connect_nats(name: str, url: str) -> Client:
    async def on_error(error: Exception) -> None:
        # A denied publish shows as a time-out; its reason arrives only here.
        _log.warning("nats", error=repr(error))

    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            client = await nats.connect(
                url,
                name=name,
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.5,
                allow_reconnect=True,
                error_cb=on_error,
            )
            for durable in topology.DURABLES:
                if durable.service == name:
                    await client.jetstream().consumer_info(durable.stream, name)
            return client
    except NotFoundError as error:
        raise StartError(
            f"streams or consumers are missing at {url}; run `python -m servicekit.provision` first"
        ) from error
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise StartError(f"no NATS with JetStream at {url}: {error!r}") from error


async def _connect_mongo(uri: str) -> AsyncMongoClient[dict[str, Any]]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        uri, tz_aware=True, serverSelectionTimeoutMS=int(CONNECT_TIMEOUT_S * 1000)
    )
    try:
        await client.admin.command("ping")
    except PyMongoError as error:
        await client.close()
        raise StartError(f"no MongoDB at the address in MONGODB_URI: {error}") from error
    return client
