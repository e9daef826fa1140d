"""SIGKILL any one service in the middle of a run and start it again: no final count changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from system.running import System, write_photos

from devstack.stack import SERVICES


@pytest.fixture(scope="module")
def undisturbed(system: System, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Return the counts of a run in which nothing died."""
    return run(system, tmp_path_factory.mktemp("photos"), "undisturbed", kill="")


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_service_changes_no_count(
    system: System, undisturbed: Mapping[str, Any], service: str, tmp_path: Path
) -> None:
    assert run(system, tmp_path, f"without-{service}", kill=service) == undisturbed


def test_the_undisturbed_run_counted_something(undisturbed: Mapping[str, Any]) -> None:
    assert undisturbed["fates"]["described"] >= 10
    assert "dead" not in undisturbed["fates"]
    assert any(isinstance(outfit, list) for outfit in undisturbed["catalog"])
    assert undisturbed["trends"]["SOCIAL DIMENSION_ITEM"]["basis"]["support"]


def run(system: System, folder: Path, site: str, kill: str) -> Mapping[str, Any]:
    """Crawl the same pixels as every other call, kill `kill` once photos are on their way, and return the counts."""
    write_photos(folder, note=site)
    crawl_id = system.crawl(folder, site)
    killed = not kill

    def kill_once(counts: dict[str, int]) -> None:
        nonlocal killed
        if not killed and sum(counts.values()) >= 3 and counts.get("waiting"):
            system.stack.kill(kill)
            system.stack.restart(kill)
            killed = True

    system.finish(crawl_id, watch=kill_once)
    assert killed, "the run was over before anything could be killed"
    return system.counts(crawl_id, site, system.image_ids(folder))
