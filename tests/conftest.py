"""The kind of each test, by its folder; broker and database come from devstack, where it is installed."""

from __future__ import annotations

from importlib.metadata import distributions
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["devstack.fixtures"] if any(distributions(name="snsfashion-devstack")) else []

# Beside other workers an example may take long for no reason of its own; each test has a time-out.
settings.register_profile("side by side", deadline=None)
settings.load_profile("side by side")

TESTS = Path(__file__).parent
KINDS = {
    "unit": "unit",
    "integration": "integration",
    "contract": "system",
    "imports": "system",
    "e2e": "e2e",
    "chaos": "chaos",
}
"""The marker that a test gets from the folder that holds its file."""
SERVERS = {"nats_url", "broker_url", "mongodb_uri"}
"""Fixtures that start a server: a test that asks for one is an integration test, whatever its folder."""
LONG_TIMEOUT_S = 600.0
"""For tests of the whole system and of TensorFlow; other tests have `timeout` of pyproject.toml."""


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test; put those that take longest first, so that no worker starts them last."""
    for item in items:
        fixtures: set[str] = set(getattr(item, "fixturenames", ()))
        kind = _kind(item.path)
        if kind in ("unit", "system") and SERVERS & fixtures:
            kind = "integration"
        item.add_marker(kind)
        if "mrcnn_python" in fixtures:
            item.add_marker("tensorflow")
        if kind in ("e2e", "chaos") or item.get_closest_marker("tensorflow"):
            item.add_marker(pytest.mark.timeout(LONG_TIMEOUT_S))
    items.sort(key=lambda item: item.path.parent.name not in ("chaos", "e2e"))


def _kind(path: Path) -> str:
    folder = path.parent.name
    if folder not in KINDS:
        raise pytest.UsageError(
            f"{path.relative_to(TESTS)}: a test belongs in a folder named {', '.join(KINDS)}"
        )
    return KINDS[folder]


@pytest.fixture
def blob_url(tmp_path: Path) -> str:
    """The URL of an empty blob store."""
    return (tmp_path / "blobs").as_uri()
