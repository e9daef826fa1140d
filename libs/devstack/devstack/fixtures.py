"""A pytest plugin: a real broker and a real database for each test that asks for one.

`tests/conftest.py` loads it where devstack is installed, so that a test that needs no server needs no devstack.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import nats
import pytest
from nats.js import JetStreamContext

from devstack.infrastructure import mongo_server, nats_server
from devstack.processes import Process
from servicekit.provision import provision


@pytest.fixture(scope="module")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a provisioned NATS server whose streams hold nothing of other modules; NATS_URL names another one."""
    if url := os.environ.get("NATS_URL"):
        asyncio.run(_provision(url))
        yield url
        return
    process, url = nats_server(tmp_path_factory.mktemp("nats"))
    with _running(process):
        asyncio.run(_provision(url))
        yield url


@pytest.fixture
def broker_url(tmp_path: Path) -> Iterator[str]:
    """The URL of a NATS server for one test, with JetStream and no streams."""
    process, url = nats_server(tmp_path / "nats")
    with _running(process):
        yield url


@pytest.fixture
async def js(broker_url: str) -> AsyncIterator[JetStreamContext]:
    """The JetStream of `broker_url`, provisioned and empty."""
    connection = await nats.connect(broker_url)
    context = connection.jetstream(timeout=10)
    await provision(context)
    yield context
    await connection.close()


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a MongoDB-compatible server; MONGODB_URI names another one, such as MongoDB itself."""
    if uri := os.environ.get("MONGODB_URI"):
        yield uri
        return
    process, uri = mongo_server(tmp_path_factory.mktemp("mongo"))
    with _running(process):
        yield uri


@contextmanager
def _running(process: Process) -> Iterator[None]:
    process.spawn()
    try:
        process.wait_ready()
        yield
    finally:
        process.stop()


async def _provision(url: str) -> None:
    connection = await nats.connect(url)
    await provision(connection.jetstream())
    await connection.close()
