"""The life of a service: connect, wire, serve, and on SIGTERM drain in the order that docs/architecture.md states."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import nats
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from prometheus_client import start_http_server

from servicekit import mongo, telemetry, topology
from servicekit.app import App, Ports, StatefulPorts, Work, utc_now
from servicekit.consumer import Consumer, publish
from servicekit.errors import StartError, hide_password
from servicekit.rpc import RpcServer
from servicekit.settings import ServiceSettings, StatelessSettings, load

CONNECT_TIMEOUT_S = 30.0

_log = telemetry.log("runtime")
S = TypeVar("S", bound=StatelessSettings)
Stateful = TypeVar("Stateful", bound=ServiceSettings)


class Runtime:
    """Serves an `App`."""

    def __init__(self, app: App, settings: StatelessSettings, js: JetStreamContext) -> None:
        self._app = app
        self._settings = settings
        self.rpc = RpcServer(settings.grpc_host, settings.grpc_port)
        self.rpc.add(app.rpc.register, app.rpc.servicer, app.rpc.name)
        by_stream = {
            durable: [s for s in app.subscriptions if s.subject in durable.subjects]
            for durable in topology.durables_of(app.name)
        }
        self._consumers = [
            Consumer(
                js,
                durable,
                subscriptions,
                batch=app.batch,
                clock=utc_now,
                retried=app.retried,
            )
            for durable, subscriptions in by_stream.items()
        ]

    async def serve(self, stop: asyncio.Event) -> None:
        """Serve until `stop`, or raise what background work or a consumer raised."""
        tasks: list[asyncio.Task[None]] = []
        try:
            self.rpc.ready = not self._app.before_serving
            metrics_port = await self._listen()
            if not await self._prepare(stop):
                return
            keep_what_is_loaded()
            self.rpc.ready = True
            consuming = [consumer.start() for consumer in self._consumers]
            tasks = [asyncio.ensure_future(_as_coroutine(work)) for work in self._app.background]
            await self.rpc.set_serving(True)
            _log.info("serving", port=self.rpc.port, metrics_port=metrics_port)
            await self._watch(stop, [*tasks, *consuming])
        finally:
            _log.info("stopping")
            await self.rpc.set_serving(False)
            grace = self._settings.shutdown_grace_s
            await asyncio.gather(*(consumer.stop(grace) for consumer in self._consumers))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.rpc.stop(grace)
            await self._app.close()

    async def _prepare(self, stop: asyncio.Event) -> bool:
        """Do what comes before serving. Return False if the service was stopped before that was done."""
        work = asyncio.ensure_future(self._app.prepare())
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
        host = self._settings.grpc_host
        try:
            await self.rpc.start()
            metrics, _ = start_http_server(self._settings.metrics_port, host)
        except (RuntimeError, OSError) as error:
            ports = f"{self._settings.grpc_port} (GRPC_PORT), {self._settings.metrics_port} (METRICS_PORT)"
            raise StartError(f"cannot listen on {host}, ports {ports}: {error}") from error
        return metrics.server_port

    async def _watch(self, stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
        stopped = asyncio.create_task(stop.wait())
        serving = True
        while not stop.is_set():
            done, _ = await asyncio.wait(
                {stopped, *tasks}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done - {stopped}:
                task.result()
                raise RuntimeError("background work ended by itself")
            healthy = all(consumer.is_healthy for consumer in self._consumers)
            if healthy != serving:
                serving = healthy
                await self.rpc.set_serving(serving)
                _log.warning("health", serving=serving)


def keep_what_is_loaded() -> None:
    """Exclude all existing objects from garbage collection: what was loaded stays until the process ends.

    To check these objects again and again would delay answers, by 100 ms for 100,000 outfits.
    """
    gc.collect()
    gc.freeze()


async def _as_coroutine(work: Work) -> None:
    await work()


def run(
    name: str, settings_type: type[Stateful], wire: Callable[[StatefulPorts[Stateful]], App]
) -> None:
    """Run a service that keeps state, until SIGTERM or SIGINT. If it can't start, end with status 1 and say why."""
    settings = load(settings_type)

    async def serve(js: JetStreamContext, stop: asyncio.Event) -> None:
        client = await mongo.connect(settings.mongodb_uri, CONNECT_TIMEOUT_S)
        try:
            db = mongo.database(client, name)
            ports = StatefulPorts(settings=settings, publish=partial(publish, js), db=db)
            await Runtime(wire(ports), settings, js).serve(stop)
        finally:
            await client.close()

    _run(name, settings, serve)


def run_stateless(name: str, settings_type: type[S], wire: Callable[[Ports[S]], App]) -> None:
    """Run a service that keeps no state of its own; see `run`."""
    settings = load(settings_type)

    async def serve(js: JetStreamContext, stop: asyncio.Event) -> None:
        ports = Ports(settings=settings, publish=partial(publish, js))
        await Runtime(wire(ports), settings, js).serve(stop)

    _run(name, settings, serve)


def _run(
    name: str,
    settings: StatelessSettings,
    serve: Callable[[JetStreamContext, asyncio.Event], Awaitable[None]],
) -> None:
    telemetry.configure(name, settings.log_level, settings.otel_exporter_otlp_endpoint)
    try:
        asyncio.run(_connected(name, settings.nats_url, serve))
    except StartError as error:
        print(f"{name} cannot start: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    finally:
        telemetry.flush()


async def _connected(
    name: str, nats_url: str, serve: Callable[[JetStreamContext, asyncio.Event], Awaitable[None]]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    client = await _connect_nats(name, nats_url)
    try:
        await serve(client.jetstream(timeout=10), stop)
    finally:
        try:
            await client.drain()
        except nats.errors.Error:
            await client.close()


async def _connect_nats(name: str, url: str) -> Client:
    async def on_error(error: Exception) -> None:
        # A publish that is denied only times out; the reason arrives only here.
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
            for durable in topology.durables_of(name):
                await client.jetstream().consumer_info(durable.stream, name)
            return client
    except NotFoundError as error:
        raise StartError(
            f"the broker at {hide_password(url)} lacks streams or consumers; run `snsfashion-admin provision` first"
        ) from error
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise StartError(f"no NATS with JetStream at {hide_password(url)}: {error!r}") from error
