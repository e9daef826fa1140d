"""The color service and its commands in separate processes. A recolor that is killed loses nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from color_world import World, photo_bytes, segmented, with_others
from pymongo import AsyncMongoClient

from color.core.generation import join, split
from devstack.processes import Process, free_port, port_open, tied
from servicekit.events import photo_event_id
from servicekit.topology import DESCRIBED
from snsfashion.events.v1 import events_pb2
from snsfashion_client.cli import main as snsfashion

OUTFITS = 1000
ACME = with_others("name,rgb,family,family_ko\nacme fire,ca1c26,fire,파이어\n")


@pytest.fixture
async def world(mongodb_uri: str, blob_url: str) -> AsyncIterator[World]:
    """Return a replica on the database that a process of the service uses."""
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(mongodb_uri, tz_aware=True)
    await client.drop_database("snsfashion_color")
    made = World(client, "snsfashion_color", blob_url)
    await made.app.prepare()
    yield made
    await client.drop_database(made.db.name)
    await client.close()


@pytest.fixture
def environment(mongodb_uri: str, nats_url: str, blob_url: str) -> dict[str, str]:
    return {
        "MONGODB_URI": mongodb_uri,
        "NATS_URL": nats_url,
        "BLOB_URL": blob_url,
        "GRPC_PORT": str(free_port()),
        "METRICS_PORT": "0",
    }


async def command(environment: dict[str, str], *words: str) -> asyncio.subprocess.Process:
    """Start `snsfashion-admin color <words>`."""
    return await asyncio.create_subprocess_exec(
        *tied([sys.executable, "-m", "servicekit.admin", "color", *words]),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_palette_that_is_put_into_the_running_service_is_listed_by_its_command(
    world: World, environment: dict[str, str], tmp_path: Path
) -> None:
    port = int(environment["GRPC_PORT"])
    service = Process(
        "color",
        [sys.executable, "-m", "color"],
        tmp_path / "log",
        lambda: port_open(port),
        environment,
    )
    file = tmp_path / "acme.csv"
    file.write_text(ACME, encoding="utf-8")
    service.spawn()
    try:
        await asyncio.to_thread(service.wait_ready)
        put = await asyncio.to_thread(
            CliRunner().invoke,
            snsfashion,
            ["palette", "put", str(file), "--version", "acme-2027", "--json"],
            env={"COLOR_ADDRESS": f"127.0.0.1:{port}"},
        )
    finally:
        await asyncio.to_thread(service.stop)
    assert put.exit_code == 0, put.output
    listing = await command(environment, "palette", "list", "--json")
    output, _ = await listing.communicate()
    assert listing.returncode == 0
    rows = json.loads(output)
    assert [(row["version"], row["newest"]) for row in rows][-1] == ("acme-2027", True)


async def test_a_palette_is_put_from_a_file_and_an_error_names_its_line(
    world: World, environment: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "acme.csv"
    for text, status, told in (
        (ACME.replace("ca1c26", "red"), 1, "line 2, column rgb: 'red'"),
        (ACME, 0, "acme-2027: 13 colors, 9 families"),
        (ACME.replace("\n", "\r\n"), 0, "acme-2027: 13 colors, 9 families"),
        (ACME.replace("ca1c26", "ca1c27"), 1, "choose a new version"),
    ):
        file.write_text(text, encoding="utf-8")
        put = await command(environment, "palette", "put", str(file), "--version", "acme-2027")
        output, errors = await put.communicate()
        assert put.returncode == status
        assert told in (output + errors).decode()


async def test_a_recolor_that_is_killed_in_the_middle_is_finished_by_the_next(
    world: World, environment: dict[str, str]
) -> None:
    (measured,) = await world.describe(segmented(await world.keep(photo_bytes()), "measured"))
    outfits = []
    for number in range(OUTFITS):
        outfit = events_pb2.OutfitDescribed()
        outfit.CopyFrom(measured)
        outfit.provenance.post = str(number)
        outfit.image.image_id = f"instagram:{number}:0"
        outfit.event_id = photo_event_id(DESCRIBED, outfit.image, outfit.generations)
        outfits.append(outfit)
    await world.outfits.put(outfits, 1)
    await world.palettes.put("acme-2027", ACME)
    words = ("recolor", "--palette", "acme-2027", "--json")
    killed = await command(environment, *words)
    done = {"order": [1, 1, 1, join(2)]}
    async with asyncio.timeout(60):
        while not await world.db["photos"].count_documents(done):
            assert killed.returncode is None, await killed.communicate()
    killed.send_signal(signal.SIGKILL)
    await killed.wait()
    part = await world.db["photos"].count_documents(done)
    assert 0 < part < OUTFITS
    again = await command(environment, *words)
    output, errors = await again.communicate()
    assert again.returncode == 0, errors
    report = json.loads(output)
    assert report["outfits"] == OUTFITS + 1 - part
    assert report["moves"] == [
        {"from": "red", "to": "fire", "garments": report["garments_with_another_family"]}
    ]
    assert {split(color)[1] async for _, color in world.outfits.find_generations()} == {2}
