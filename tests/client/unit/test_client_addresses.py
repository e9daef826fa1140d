"""Where the client looks for services."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snsfashion_client import Addresses, AddressMissing


def local_run(folder: Path, **addresses: str) -> None:
    (folder / ".run").mkdir()
    (folder / ".run" / "services.json").write_text(json.dumps(addresses))


def test_the_environment_comes_before_a_local_run(tmp_path: Path) -> None:
    local_run(tmp_path, trends="127.0.0.1:1", color="127.0.0.1:2", nats_url="nats://127.0.0.1:3")
    found = Addresses.find({"TRENDS_ADDRESS": "trends.example:50051"}, tmp_path)
    assert found.trends == "trends.example:50051"
    assert found.color == "127.0.0.1:2"
    assert found.nats_url == "nats://127.0.0.1:3"


def test_an_unknown_address_names_the_variable_to_set(tmp_path: Path) -> None:
    found = Addresses.find({}, tmp_path)
    with pytest.raises(AddressMissing, match="set RECOMMENDER_ADDRESS, for example"):
        found.of("recommender")
    with pytest.raises(AddressMissing, match="set NATS_URL, for example NATS_URL=nats://"):
        found.of("nats_url")


def test_a_damaged_file_of_a_local_run_is_named(tmp_path: Path) -> None:
    (tmp_path / ".run").mkdir()
    (tmp_path / ".run" / "services.json").write_text('{"trends": "127.0')
    with pytest.raises(AddressMissing, match=r"services\.json can't be read"):
        Addresses.find({}, tmp_path)
