"""When stored outfits are named again by a new palette, trends counts them as if that palette had been there all along."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import nats
import pytest
from click.testing import CliRunner
from color_world import World, photo_bytes, segmented, with_others

import trends.app
import trends.settings
from servicekit import mongo, topology
from servicekit.admin import main as admin
from servicekit.app import StatefulPorts
from servicekit.events import Publication
from servicekit.mongo import Client
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from trends.core.cell import Cell, CellKey, total

ACME = with_others("""name,name_ko,rgb,family,family_ko
acme fire,애크미 파이어,ca1c26,fire,파이어
acme storm,,1f2852,storm,스톰
""")
COLORS = ((202, 28, 38), (31, 40, 82), (219, 200, 168))


@pytest.fixture
async def client(mongodb_uri: str) -> AsyncIterator[Client]:
    """The database that the color service uses, empty."""
    client = mongo.open_client(mongodb_uri, 10)
    await client.drop_database("snsfashion_color")
    yield client
    await client.drop_database("snsfashion_color")
    await client.close()


async def ignore(publication: Publication[Any]) -> None:
    """Drop the event: nothing is published outside of handlers."""


async def count(client: Client, outfits: Sequence[OutfitDescribed]) -> dict[CellKey, Any]:
    """Return what the trends service counts after these events."""
    name = f"test_recolor_{uuid.uuid4().hex}"
    settings = trends.settings.Settings(nats_url="nats://unused", mongodb_uri="mongodb://unused")
    ports = StatefulPorts(settings=settings, publish=ignore, db=client[name])
    app = trends.app.wire(ports)
    await app.prepare()
    await app.events.described(outfits)
    head = await app.store.read_head()
    cells = await app.store.cells.read_cells(head.epoch)
    for key, change in (await app.store.cells.sum_changes(head.folded, head.seq)).items():
        cells[key] = total([cells.get(key, Cell()), change])
    await client.drop_database(name)
    return {key: cell.document() for key, cell in cells.items() if cell}


async def in_stream(nats_url: str, site: str) -> list[OutfitDescribed]:
    """Return the OutfitDescribed of a site that the broker holds, in order."""
    connection = await nats.connect(nats_url)
    try:
        js = connection.jetstream()
        found: dict[int, OutfitDescribed] = {}
        subscription = await js.pull_subscribe(topology.DESCRIBED, stream=topology.PIPELINE)
        info = await subscription.consumer_info()
        while len(found) < (info.num_pending or 0):
            for message in await subscription.fetch(100, timeout=5):
                sequence = message.metadata.sequence.stream
                found[sequence] = OutfitDescribed.FromString(message.data)
        heard = [found[sequence] for sequence in sorted(found)]
        return [outfit for outfit in heard if outfit.provenance.site == site]
    finally:
        await connection.close()


async def test_trends_follow_through_the_broker(
    client: Client, nats_url: str, mongodb_uri: str, blob_url: str
) -> None:
    """The command itself, as an operator runs it, against the color service's own database."""
    site = uuid.uuid4().hex
    world = World(client, "snsfashion_color", blob_url)
    await world.app.prepare()
    photos = [await world.keep(photo_bytes(rgb)) for rgb in COLORS]
    events = [segmented(photos[n % 3], str(n), site=site) for n in range(6)]
    before = await world.describe(*events)
    version = f"acme-{site[:8]}"
    await world.palettes.put(version, ACME)
    command = ["color", "recolor", "--palette", version, "--json"]
    environment = {"MONGODB_URI": mongodb_uri, "NATS_URL": nats_url}
    for _ in range(2):  # the second time there is nothing left to do
        done = await asyncio.to_thread(CliRunner().invoke, admin, command, env=environment)
        assert done.exit_code == 0, done.output
    heard = await in_stream(nats_url, site)
    assert [o.image.image_id for o in heard] == [f"{site}:{n}:0" for n in range(6)]
    late = [*heard, *before]  # the older ones come last
    assert await count(client, late) == await count(client, heard)
    assert await count(client, before) != await count(client, heard)

    fresh = World(client, f"test_recolor_{uuid.uuid4().hex}", blob_url)
    await fresh.app.prepare()
    await fresh.palettes.put(version, ACME)
    assert await count(client, await fresh.describe(*events)) == await count(client, heard)
    await client.drop_database(fresh.db.name)
