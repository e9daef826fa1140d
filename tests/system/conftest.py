"""The whole system, for the tests that need it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from system.running import System

from devstack.stack import Stack


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Broker, database and all services."""
    with Stack(tmp_path_factory.mktemp("system")) as stack:
        yield System(stack)
