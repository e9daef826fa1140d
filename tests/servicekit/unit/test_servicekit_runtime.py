"""A service in its own process starts or says why not, serves, and drains on SIGTERM."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import nats
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from nats.js import JetStreamContext

from devstack.processes import free_port, tied
from servicekit import topology
from snsfashion.color.v1 import color_pb2, color_pb2_grpc
from snsfashion.events.v1.events_pb2 import PostErased

# A service that takes erasures, one of them slowly, and notes what it does on stdout.
PROGRAM = """
import asyncio, os, sys
import nats
from servicekit import topology
from servicekit.app import App, Rpc, StatefulPorts
from servicekit.consumer import Subscription
from servicekit.runtime import run
from servicekit.settings import ServiceSettings
from snsfashion.color.v1 import color_pb2, color_pb2_grpc

def note(text):
    print(text, flush=True)

def wire(ports: StatefulPorts[ServiceSettings]) -> App:
    async def ignore(batch):
        return [[] for _ in batch]

    async def erase(batch):
        note("erasing")
        await asyncio.sleep(0.5)
        await ports.db.erased.insert_many([{"_id": event.post} for event in batch])
        note("erased")
        return [[] for _ in batch]

    async def fail():
        await asyncio.sleep(0.2)
        raise ValueError("background broke")

    async def load():
        connection = await nats.connect(ports.settings.nats_url)
        gate = await connection.subscribe("test.loaded")
        await connection.flush()
        note("loading")
        await gate.next_msg(timeout=30)
        await connection.close()
        if "--broken" in sys.argv:
            raise ValueError("loading broke")

    async def close():
        note("closed")

    return App(
        name="color",
        rpc=Rpc(
            color_pb2.DESCRIPTOR.services_by_name["ColorService"],
            color_pb2_grpc.add_ColorServiceServicer_to_server,
            color_pb2_grpc.ColorServiceServicer(),
        ),
        subscriptions=[
            Subscription(topology.SEGMENTED, ignore),
            Subscription(topology.ERASED, erase),
        ][: 1 if "--deaf" in sys.argv else 2],
        before_serving=[load] if "--load" in sys.argv else [],
        background=[fail] if "--fail" in sys.argv else [],
        on_close=[close],
    )

run("color", ServiceSettings, wire)
"""
PATIENCE_S = 30


class Service:
    """A process that runs PROGRAM."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        self._process = subprocess.Popen(
            tied([sys.executable, "-c", PROGRAM, *arguments]),
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    async def line(self, containing: str) -> str:
        """Return the next line of output with that text. Fail if the output ends before."""
        assert self._process.stdout
        async with asyncio.timeout(PATIENCE_S):
            while line := await asyncio.to_thread(self._process.stdout.readline):
                if containing in line:
                    return line
        raise AssertionError(f"it ended without {containing!r}: {self._process.communicate()}")

    async def serving(self) -> dict[str, Any]:
        """Wait until it serves. Return the log line with its ports."""
        line: dict[str, Any] = json.loads(await self.line('"serving"'))
        return line

    def end(self, signal_number: int | None = None) -> tuple[int, str, str]:
        """Return status, rest of stdout, and stderr, after it has ended by a signal or by itself."""
        if signal_number is not None:
            self._process.send_signal(signal_number)
        out, error = self._process.communicate(timeout=PATIENCE_S)
        return self._process.returncode, out, error

    def kill(self) -> None:
        """Kill the process if it still runs."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def environment(broker_url: str, mongodb_uri: str, tmp_path: Path) -> dict[str, str]:
    """Return the environment that the service needs, with free ports."""
    return {
        "NATS_URL": broker_url,
        "MONGODB_URI": mongodb_uri,
        "BLOB_URL": (tmp_path / "blobs").as_uri(),
        "GRPC_PORT": "0",
        "METRICS_PORT": "0",
    }


@pytest.fixture
def service(js: JetStreamContext, environment: dict[str, str]) -> Iterator[Service]:
    """Start the service with a provisioned broker."""
    service = Service(environment)
    yield service
    service.kill()


async def test_it_serves_health_and_metrics_and_ends_cleanly(service: Service) -> None:
    ports = await service.serving()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{ports['port']}") as channel:
        health = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    assert health.status == health_pb2.HealthCheckResponse.SERVING
    address = f"http://127.0.0.1:{ports['metrics_port']}/metrics"
    with await asyncio.to_thread(urllib.request.urlopen, address) as answer:
        assert b"sns_rpc_seconds" in answer.read()
    status, out, _ = service.end(signal.SIGTERM)
    assert status == 0
    assert "closed" in out.splitlines()


async def test_it_finishes_what_is_in_flight_before_it_ends(
    js: JetStreamContext, service: Service
) -> None:
    await service.serving()
    event = PostErased(event_id="e", site="site", post="slow")
    await js.publish(topology.ERASED, event.SerializeToString())
    await service.line("erasing")
    status, out, _ = await asyncio.to_thread(service.end, signal.SIGINT)
    assert status == 0
    assert "erased" in out.splitlines()
    info = await js.consumer_info(topology.ERASURES, "color")
    assert (info.num_pending, info.num_ack_pending) == (0, 0)


async def test_while_it_loads_it_is_not_serving_and_says_so(
    js: JetStreamContext, broker_url: str, environment: dict[str, str]
) -> None:
    event = PostErased(event_id="e", site="site", post="before-loading")
    await js.publish(topology.ERASED, event.SerializeToString())
    environment["GRPC_PORT"] = str(free_port())
    service = Service(environment, "--load")
    connection = await nats.connect(broker_url)
    try:
        await service.line("loading")
        async with grpc.aio.insecure_channel(f"127.0.0.1:{environment['GRPC_PORT']}") as channel:
            check = health_pb2_grpc.HealthStub(channel).Check
            name = health_pb2.HealthCheckRequest(service="snsfashion.color.v1.ColorService")
            assert (await check(name)).status == health_pb2.HealthCheckResponse.NOT_SERVING
            palette = color_pb2_grpc.ColorServiceStub(channel).GetPalette
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await palette(color_pb2.GetPaletteRequest())
            assert error.value.code() is grpc.StatusCode.UNAVAILABLE
            assert "still loading" in str(error.value.details())
            # The consumer waits too.
            info = await js.consumer_info(topology.ERASURES, "color")
            assert (info.num_pending, info.num_ack_pending) == (1, 0)
            await connection.publish("test.loaded", b"")
            await service.serving()
            assert (await check(name)).status == health_pb2.HealthCheckResponse.SERVING
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await palette(color_pb2.GetPaletteRequest())
            assert error.value.code() is not grpc.StatusCode.UNAVAILABLE
        await service.line("erased")
    finally:
        await connection.close()
        service.kill()


async def test_it_ends_cleanly_while_it_loads(
    js: JetStreamContext, environment: dict[str, str]
) -> None:
    service = Service(environment, "--load")
    await service.line("loading")
    status, out, _ = await asyncio.to_thread(service.end, signal.SIGTERM)
    assert status == 0
    assert "closed" in out.splitlines()


async def test_loading_that_fails_ends_the_service(
    js: JetStreamContext, broker_url: str, environment: dict[str, str]
) -> None:
    service = Service(environment, "--load", "--broken")
    await service.line("loading")
    connection = await nats.connect(broker_url)
    await connection.publish("test.loaded", b"")
    await connection.close()
    status, _, error = await asyncio.to_thread(service.end)
    assert status == 1
    assert "loading broke" in error


async def test_logs_are_json_with_the_service_name(service: Service) -> None:
    line = await service.serving()
    assert (line["service"], line["level"]) == ("color", "info")


async def test_broken_background_work_ends_the_service(
    js: JetStreamContext, environment: dict[str, str]
) -> None:
    status, out, error = await asyncio.to_thread(Service(environment, "--fail").end)
    assert status == 1
    assert "background broke" in error
    assert "closed" in out.splitlines()


async def test_a_broken_consumer_ends_the_service(
    js: JetStreamContext, environment: dict[str, str]
) -> None:
    """A handler with invalid answers is a bug. The process reports it and ends, so that it is restarted."""
    nonsense = PROGRAM.replace(
        'note("erased")\n        return [[] for _ in batch]',
        'note("erased")\n        return [None for _ in batch]',
    )
    event = PostErased(event_id="e", site="site", post="nonsense")
    await js.publish(topology.ERASED, event.SerializeToString())
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", nonsense],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 1
    assert "TypeError" in done.stderr


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"NATS_URL": "nats://127.0.0.1:1"}, "no NATS with JetStream at nats://127.0.0.1:1"),
        ({"NATS_URL": "nats://me:secret@127.0.0.1:1"}, "JetStream at nats://127.0.0.1:1"),
        (
            {"MONGODB_URI": "mongodb://me:secret@127.0.0.1:1"},
            "no MongoDB at the address in MONGODB_URI",
        ),
        ({"MONGODB_URI": "mongodb://host:port"}, "MONGODB_URI is not a valid address"),
        ({"METRICS_PORT": "taken"}, "METRICS_PORT"),
        ({"GRPC_PORT": "taken"}, "GRPC_PORT"),
    ],
)
async def test_a_start_that_fails_says_why_in_one_line(
    js: JetStreamContext,
    environment: dict[str, str],
    broker_url: str,
    changes: dict[str, str],
    says: str,
) -> None:
    taken = broker_url.rpartition(":")[2]
    changes = {name: taken if value == "taken" else value for name, value in changes.items()}
    impatient = PROGRAM.replace(
        'run("color"', 'import servicekit.runtime as r; r.CONNECT_TIMEOUT_S = 1.0\nrun("color"'
    )
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", impatient],
        env={**os.environ, **environment, **changes},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert says in done.stderr
    assert "color cannot start: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr + done.stdout


async def test_a_subject_without_a_handler_is_one_clear_line(
    js: JetStreamContext, environment: dict[str, str]
) -> None:
    status, _, error = await asyncio.to_thread(Service(environment, "--deaf").end)
    assert status == 1
    assert "color cannot start: " in error
    assert "no handler for sns.post.erased.v1" in error
    assert "Traceback" not in error


def test_a_broker_that_is_not_provisioned_is_named(environment: dict[str, str]) -> None:
    status, _, error = Service(environment).end()
    assert status == 1
    assert "snsfashion-admin provision" in error
