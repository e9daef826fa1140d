"""A replica of the color service."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from color_world import World
from pymongo import AsyncMongoClient


@pytest.fixture
async def world(mongodb_uri: str, blob_url: str) -> AsyncIterator[World]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongodb_uri, tz_aware=True)
    made = World(client, f"test_color_{uuid.uuid4().hex}", blob_url)
    await made.app.prepare()
    yield made
    await client.drop_database(made.db.name)
    await client.close()
