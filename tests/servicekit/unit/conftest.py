"""A broker of its own for every test that wants one: streams and consumers are fixed, so a shared one would leak."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import nats
import pytest
from nats.js import JetStreamContext

from devstack.infrastructure import nats_server
from servicekit.provision import provision


@pytest.fixture
def broker_url(tmp_path: Path) -> Iterator[str]:
    """A broker with JetStream and no streams."""
    process, url = nats_server(tmp_path / "nats")
    process.spawn()
    try:
        process.wait_ready()
        yield url
    finally:
        process.stop()


@pytest.fixture
async def js(broker_url: str) -> AsyncIterator[JetStreamContext]:
    """The broker's JetStream, provisioned and empty."""
    connection = await nats.connect(broker_url)
    context = connection.jetstream(timeout=10)
    await provision(context)
    yield context
    await connection.close()
