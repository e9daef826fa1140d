"""Filters, caps and variety."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.core import filters
from recommender.core.catalog import Catalog
from recommender.core.filters import Filters
from recommender.core.outfit import Garment, GarmentColor, Outfit
from recommender.core.places import selection
from recommender.core.profile import NOTHING_LEARNED, Learned

TOP, TROUSERS, SKIRT = 1, 8, 9


def outfit(
    number: int,
    pairs: tuple[tuple[int, str], ...] = ((TOP, "navy"),),
    *,
    style: int = 1,
    season: str = "",
    price: int = 0,
    currency: str = "",
    available: bool = True,
    author: str = "",
    product: str = "",
) -> Outfit:
    garments = tuple(
        Garment(category, (GarmentColor(0x808080, family, "", 1.0),)) for category, family in pairs
    )
    return Outfit(
        f"shop:p{number}:0",
        "shop",
        garments,
        style,
        0.0,
        author,
        product,
        season,
        price,
        currency,
        available,
    )


def catalog(*outfits: Outfit) -> Catalog:
    result = Catalog()
    for one in outfits:
        result.put(one, one.image_id.encode())
    return result


def ids(index: Catalog, passed: filters.Passed) -> set[str]:
    return {index.image_ids[row] for row in passed.rows}


families = st.sampled_from(["red", "navy", "black"])
some_outfits = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(1, 13), families), min_size=1, max_size=6),
        st.sampled_from(["", "autumn", "spring"]),
        st.sampled_from([0, 1000, 5000]),
        st.sampled_from(["EUR", "KRW"]),
        st.booleans(),
    ),
    max_size=15,
)
some_filters = st.builds(
    Filters,
    categories=st.frozensets(st.integers(1, 13), max_size=2),
    color_families=st.frozensets(families, max_size=1),
    season=st.sampled_from(["", "autumn", "winter"]),
    max_price_micros=st.sampled_from([0, 2000]),
    currency=st.just("EUR"),
    exclude_image_ids=st.frozensets(st.integers(0, 14).map(lambda n: f"shop:p{n}:0"), max_size=3),
    exclude_categories=st.frozensets(st.integers(1, 13), max_size=2),
    exclude_color_families=st.frozensets(families, max_size=1),
)


@given(
    some_outfits,
    some_filters,
    st.frozensets(st.integers(0, 14).map(lambda n: f"shop:p{n}:0"), max_size=2),
)
def test_exclusions_price_ceiling_and_availability_never_relax(
    data: list[tuple[list[tuple[int, str]], str, int, str, bool]],
    asked: Filters,
    disliked: frozenset[str],
) -> None:
    all_outfits = [
        outfit(n, tuple(pairs), season=season, price=price, currency=currency, available=available)
        for n, (pairs, season, price, currency, available) in enumerate(data)
    ]
    index = catalog(*all_outfits)
    passed = filters.apply(index, asked, Learned(disliked=frozenset(disliked)))

    def allowed(one: Outfit) -> bool:
        return (
            one.available
            and one.image_id not in asked.exclude_image_ids | disliked
            and not {g.category for g in one.garments} & asked.exclude_categories
            and not {g.family for g in one.garments} & asked.exclude_color_families
            and (
                not asked.max_price_micros
                or (
                    0 < one.price_micros <= asked.max_price_micros
                    and one.currency == asked.currency
                )
            )
        )

    may = [one for one in all_outfits if allowed(one)]
    assert ids(index, passed) <= {one.image_id for one in may}
    # Relaxing ends as soon as something passes, so nothing is left only where nothing may be shown.
    assert bool(len(passed.rows)) == bool(may)
    wanted = [
        one
        for one in may
        if ("season" in passed.relaxed or one.season == asked.season or not asked.season)
        and (
            "color_families" in passed.relaxed
            or not asked.color_families
            or {g.family for g in one.garments} & asked.color_families
        )
        and (
            "categories" in passed.relaxed
            or not asked.categories
            or {g.category for g in one.garments} & asked.categories
        )
    ]
    assert ids(index, passed) == {one.image_id for one in wanted}


def test_filters_relax_season_first_then_color_then_category() -> None:
    index = catalog(outfit(0, ((SKIRT, "red"),), season="spring"))
    red_skirt = Filters(frozenset({SKIRT}), frozenset({"red"}), "autumn")
    assert filters.apply(index, red_skirt, NOTHING_LEARNED).relaxed == ("season",)
    blue_skirt = Filters(frozenset({SKIRT}), frozenset({"blue"}), "autumn")
    assert filters.apply(index, blue_skirt, NOTHING_LEARNED).relaxed == ("season", "color_families")
    blue_top = Filters(frozenset({TOP}), frozenset({"blue"}), "autumn")
    assert filters.apply(index, blue_top, NOTHING_LEARNED).relaxed == (
        "season",
        "color_families",
        "categories",
    )


def test_a_filter_that_is_not_set_is_not_said_to_be_relaxed() -> None:
    index = catalog(outfit(0, ((SKIRT, "red"),)))
    assert filters.apply(index, Filters(frozenset({TOP})), NOTHING_LEARNED).relaxed == (
        "categories",
    )


def test_what_passes_is_not_relaxed_even_if_it_is_one_outfit() -> None:
    index = catalog(outfit(0, ((SKIRT, "red"),)), outfit(1), outfit(2))
    passed = filters.apply(index, Filters(frozenset({SKIRT})), NOTHING_LEARNED)
    assert ids(index, passed) == {"shop:p0:0"}
    assert passed.relaxed == ()


def test_where_exclusions_leave_nothing_nothing_is_said_to_be_relaxed() -> None:
    index = catalog(outfit(0, ((SKIRT, "red"),)))
    passed = filters.apply(
        index, Filters(season="autumn", exclude_categories=frozenset({SKIRT})), NOTHING_LEARNED
    )
    assert len(passed.rows) == 0
    assert passed.relaxed == ()


def test_the_seventh_garment_is_excluded_too() -> None:
    many = (*((category, "navy") for category in range(1, 7)), (SKIRT, "red"))
    index = catalog(outfit(0, many))
    assert not len(
        filters.apply(
            index, Filters(exclude_color_families=frozenset({"red"})), NOTHING_LEARNED
        ).rows
    )


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.integers(1, 50))
def test_without_variety_the_order_is_that_of_a_brute_force_sort(scores: list[int], k: int) -> None:
    index = catalog(*(outfit(n) for n in range(len(scores))))
    values = np.array(scores, dtype=np.float64) / 5
    found = selection.select(index, np.arange(len(scores)), values, k, variety=0)
    ties = index.columns.tie
    assert found == sorted(range(len(scores)), key=lambda n: (-values[n], int(ties[n])))[:k]


def test_the_order_does_not_depend_on_the_order_of_arrival() -> None:
    outfits = [outfit(n, style=n % 3 + 1) for n in range(30)]
    orders = []
    for arrival in (outfits, outfits[::-1]):
        index = catalog(*arrival)
        found = selection.select(index, np.arange(30), np.full(30, 0.5), 10)
        orders.append([index.image_ids[n] for n in found])
    assert orders[0] == orders[1]


def test_variety_shows_another_outfit_before_the_third_of_the_same() -> None:
    same = [outfit(n, ((SKIRT, "red"),)) for n in range(5)]
    other = outfit(9, ((TROUSERS, "navy"),), style=4)
    index = catalog(*same, other)
    scores = np.array([0.8] * 5 + [0.7])
    assert 5 in selection.select(index, np.arange(6), scores, 2)
    assert 5 not in selection.select(index, np.arange(6), scores, 2, variety=0)


def test_at_most_two_outfits_of_an_author_and_one_of_a_product() -> None:
    index = catalog(
        *(outfit(n, author="kim") for n in range(4)),
        *(outfit(n, product="coat") for n in range(4, 8)),
        outfit(8),
        outfit(9),
    )
    found = selection.select(index, np.arange(10), np.linspace(1, 0.5, 10), 10)
    assert len([n for n in found if n < 4]) == 2
    assert len([n for n in found if 4 <= n < 8]) == 1
    assert {8, 9} <= set(found)


def test_caps_look_past_the_first_hundreds_of_one_author() -> None:
    index = catalog(*(outfit(n, author="kim") for n in range(1000)), outfit(1000))
    found = selection.select(index, np.arange(1001), np.linspace(1, 0.5, 1001), 10)
    assert sorted(found)[-1] == 1000
    assert len(found) == 3


def test_an_outfit_is_wholly_like_itself() -> None:
    index = catalog(
        outfit(0, ((SKIRT, "red"), (TOP, "navy"))), outfit(1, ((TROUSERS, "black"),), style=2)
    )
    assert selection.Likeness(index, np.array([0, 1])).to(0).tolist() == pytest.approx([1.0, 0.0])


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 8)), max_size=40))
def test_a_catalog_holds_what_was_last_put_and_not_removed(
    steps: list[tuple[int, bool, int]],
) -> None:
    index = Catalog()
    expected: dict[str, bytes] = {}
    for number, add, width in steps:
        one = outfit(number, tuple((c, f"f{width}") for c in range(1, width + 1)))
        if add:
            index.put(one, bytes([width]))
            expected[one.image_id] = bytes([width])
        else:
            index.remove(one.image_id)
            expected.pop(one.image_id, None)
    alive = np.flatnonzero(index.columns.alive)
    assert {index.image_ids[row]: index.payloads[row] for row in alive} == expected
    for row in alive:
        assert (index.columns.garments[row] >= 0).sum() == index.payloads[row][0]
    assert len(index) == len(expected)
