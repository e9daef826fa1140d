"""A new palette names all stored outfits without the photos, and the consumers receive them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from color_world import World, photo_bytes, segmented, with_others
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from color.core import palette
from color.core.comparison import Comparison
from color.core.generation import join
from color.recolor import find_outdated, recolor
from color.storage import known_palettes
from color.storage.known_palettes import NumberedPalette
from color.storage.outfits import NewerPalette
from color.storage.palette_history import StoredPalette, VersionTaken
from servicekit.errors import Gone, NotFound
from servicekit.events import Publication
from servicekit.photostore import Post
from servicekit.rpc import RpcServer
from snsfashion.color.v1 import color_pb2, color_pb2_grpc
from snsfashion.events.v1 import events_pb2

ACME = with_others("""name,name_ko,rgb,family,family_ko
acme fire,애크미 파이어,ca1c26,fire,파이어
acme storm,,1f2852,storm,스톰
acme sand,,dbc8a8,beige,
""")
LATER = ACME.replace("fire,파이어", "flame,플레임")
COLORS = ((202, 28, 38), (31, 40, 82), (219, 200, 168))


class Stopped(Exception):
    """Stands for a kill."""


async def fill(world: World, count: int) -> list[events_pb2.GarmentsSegmented]:
    """Describe posts "0" to "<count - 1>" of three colors."""
    photos = [await world.keep(photo_bytes(rgb)) for rgb in COLORS]
    events = [segmented(photos[n % 3], str(n)) for n in range(count)]
    await world.describe(*events)
    return events


async def name_again(
    world: World, heard: list[events_pb2.OutfitDescribed] | None = None
) -> Comparison:
    """Recolor by the newest palette."""

    async def hear(publication: Publication[Any]) -> None:
        assert isinstance(publication.event, events_pb2.OutfitDescribed)
        if heard is not None:
            heard.append(publication.event)

    await world.palettes.refresh()
    by = world.palettes.active
    return await recolor(world.outfits, by, await find_outdated(world.outfits, by), hear)


async def stored(world: World) -> dict[str, bytes]:
    return {d["_id"]: d["described"] async for d in world.db["photos"].find()}


async def test_after_a_recolor_all_is_as_if_the_palette_had_been_there_from_the_start(
    world: World, blob_url: str
) -> None:
    events = await fill(world, 9)
    for event in events:
        await world.blobs.delete(event.image.key)  # the photos are gone
    await world.palettes.put("acme-2027", ACME)
    heard: list[events_pb2.OutfitDescribed] = []
    report = await name_again(world, heard)
    assert (report.outfits, report.changed) == (9, 6)
    assert report.moves == {("red", "fire"): 3, ("navy", "storm"): 3}

    fresh = World(world.db.client, f"{world.db.name}_fresh", blob_url)
    await fresh.app.prepare()
    await fresh.palettes.put("acme-2027", ACME)
    await fill(fresh, 9)
    assert await stored(world) == await stored(fresh)
    told = {o.image.image_id: o.SerializeToString(deterministic=True) for o in heard}
    assert told == await stored(fresh)
    families = {g.colors[0].family for o in heard for g in o.garments}
    assert families == {"fire", "storm", "beige"}
    await world.db.client.drop_database(fresh.db.name)


@pytest.mark.parametrize("kills", [[0], [1], [3], [2, 3], [0, 0, 5]])
async def test_a_recolor_that_is_killed_and_run_again_publishes_everything(
    world: World, kills: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("color.recolor.BATCH", 2)
    await fill(world, 6)
    by = await world.palettes.put("acme-2027", ACME)
    heard: dict[str, events_pb2.OutfitDescribed] = {}
    for kill in kills:
        left = kill

        async def tell(publication: Publication[Any]) -> None:
            nonlocal left
            if not left:
                raise Stopped
            left -= 1
            assert isinstance(publication.event, events_pb2.OutfitDescribed)
            heard[publication.event.event_id] = publication.event

        with pytest.raises(Stopped):
            await recolor(world.outfits, by, await find_outdated(world.outfits, by), tell)
    rest: list[events_pb2.OutfitDescribed] = []
    await name_again(world, rest)
    heard |= {outfit.event_id: outfit for outfit in rest}
    assert {o.image.image_id: o.SerializeToString(deterministic=True) for o in heard.values()} == (
        await stored(world)
    )
    assert len(heard) == 6
    assert not await find_outdated(world.outfits, by)


async def test_a_dry_run_reports_what_would_change_and_changes_nothing(world: World) -> None:
    await fill(world, 3)
    by = await world.palettes.put("acme-2027", ACME)
    before = await stored(world)
    report = await recolor(world.outfits, by, await find_outdated(world.outfits, by), None)
    assert (report.outfits, report.changed) == (3, 2)
    assert await stored(world) == before


async def test_an_erased_post_stays_away(world: World) -> None:
    await fill(world, 3)
    by = await world.palettes.put("acme-2027", ACME)
    ids = await find_outdated(world.outfits, by)

    async def erase(publication: Publication[Any]) -> None:  # it happens while the recolor is at it
        await world.outfits.erase([Post("instagram", "1")])

    await recolor(world.outfits, by, ids, erase)
    assert sorted(await stored(world)) == ["instagram:0:0", "instagram:2:0"]


async def test_a_newer_result_that_comes_meanwhile_stands(world: World) -> None:
    events = await fill(world, 1)
    navy = await world.keep(photo_bytes((31, 40, 82)))
    by = await world.palettes.put("acme-2027", ACME)

    async def describe(publication: Publication[Any]) -> None:
        await world.describe(segmented(navy, "0", segmenter=2))

    await recolor(world.outfits, by, await find_outdated(world.outfits, by), describe)
    (outfit,) = await world.outfits.find([events[0].image.image_id])
    assert (outfit.generations.segmenter, outfit.garments[0].colors[0].family) == (2, "storm")


async def test_a_replica_that_does_not_know_a_palette_yet_still_names_by_it(
    world: World, blob_url: str
) -> None:
    late = World(world.db.client, world.db.name, blob_url)
    await late.palettes.load()
    await world.palettes.put("acme-2027", ACME)
    (outfit,) = await late.describe(segmented(await late.keep(photo_bytes())))
    assert outfit.garments[0].colors[0].name == "acme fire"
    assert outfit.generations.color == join(2)
    assert not await find_outdated(world.outfits, world.palettes.active)


async def test_a_caller_that_gives_up_while_palettes_are_read_adds_none_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = World(world.db.client, world.db.name, world.blob_url)
    await other.app.prepare()
    await other.palettes.put("acme-2027", ACME)
    await other.palettes.put("acme-2028", LATER)
    ready = known_palettes._ready
    second, parse = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slowly(stored: StoredPalette) -> NumberedPalette:
        if stored.version == "acme-2028":
            loop.call_soon_threadsafe(second.set)
            parse.wait(20)
        return ready(stored)

    monkeypatch.setattr(known_palettes, "_ready", slowly)
    caller = asyncio.create_task(world.palettes.get("acme-2028"))
    await second.wait()
    caller.cancel()
    parse.set()
    await asyncio.gather(caller, return_exceptions=True)
    await world.palettes.refresh()
    assert [p.number for p in world.palettes.all] == [1, 2, 3]


async def test_a_recolor_by_a_palette_that_is_no_longer_the_newest_stores_nothing(
    world: World,
) -> None:
    await fill(world, 1)
    by = await world.palettes.put("acme-2027", ACME)
    ids = await find_outdated(world.outfits, by)
    before = await stored(world)

    async def put(publication: Publication[Any]) -> None:
        await world.palettes.put("acme-2028", LATER)

    with pytest.raises(NewerPalette):
        await recolor(world.outfits, by, ids, put)
    assert await stored(world) == before
    await name_again(world)
    (outfit,) = await world.outfits.find(ids)
    assert outfit.garments[0].colors[0].family == "flame"


async def test_a_redelivered_photo_is_named_by_the_newest_palette_without_its_bytes(
    world: World,
) -> None:
    (event,) = await fill(world, 1)
    await world.blobs.delete(event.image.key)
    await world.palettes.put("acme-2027", ACME)
    (outfit,) = await world.describe(event)
    assert outfit.garments[0].colors[0].family == "fire"
    await world.outfits.erase([Post("instagram", "0")])
    (late,) = await world.describe(event)
    assert isinstance(late, Gone)


async def test_many_replicas_never_give_two_palettes_the_same_number(
    world: World, blob_url: str
) -> None:
    replicas = [World(world.db.client, world.db.name, blob_url) for _ in range(4)]
    await asyncio.gather(*(replica.palettes.load() for replica in replicas))
    texts = [ACME.replace("ca1c26", f"ca1c{n:02x}") for n in range(8)]
    puts = [replicas[n % 4].palettes.put(f"acme-{n // 2}", texts[n // 2]) for n in range(8)]
    await asyncio.gather(*puts)
    known: list[tuple[NumberedPalette, ...]] = []
    for replica in replicas:
        await replica.palettes.refresh()
        known.append(replica.palettes.all)
    named = [[(p.version, p.number) for p in each] for each in known]
    assert named == [named[0]] * 4
    assert [number for _, number in named[0]] == [1, 2, 3, 4, 5]
    assert {version for version, _ in named[0]} == {
        palette.PACKAGED,
        *(f"acme-{n}" for n in range(4)),
    }


async def test_an_update_of_the_service_does_not_replace_a_companys_palette(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(palette, "PACKAGED", "xkcd-css3-next")
    await world.palettes.load()
    assert world.palettes.active.version == "xkcd-css3-next"
    await world.palettes.put("acme-2027", ACME)
    monkeypatch.setattr(palette, "PACKAGED", "xkcd-css3-after-next")
    await world.palettes.load()
    assert world.palettes.active.version == "acme-2027"


@pytest.fixture
async def stub(world: World) -> AsyncIterator[Any]:
    """Return a stub of the service on a real gRPC server."""
    server = RpcServer("127.0.0.1", 0)
    rpc = world.app.rpc
    server.add(rpc.register, rpc.servicer, rpc.name)
    await server.start()
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{server.port}")
    yield color_pb2_grpc.ColorServiceStub(channel)
    await channel.close(None)
    await server.stop(0)


async def test_a_palette_that_is_put_over_grpc_names_from_then_on(stub: Any) -> None:
    request = color_pb2.PutPaletteRequest(palette_version="acme-2027", csv=ACME)
    put = (await stub.PutPalette(request)).palette
    assert (put.generation, put.colors, put.families, put.newest) == (join(2), 15, 11, True)
    assert (await stub.PutPalette(request)).palette == put
    listed = (await stub.ListPalettes(color_pb2.ListPalettesRequest())).palettes
    assert [p.palette_version for p in listed] == [palette.PACKAGED, "acme-2027"]
    assert [p.newest for p in listed] == [False, True]
    named = await stub.NameColor(color_pb2.NameColorRequest(hex="#ca1c26"))
    assert (named.color.name, named.color.name_ko) == ("acme fire", "애크미 파이어")
    older = color_pb2.NameColorRequest(hex="#ca1c26", palette_version=palette.PACKAGED)
    assert (await stub.NameColor(older)).color.family == "red"
    shown = await stub.GetPalette(color_pb2.GetPaletteRequest())
    assert [(f.name, f.name_ko) for f in shown.families][-2:] == [
        ("fire", "파이어"),
        ("storm", "스톰"),
    ]


@pytest.mark.parametrize(
    ("version", "csv", "field", "told"),
    [
        ("acme 2027", ACME, "palette_version", "letters"),
        ("acme-2027", "name,rgb,family\nash,8080,grey\n", "csv", "line 2, column rgb"),
        (
            "acme-2027",
            "name,rgb,family\nash,808080,grey\n",
            "csv",
            "colors missing: 11, families missing: 7",
        ),
        (palette.PACKAGED, ACME, "palette_version", "choose a new version"),
    ],
)
async def test_a_palette_that_is_refused_names_the_field(
    stub: Any, version: str, csv: str, field: str, told: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.PutPalette(color_pb2.PutPaletteRequest(palette_version=version, csv=csv))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert told in (caught.value.details() or "")
    status = rpc_status.from_call(caught.value)  # type: ignore[arg-type] # its stubs know no aio
    assert status is not None
    bad = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(bad)
    assert bad.field_violations[0].field == field


async def test_an_unknown_palette_is_not_found_and_the_error_lists_those_that_exist(
    stub: Any,
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetPalette(color_pb2.GetPaletteRequest(palette_version="acme-1999"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert palette.PACKAGED in (caught.value.details() or "")


async def test_versions_are_never_reused(world: World) -> None:
    await world.palettes.put("acme-2027", ACME)
    with pytest.raises(VersionTaken):
        await world.palettes.put("acme-2027", LATER)
    with pytest.raises(NotFound):
        await world.palettes.get("acme-2028")
