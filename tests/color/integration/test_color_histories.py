"""In whatever order photos, palettes, recolors and erasures come, and how often: the end is that of one clean run."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any, TypeAlias

from color_world import World, photo_bytes, segmented, with_others
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from color.core.generation import split
from color.recolor import find_outdated, recolor
from servicekit.events import Publication
from servicekit.photostore import Post

POSTS = ("a", "b", "c")
COLORS = ((202, 28, 38), (31, 40, 82), (219, 200, 168))
PALETTES = tuple(
    with_others(
        f"name,rgb,family,family_ko\nfire {n},ca1c26,fire{n},파이어\nstorm {n},1f2852,storm{n},스톰\n"
    )
    for n in range(3)
)

Step: TypeAlias = tuple[str, int, int]

steps = st.lists(
    st.one_of(
        st.tuples(st.just("photo"), st.integers(0, 2), st.integers(1, 3)),  # post, segmenter
        st.tuples(st.just("palette"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("recolor"), st.just(0), st.just(0)),
        st.tuples(st.just("erase"), st.integers(0, 2), st.just(0)),
    ),
    max_size=9,
)


async def run(world: World, history: list[Step]) -> None:
    photos = [await world.keep(photo_bytes(rgb)) for rgb in COLORS]
    for kind, which, segmenter in history:
        if kind == "photo":
            await world.describe(
                segmented(photos[segmenter - 1], POSTS[which], segmenter=segmenter)
            )
        elif kind == "palette":
            await world.palettes.put(f"acme-{which}", PALETTES[which])
        elif kind == "erase":
            await world.outfits.erase([Post("instagram", POSTS[which])])
        else:
            await name_again(world)


async def name_again(world: World) -> None:
    async def tell(publication: Publication[Any]) -> None: ...

    by = world.palettes.active
    await recolor(world.outfits, by, await find_outdated(world.outfits, by), tell)


async def outcome(world: World) -> dict[str, Any]:
    """Return by photo: segmenter, and each garment's names; not the palette's number, which tells how many came before."""
    orders = [name async for name, _ in world.outfits.find_generations()]
    return {
        o.image.image_id: (
            o.generations.segmenter,
            [(c.name, c.family, c.family_ko, c.rgb) for g in o.garments for c in g.colors],
        )
        for o in await world.outfits.find(orders)
    }


def clean(history: list[Step]) -> list[Step]:
    """Return the same facts, each once, in the simplest order: palettes, the newest photos, erasures."""
    palettes = dict.fromkeys(step for step in history if step[0] == "palette")
    newest: dict[int, Step] = {}
    for step in history:
        if step[0] == "photo" and step[2] >= newest.get(step[1], ("", 0, 0))[2]:
            newest[step[1]] = step
    return [*palettes, *newest.values(), *(step for step in history if step[0] == "erase")]


@settings(max_examples=20, deadline=None)
@given(history=steps)
def test_any_history_ends_as_a_clean_run(
    mongodb_uri: str, tmp_path_factory: Any, history: list[Step]
) -> None:
    folder: Path = tmp_path_factory.mktemp("blobs")

    async def both() -> None:
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongodb_uri, tz_aware=True)
        worlds = [
            World(client, f"test_color_{uuid.uuid4().hex}", folder.as_uri()) for _ in range(2)
        ]
        try:
            for world, told in zip(worlds, (history, clean(history)), strict=True):
                await world.app.prepare()
                await run(world, told)
                await name_again(world)
            one, other = [await outcome(world) for world in worlds]
            assert one == other
            numbers = [split(color)[1] async for _, color in worlds[0].outfits.find_generations()]
            assert set(numbers) <= {worlds[0].palettes.active.number}
        finally:
            for world in worlds:
                await client.drop_database(world.db.name)
            await client.close()

    asyncio.run(both())
