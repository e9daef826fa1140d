"""A real broker and a real database for every test that wants one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import nats
import pytest
from system.running import System

from devstack.infrastructure import mongo_server, nats_server
from devstack.stack import Stack
from servicekit.provision import provision


@pytest.fixture(scope="module")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A NATS server with JetStream, provisioned, with nothing of other modules in its streams; NATS_URL names another one."""
    if url := os.environ.get("NATS_URL"):
        asyncio.run(_provision(url))
        yield url
        return
    process, url = nats_server(tmp_path_factory.mktemp("nats"))
    process.spawn()
    try:
        process.wait_ready()
        asyncio.run(_provision(url))
        yield url
    finally:
        process.stop()


async def _provision(url: str) -> None:
    connection = await nats.connect(url)
    await provision(connection.jetstream())
    await connection.close()


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MongoDB-compatible server; MONGODB_URI names another one, such as MongoDB itself."""
    if uri := os.environ.get("MONGODB_URI"):
        yield uri
        return
    process, uri = mongo_server(tmp_path_factory.mktemp("mongo"))
    process.spawn()
    try:
        process.wait_ready()
        yield uri
    finally:
        process.stop()


@pytest.fixture
def blob_url(tmp_path: Path) -> str:
    """An empty blob store."""
    return (tmp_path / "blobs").as_uri()


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Broker, database and all six services."""
    with Stack(tmp_path_factory.mktemp("system")) as stack:
        yield System(stack)
