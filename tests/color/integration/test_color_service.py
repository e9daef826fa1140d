"""Color through the real database, blob store and broker: described once, whatever happens on the way."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import nats
import numpy as np
import pytest
from color_world import FIRST, HEIGHT, WIDTH, World, ask, garment, photo_bytes, segmented

from color.core import palette
from photokit import mask as rle
from photokit.photo import BadPhoto
from servicekit import topology
from servicekit.consumer import Consumer, Outcome, Subscription, publish
from servicekit.errors import Gone, InvalidArgument, InvalidMessage
from servicekit.events import Publication, photo_event_id
from snsfashion.color.v1 import color_pb2
from snsfashion.events.v1 import events_pb2
from snsfashion.fashion.v1 import fashion_pb2


async def test_garments_get_colors_pattern_and_the_generation(world: World) -> None:
    event = segmented(await world.keep(photo_bytes()))
    (outfit,) = await world.describe(event)
    (color,) = outfit.garments[0].colors
    assert (color.family, color.family_ko, color.share) == ("red", "레드", 1.0)
    assert color.name
    # A backdrop without an edge tells nothing of the light.
    assert outfit.white_balance.outcome == fashion_pb2.WHITE_BALANCE_OUTCOME_UNCERTAIN
    assert color.rgb == 0xCA1C26
    assert outfit.garments[0].pattern == fashion_pb2.PATTERN_PLAIN
    assert outfit.garments[0].mask == event.garments[0].mask
    assert outfit.generations.color == FIRST
    assert outfit.generations.segmenter == 1
    assert outfit.event_id == photo_event_id(topology.DESCRIBED, outfit.image, outfit.generations)


async def test_a_photo_without_garments_goes_through_even_if_its_bytes_are_gone(
    world: World,
) -> None:
    (outfit,) = await world.describe(segmented(b"never stored", garments=[]))
    assert not outfit.garments


async def test_redelivery_publishes_the_same_again_without_the_photo(world: World) -> None:
    event = segmented(await world.keep(photo_bytes()))
    (first,) = await world.describe(event)
    await world.blobs.delete(event.image.key)
    again = await world.describe(event, event)
    assert again == [first, first]
    assert await world.db["photos"].count_documents({}) == 1


async def test_the_greater_tuple_stands_in_either_order(world: World) -> None:
    red, navy = await world.keep(photo_bytes()), await world.keep(photo_bytes((31, 40, 82)))
    newer, older = segmented(navy, segmenter=2), segmented(red, segmenter=1)
    assert [o.generations.segmenter for o in await world.describe(newer, older)] == [2, 2]
    assert [o.generations.segmenter for o in await world.describe(older)] == [2]
    other = segmented(red, "10", segmenter=1), segmented(navy, "10", segmenter=2)
    await world.describe(other[0])
    (outfit,) = await world.describe(other[1])
    assert outfit.garments[0].colors[0].family == "navy"


async def test_two_replicas_store_one_result(world: World, blob_url: str) -> None:
    data = await world.keep(photo_bytes())
    replica = World(world.db.client, world.db.name, blob_url)
    await replica.palettes.load()
    events = [segmented(data, str(n), segmenter=1 + n % 2) for n in range(8)]
    rivals = [segmented(data, str(n), segmenter=2 - n % 2) for n in range(8)]
    await asyncio.gather(world.describe(*events), replica.describe(*rivals))
    orders = [d["order"] async for d in world.db["photos"].find()]
    assert orders == [[1, 1, 2, FIRST]] * 8


async def test_an_erased_post_is_removed_and_stays_away(world: World) -> None:
    event = segmented(await world.keep(photo_bytes()))
    await world.describe(event, segmented(await world.keep(photo_bytes()), "stays"))
    erasure = events_pb2.PostErased(event_id="e", site="instagram", post="9")
    assert await world.events.erased([erasure, erasure]) == [(), ()]
    (late,) = await world.describe(event)
    assert isinstance(late, Gone)
    assert [d["post"] async for d in world.db["photos"].find()] == ["stays"]


async def test_one_bad_photo_fails_alone(world: World) -> None:
    broken = garment()
    broken.mask.counts = b"zzz"
    outcomes = await world.describe(
        segmented(await world.keep(photo_bytes()), "good"),
        segmented(await world.keep(photo_bytes()[:-60]), "truncated"),
        segmented(b"expired", "gone"),
        segmented(await world.keep(photo_bytes()), "mask", garments=[broken]),
    )
    assert outcomes[0].garments[0].colors[0].family == "red"
    assert [type(outcome) for outcome in outcomes[1:]] == [InvalidMessage, Gone, InvalidMessage]
    assert "garments[0].mask" in str(outcomes[3])


async def test_segmented_photos_come_out_described_through_the_broker(
    world: World, nats_url: str
) -> None:
    connection = await nats.connect(nats_url)
    js = connection.jetstream()
    site = uuid.uuid4().hex  # the broker is shared: only this test's events count
    data = await world.keep(photo_bytes())
    event = segmented(data, site=site)
    described = asyncio.get_running_loop().create_future()

    async def note(message: Any) -> None:
        outfit = events_pb2.OutfitDescribed.FromString(message.data)
        if outfit.provenance.site == site and not described.done():
            described.set_result(outfit)

    async def handle(events: Sequence[Any]) -> Sequence[Outcome]:
        return await world.events.segmented(events)

    durable = next(d for d in topology.durables_of("color") if d.stream == topology.PIPELINE)
    consumer = Consumer(js, durable, [Subscription(topology.SEGMENTED, handle)])
    await connection.subscribe(topology.DESCRIBED, cb=note)
    await publish(js, Publication(topology.SEGMENTED, event))
    consumer.start()
    try:
        async with asyncio.timeout(20):
            outfit = await described
    finally:
        await consumer.stop(5)
        await connection.close()
    assert outfit.garments[0].colors[0].family == "red"


async def test_extract_colors_answers_for_a_photo(world: World) -> None:
    answer = await ask(
        world.service.ExtractColors,
        color_pb2.ExtractColorsRequest(photo=photo_bytes(), garments=[garment(), garment()]),
    )
    assert [g.colors[0].family for g in answer.garments] == ["red", "red"]
    assert answer.generation == FIRST


async def test_name_color_answers_for_a_hex_value(world: World) -> None:
    for text in ("#1F2852", "1f2852"):
        answer = await ask(world.service.NameColor, color_pb2.NameColorRequest(hex=text))
        assert (answer.color.family, answer.color.family_ko) == ("navy", "네이비")
        assert (answer.color.rgb, answer.color.share) == (0x1F2852, 1.0)
        assert answer.distance < 5


async def test_get_palette_lists_names_and_families(world: World) -> None:
    answer = await ask(world.service.GetPalette, color_pb2.GetPaletteRequest())
    assert {color.family for color in answer.colors} == {f.name for f in answer.families}
    assert (answer.version, answer.generation) == (palette.PACKAGED, FIRST)


@pytest.mark.parametrize("text", ["", "red", "#12345", "#1234567", "##123456", "12 456", "#12345g"])
async def test_the_error_names_the_field_that_is_not_a_hex_value(world: World, text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await ask(world.service.NameColor, color_pb2.NameColorRequest(hex=text))
    assert caught.value.field == "hex"


def _sized(height: int, width: int) -> fashion_pb2.Garment:
    return fashion_pb2.Garment(mask=rle.encode(np.ones((height, width), np.bool_)))


@pytest.mark.parametrize(
    ("field", "garments"),
    [
        ("garments", []),
        ("garments", [garment()] * 51),
        ("garments[1].mask", [garment(), _sized(HEIGHT, WIDTH + 1)]),
        ("garments[0].mask", [fashion_pb2.Garment()]),
    ],
)
async def test_a_wrong_garment_is_named(
    world: World, field: str, garments: list[fashion_pb2.Garment]
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await ask(
            world.service.ExtractColors,
            color_pb2.ExtractColorsRequest(photo=photo_bytes(), garments=garments),
        )
    assert caught.value.field == field


async def test_bytes_that_are_not_a_photo_are_refused(world: World) -> None:
    with pytest.raises(BadPhoto):
        await ask(
            world.service.ExtractColors,
            color_pb2.ExtractColorsRequest(photo=b"text", garments=[garment()]),
        )
