"""Which shortlist an answer is made from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from recommender.core.catalog import Catalog
from recommender.core.outfit import Garment, GarmentColor, Outfit
from recommender.core.ranking import Key
from recommender.core.score import HOUR_S, Weights
from recommender.core.trend_table import NO_TRENDS, TrendRow, TrendTable
from recommender.storage import shelf as shelf_module
from recommender.storage.shelf import Shelf

NOW = 1_800_000_000.0
KEY = Key(Weights(), 0)
RED = Garment(9, (GarmentColor(0xCA1C26, "red", "", 1.0),))


@pytest.fixture
def catalog() -> Catalog:
    result = Catalog()
    put(result, 0)
    return result


def put(catalog: Catalog, number: int) -> None:
    catalog.put(Outfit(f"shop:p{number}:0", "shop", (RED,), 1, NOW), b"")


@pytest.fixture
async def shelf(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shelf]:
    monkeypatch.setattr(shelf_module, "_PATIENCE_S", 0.0)
    result = Shelf()
    yield result
    await result.close()


async def sorted_now(shelf: Shelf) -> None:
    await asyncio.gather(*shelf._sorting._flights.values())


def table() -> TrendTable:
    return TrendTable({(9, "red"): TrendRow(0.5, 0.1, 1.0, True)}, {}, {})


async def test_a_list_is_sorted_once_for_all_within_an_hour(shelf: Shelf, catalog: Catalog) -> None:
    lists = await asyncio.gather(
        *(shelf.get(catalog, KEY, NO_TRENDS, NOW + n) for n in (0, 1, HOUR_S - 1))
    )
    assert lists[0] is lists[1] is lists[2]
    # A change of one outfit is not a reason to sort again.
    put(catalog, 1)
    assert await shelf.get(catalog, KEY, NO_TRENDS, NOW) is lists[0]


async def test_another_key_or_an_hour_that_nothing_is_kept_of_is_sorted_before_it_is_answered(
    shelf: Shelf, catalog: Catalog
) -> None:
    first = await shelf.get(catalog, KEY, NO_TRENDS, NOW)
    winter = await shelf.get(catalog, Key(Weights(), 4), NO_TRENDS, NOW)
    assert winter.ranking.key.personal_color == 4
    long_ago = await shelf.get(catalog, KEY, NO_TRENDS, NOW - 100 * HOUR_S)
    assert long_ago.ranking.moment.hour == NOW - 100 * HOUR_S
    assert await shelf.get(catalog, KEY, NO_TRENDS, NOW) is first


async def test_while_new_trends_are_sorted_in_the_list_before_serves(
    shelf: Shelf, catalog: Catalog
) -> None:
    first = await shelf.get(catalog, KEY, NO_TRENDS, NOW)
    trends = table()
    assert await shelf.get(catalog, KEY, trends, NOW) is first
    await sorted_now(shelf)
    second = await shelf.get(catalog, KEY, trends, NOW)
    assert second.ranking.moment.trends is trends
    assert await shelf.get(catalog, KEY, trends, NOW + HOUR_S) is second
    await sorted_now(shelf)
    third = await shelf.get(catalog, KEY, trends, NOW + HOUR_S)
    assert third.ranking.moment.hour == NOW + HOUR_S


async def test_a_list_that_much_has_changed_since_is_renewed(
    shelf: Shelf, catalog: Catalog
) -> None:
    first = await shelf.get(catalog, KEY, NO_TRENDS, NOW)
    for _ in range(shelf_module._CHANGES + 1):
        put(catalog, 1)
    assert await shelf.get(catalog, KEY, NO_TRENDS, NOW) is first
    await sorted_now(shelf)
    assert (await shelf.get(catalog, KEY, NO_TRENDS, NOW)).version == catalog.version


async def test_a_catalog_that_was_loaded_again_is_never_answered_from_the_list_of_another(
    shelf: Shelf, catalog: Catalog
) -> None:
    first = await shelf.get(catalog, KEY, NO_TRENDS, NOW)
    loaded = Catalog()
    put(loaded, 5)
    assert await shelf.get(loaded, KEY, NO_TRENDS, NOW) is not first


async def test_memory_is_bounded(shelf: Shelf, catalog: Catalog) -> None:
    for trend in range(3 * shelf_module._KEPT):
        await shelf.get(catalog, Key(Weights(trend=trend + 1), 0), NO_TRENDS, NOW)
    assert len(shelf._kept) == shelf_module._KEPT
