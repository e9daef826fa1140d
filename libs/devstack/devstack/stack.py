"""The broker, the database and all services, started together and stopped together."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc
import nats
from grpc_health.v1 import health_pb2, health_pb2_grpc

from devstack.infrastructure import mongo_server, nats_server
from devstack.processes import Process, free_port, start_all, stop_all
from servicekit.provision import provision

ROOT = Path(__file__).resolve().parents[3]
SERVICES = tuple(sorted(path.parent.name for path in ROOT.glob("services/*/pyproject.toml")))
"""Every service of this repository."""

Progress = Callable[[str], None]


class Stack:
    """The whole system in `folder`, which keeps its state: a second start continues where the first ended.

    NATS_URL and MONGODB_URI of the environment are used instead of servers of its own where set,
    CLASSIFIER_WEIGHTS and SEGMENTER_WEIGHTS instead of the weights that ship, and
    `<SERVICE>_PORT`, such as TRENDS_PORT, instead of a free port.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        """Plan the stack. `environment` adds settings of the services, such as INSTAGRAM_GRAPH_URL."""
        self.folder = folder.resolve()
        self._extra = dict(environment or {})
        self._servers: list[Process] = []
        self.services: dict[str, Process] = {}
        self.addresses: dict[str, str] = {}
        """host:port of each service's gRPC."""
        self.metrics: dict[str, str] = {}
        """Address of each service's /metrics."""
        self.nats_url = os.environ.get("NATS_URL", "")
        self.mongodb_uri = os.environ.get("MONGODB_URI", "")

    def start(self, progress: Progress = lambda _: None) -> None:
        """Start everything. Raise StartFailed, with nothing left running, if a part does not come up."""
        try:
            self._start(progress)
        except BaseException:
            self.stop()
            raise

    def _start(self, progress: Progress) -> None:
        progress("broker and database")
        if not self.nats_url:
            server, self.nats_url = nats_server(self.folder)
            self._servers.append(server)
        if not self.mongodb_uri:
            server, self.mongodb_uri = mongo_server(self.folder)
            self._servers.append(server)
        start_all(self._servers)
        progress("streams and consumers")
        asyncio.run(_provision(self.nats_url))
        progress(f"{len(SERVICES)} services")
        ports = {name: int(os.environ.get(f"{name.upper()}_PORT", 0)) for name in SERVICES}
        self.addresses = {name: f"127.0.0.1:{port or free_port()}" for name, port in ports.items()}
        self.services = {name: self._service(name) for name in SERVICES}
        start_all(list(self.services.values()))

    def _service(self, name: str) -> Process:
        address, metrics = self.addresses[name], free_port()
        self.metrics[name] = f"http://127.0.0.1:{metrics}/metrics"
        environment = {
            "NATS_URL": self.nats_url,
            "MONGODB_URI": self.mongodb_uri,
            "BLOB_URL": (self.folder / "blobs").as_uri(),
            "GRPC_PORT": address.rsplit(":", 1)[1],
            "METRICS_PORT": str(metrics),
            "CLASSIFIER_WEIGHTS": _weights("classifier"),
            "SEGMENTER_WEIGHTS": _weights("segmenter"),
            "TRENDS_ADDRESS": self.addresses["trends"],
            "AUTHOR_KEYS": self._author_key(),
            # Two networks on the same cores: threads that wait for each other would spin and slow both.
            "OMP_NUM_THREADS": "1",
            **self._extra,
        }
        return Process(
            name,
            [sys.executable, "-m", name],
            self.folder / "log" / f"{name}.log",
            lambda: serving(address),
            environment,
        )

    def _author_key(self) -> str:
        """Return the key of this run's author HMACs: made once, kept with the state."""
        file = self.folder / "author.key"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(f"local:{secrets.token_hex(32)}")
        return file.read_text()

    def check(self) -> None:
        """Raise StartFailed if any process has ended."""
        for process in (*self._servers, *self.services.values()):
            process.check()

    def kill(self, name: str) -> None:
        """Send SIGKILL to one service."""
        self.services[name].kill()

    def restart(self, name: str) -> None:
        """Start a killed service again, at the same address."""
        self.services[name].spawn()
        self.services[name].wait_ready()

    def stop(self) -> None:
        """Stop the services, then the servers; safe to call twice."""
        stop_all(list(self.services.values()))
        stop_all(self._servers)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def serving(address: str) -> bool:
    """Tell whether the gRPC health service at `address` says SERVING."""
    with grpc.insecure_channel(address) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(), timeout=1
            )
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def _provision(url: str) -> None:
    connection = await nats.connect(url)
    try:
        await provision(connection.jetstream())
    finally:
        await connection.close()


def _weights(service: str) -> str:
    """Return the weights that the environment names, or those that ship."""
    named = os.environ.get(f"{service.upper()}_WEIGHTS")
    return str(Path(named).resolve()) if named else str(ROOT / "models" / service)
