"""Streams and consumers are what `topology` says, no matter how often they are provisioned."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from typing import Any

import pytest
from nats.js import JetStreamContext, api

from servicekit import topology
from servicekit.errors import hide_password
from servicekit.provision import provision


async def configuration(js: JetStreamContext) -> dict[str, Any]:
    """Return every stream and consumer of the broker."""
    found: dict[str, Any] = {}
    for stream in await js.streams_info():
        name = stream.config.name or ""
        found[name] = asdict(stream.config)
        for consumer in await js.consumers_info(name):
            found[f"{name}/{consumer.name}"] = asdict(consumer.config)
    return found


async def test_there_is_what_topology_says_and_nothing_else(js: JetStreamContext) -> None:
    found = await configuration(js)
    assert set(found) == set(topology.STREAMS) | {
        f"{d.stream}/{d.service}" for d in topology.DURABLES
    }
    for stream in topology.STREAMS:
        config = found[stream]
        assert set(config["subjects"]) == set(topology.subjects_of(stream))
        assert config["retention"] == api.RetentionPolicy.LIMITS
        assert config["storage"] == api.StorageType.FILE
        assert config["max_bytes"] == stream.max_bytes
        assert config["max_age"] == (stream.max_age.total_seconds() if stream.max_age else 0)
    for durable in topology.DURABLES:
        config = found[f"{durable.stream}/{durable.service}"]
        filters = config["filter_subjects"] or [config["filter_subject"]]
        assert set(filters) == set(durable.subjects)
        assert config["ack_policy"] == api.AckPolicy.EXPLICIT
        assert config["max_deliver"] == -1, "max_deliver is not a dead-letter queue"


async def test_provisioning_again_changes_nothing_and_loses_nothing(js: JetStreamContext) -> None:
    await js.publish(topology.CRAWLED, b"message")
    before = await configuration(js)
    await provision(js)
    assert await configuration(js) == before
    info = await js.consumer_info(topology.PIPELINE, "classifier")
    assert info.num_pending == 1


async def test_a_changed_consumer_is_brought_up_to_date(js: JetStreamContext) -> None:
    before = await configuration(js)
    config = (await js.consumer_info(topology.PIPELINE, "color")).config
    config.ack_wait = 1
    await js.add_consumer(topology.PIPELINE, config)
    assert await configuration(js) != before
    await provision(js)
    assert await configuration(js) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "status", "says"),
    [
        ({}, 2, "NATS_URL"),
        ({"NATS_URL": "nats://127.0.0.1:1"}, 1, "cannot provision nats://"),
    ],
)
def test_the_command_says_what_is_wrong(
    environment: dict[str, str], status: int, says: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "servicekit.provision"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nats://host:4222", "nats://host:4222"),
        ("nats://me:pass@word@host:4222", "nats://host:4222"),
        ("tls://token@one:4222,tls://me:secret@two:4222", "tls://one:4222,tls://two:4222"),
        ("me:secret@host:4222", "host:4222"),
    ],
)
def test_an_error_shows_the_address_of_the_broker_without_secrets(url: str, shown: str) -> None:
    assert hide_password(url) == shown
