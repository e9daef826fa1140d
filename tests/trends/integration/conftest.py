"""A replica of the trends service on a database, as it is wired when it serves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from servicekit.app import StatefulPorts
from servicekit.events import Publication
from servicekit.mongo import Database
from trends.app import TrendsApp, wire
from trends.settings import Settings

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def _publish(publication: Publication[Any]) -> None:
    raise AssertionError("trends publishes nothing")


@pytest.fixture
def wired(tmp_path: Path) -> Callable[[Database, Callable[[], float]], TrendsApp]:
    """Return what wires the service: give it a database and seconds that never go back. Today is 2026-11-22.

    Its blob store is the folder `blobs` of `tmp_path`.
    """

    def wire_on(db: Database, monotonic: Callable[[], float]) -> TrendsApp:
        return wire(
            StatefulPorts(
                settings=Settings(
                    nats_url="nats://unused",
                    mongodb_uri="mongodb://unused",
                    blob_url=(tmp_path / "blobs").as_uri(),
                ),
                publish=_publish,
                clock=lambda: NOW,
                monotonic=monotonic,
                db=db,
            )
        )

    return wire_on
