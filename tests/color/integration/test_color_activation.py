"""A palette can be kept inactive, tried, activated and taken back; generations only grow."""

from __future__ import annotations

from typing import Any

import pytest
from color_world import FIRST, World, ask, photo_bytes, segmented, with_others

from color.core import palette
from color.core.generation import join
from color.recolor import find_outdated, recolor
from servicekit.errors import InvalidArgument, NotFound
from servicekit.events import Publication, order
from snsfashion.color.v1 import color_pb2
from snsfashion.events.v1.events_pb2 import OutfitDescribed

ACME = with_others("""name,rgb,family,family_ko
acme fire,ca1c26,fire,파이어
acme storm,1f2852,storm,스톰
acme sand,dbc8a8,beige,
""")
COLORS = ((202, 28, 38), (31, 40, 82), (219, 200, 168))


async def fill(world: World, count: int) -> list[OutfitDescribed]:
    """Describe posts "0" to "<count - 1>" of three colors."""
    photos = [await world.keep(photo_bytes(rgb)) for rgb in COLORS]
    return await world.describe(*(segmented(photos[n % 3], str(n)) for n in range(count)))


async def put(world: World, version: str, csv: str, *, keep_inactive: bool = False) -> Any:
    request = color_pb2.PutPaletteRequest(
        palette_version=version, csv=csv, keep_inactive=keep_inactive
    )
    return (await ask(world.service.PutPalette, request)).palette


async def activate(world: World, version: str) -> Any:
    request = color_pb2.ActivatePaletteRequest(palette_version=version)
    return await ask(world.service.ActivatePalette, request)


async def preview(world: World, **fields: Any) -> Any:
    return await ask(world.service.PreviewPalette, color_pb2.PreviewPaletteRequest(**fields))


async def listed(world: World) -> list[tuple[str, int, bool, list[int]]]:
    answer = await ask(world.service.ListPalettes, color_pb2.ListPalettesRequest())
    return [
        (p.palette_version, p.generation, p.newest, list(p.earlier_generations))
        for p in answer.palettes
    ]


async def name_again(world: World) -> list[OutfitDescribed]:
    """Recolor by the active palette and return what consumers hear."""
    heard: list[OutfitDescribed] = []

    async def hear(publication: Publication[Any]) -> None:
        heard.append(publication.event)

    by = world.palettes.active
    await recolor(world.outfits, by, await find_outdated(world.outfits, by), hear)
    return heard


async def test_an_inactive_palette_can_be_asked_but_names_no_photo(
    world: World, blob_url: str
) -> None:
    kept = await put(world, "acme-2027", ACME, keep_inactive=True)
    assert (kept.generation, kept.newest, kept.colors) == (0, False, 15)
    (outfit,) = await fill(world, 1)
    assert outfit.garments[0].colors[0].family == "red"
    assert outfit.generations.color == FIRST
    replica = World(world.db.client, world.db.name, blob_url)
    await replica.app.prepare()
    for one in (world, replica):
        asked = color_pb2.NameColorRequest(hex="ca1c26", palette_version="acme-2027")
        named = await ask(one.service.NameColor, asked)
        assert (named.color.name, named.generation) == ("acme fire", 0)
        assert await listed(one) == [
            ("acme-2027", 0, False, []),
            (palette.PACKAGED, FIRST, True, []),
        ]


async def test_an_activated_palette_names_in_every_replica_and_can_be_taken_back(
    world: World, blob_url: str
) -> None:
    replica = World(world.db.client, world.db.name, blob_url)
    await replica.app.prepare()
    await put(world, "acme-2027", ACME, keep_inactive=True)
    (first,) = await fill(world, 1)
    answer = await activate(world, "acme-2027")
    assert (answer.palette.generation, answer.previous_version) == (join(2), palette.PACKAGED)
    (second,) = await fill(replica, 1)
    assert second.garments[0].colors[0].family == "fire"
    answer = await activate(replica, answer.previous_version)
    assert (answer.palette.generation, answer.previous_version) == (join(3), "acme-2027")
    (third,) = await fill(world, 1)
    assert third.garments == first.garments
    assert order(first.generations) < order(second.generations) < order(third.generations)
    assert len({first.event_id, second.event_id, third.event_id}) == 3
    for one in (world, replica):
        await one.palettes.refresh()
        assert await listed(one) == [
            ("acme-2027", join(2), False, []),
            (palette.PACKAGED, join(3), True, [FIRST]),
        ]


async def test_after_a_roll_back_a_recolor_restores_every_name_with_a_greater_generation(
    world: World,
) -> None:
    before = await fill(world, 6)
    await put(world, "acme-2027", ACME)
    assert len(await name_again(world)) == 6
    await activate(world, palette.PACKAGED)
    after = await name_again(world)
    assert {o.image.image_id: o.garments for o in after} == {
        o.image.image_id: o.garments for o in before
    }
    assert {o.generations.color for o in after} == {join(3)}


async def test_to_activate_the_active_palette_again_does_nothing(world: World) -> None:
    await put(world, "acme-2027", ACME)
    for _ in range(2):
        answer = await activate(world, "acme-2027")
        assert (answer.palette.generation, answer.previous_version) == (join(2), "acme-2027")


async def test_a_put_that_is_repeated_late_does_not_undo_a_roll_back(world: World) -> None:
    await put(world, "acme-2027", ACME)
    await activate(world, palette.PACKAGED)
    assert not (await put(world, "acme-2027", ACME)).newest
    assert world.palettes.active.version == palette.PACKAGED


async def test_an_inactive_palette_that_is_put_to_name_names(world: World) -> None:
    await put(world, "acme-2027", ACME, keep_inactive=True)
    assert (await put(world, "acme-2027", ACME)).newest
    assert (await put(world, "acme-2027", ACME, keep_inactive=True)).newest


async def test_an_update_of_the_service_does_not_replace_a_palette_that_was_chosen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await activate(world, palette.PACKAGED)
    chosen = palette.PACKAGED
    monkeypatch.setattr(palette, "PACKAGED", "xkcd-css3-next")
    await world.palettes.load()
    assert world.palettes.active.version == chosen
    await activate(world, "xkcd-css3-next")
    assert world.palettes.active.version == "xkcd-css3-next"


async def test_an_unknown_palette_can_not_be_activated(world: World) -> None:
    with pytest.raises(NotFound, match=palette.PACKAGED):
        await activate(world, "acme-1999")


async def test_a_preview_tells_what_a_recolor_then_does_and_changes_nothing(world: World) -> None:
    await fill(world, 9)
    seen = await preview(world, csv=ACME)
    assert (seen.stored_outfits, seen.outfits, seen.garments, seen.changed_garments) == (9, 9, 9, 6)
    moves = {(m.family_before, m.family_after): m for m in seen.moves}
    assert {key: m.garments for key, m in moves.items()} == {
        ("red", "fire"): 3,
        ("navy", "storm"): 3,
    }
    assert list(moves["red", "fire"].example_rgb) == [0xCA1C26]
    assert {n.name: n.garments for n in seen.new_names} == {
        "acme fire": 3,
        "acme storm": 3,
        "acme sand": 3,
    }
    assert sum(n.garments for n in seen.lost_names) == 9
    assert list(seen.new_families) == ["fire", "storm"]
    assert "navy" in seen.lost_families
    assert [row[0] for row in await listed(world)] == [palette.PACKAGED]
    assert not await find_outdated(world.outfits, world.palettes.active)
    await put(world, "acme-2027", ACME, keep_inactive=True)
    assert await preview(world, palette_version="acme-2027") == seen
    await activate(world, "acme-2027")
    await name_again(world)
    assert (await preview(world, palette_version="acme-2027")).changed_garments == 0


async def test_a_preview_of_some_outfits_looks_at_the_same_ones_each_time(world: World) -> None:
    await fill(world, 30)
    seen = await preview(world, csv=ACME, max_outfits=7)
    assert (seen.stored_outfits, seen.outfits) == (30, 7)
    await put(world, "acme-2027", ACME)
    await activate(world, palette.PACKAGED)
    await name_again(world)  # everything was written again, in another order
    assert await preview(world, csv=ACME, max_outfits=7) == seen


@pytest.mark.parametrize("csv", ["name,rgb,family\nash,808080,grey\n", "name\n"])
async def test_a_palette_that_could_not_be_put_has_no_preview(world: World, csv: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await preview(world, csv=csv)
    assert caught.value.field == "csv"


async def test_a_preview_needs_a_palette(world: World) -> None:
    with pytest.raises(InvalidArgument):
        await preview(world)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_a_palette_that_is_downloaded_can_be_put_again(world: World, end: str) -> None:
    await put(world, "acme-2027", ACME.replace("\n", end))
    shown = await ask(world.service.GetPalette, color_pb2.GetPaletteRequest())
    assert shown.csv == ACME.replace("\n", end)
    assert (await put(world, "acme-2027", shown.csv)).generation == join(2)
    again = await put(world, "acme-2028", shown.csv)
    other = await ask(
        world.service.GetPalette, color_pb2.GetPaletteRequest(palette_version=again.palette_version)
    )
    assert (other.csv, other.colors) == (shown.csv, shown.colors)
