"""What is like an outfit, and what goes with it."""

from __future__ import annotations

import math
from collections.abc import Set

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.core.alike.complete import Wanted, find_completions
from recommender.core.alike.harmony import harmony
from recommender.core.alike.similar import find_similar
from recommender.core.catalog import CATEGORY_BITS, CATEGORY_MASK, Catalog
from recommender.core.outfit import Garment, GarmentColor, Outfit

TOP, TROUSERS, SKIRT, DRESS = 1, 8, 9, 10
RGB = {"red": 0xCA1C26, "navy": 0x1F2852, "white": 0xF4F4F2}

labs = st.tuples(st.floats(0, 100), st.floats(-80, 80), st.floats(-80, 80))


def by_the_paper(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Return the harmony as Ou and Luo's equations state it, -1.24 to 1.39, the hue difference by way of the color difference."""
    chromas = [math.hypot(color[1], color[2]) for color in (one, other)]
    squared = (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2
    hue_difference = max(squared - (chromas[0] - chromas[1]) ** 2, 0)
    apart = math.sqrt(hue_difference + ((chromas[0] - chromas[1]) / 1.46) ** 2)
    total = 0.04 + 0.53 * math.tanh(0.8 - 0.045 * apart)
    total += 0.28 + 0.54 * math.tanh(-3.88 + 0.029 * (one[0] + other[0]))
    total += 0.14 + 0.15 * math.tanh(-2 + 0.2 * abs(one[0] - other[0]))
    for color, chroma in zip((one, other), chromas, strict=True):
        angle = math.atan2(color[2], color[1]) % math.tau
        sine = -0.08 - 0.14 * math.sin(angle + math.radians(50)) - 0.07 * math.cos(2 * angle)
        yellow = (90 - math.degrees(angle)) / 10
        bump = (0.22 * color[0] - 12.8) / 10 * math.exp(yellow - math.exp(yellow))
        total += (0.5 + 0.5 * math.tanh(-2 + 0.5 * chroma)) * (sine + bump)
    return total


@given(labs, labs)
def test_harmony_is_that_of_the_paper(one: tuple[float, ...], other: tuple[float, ...]) -> None:
    (found,) = harmony(np.array(one), np.array([other]))
    expected = (by_the_paper(one, other) + 1.24) / 2.63
    assert found == pytest.approx(min(max(expected, 0), 1), abs=1e-6)
    assert harmony(np.array(other), np.array([one]))[0] == pytest.approx(found)


def outfit(number: int, *worn: tuple[int, str], style: int = 1, product: str = "") -> Outfit:
    garments = tuple(Garment(c, (GarmentColor(RGB[f], f, "", 1.0),)) for c, f in worn)
    return Outfit(f"shop:p{number}:0", "shop", garments, style, 0.0, product_id=product)


def shop(*outfits: Outfit) -> tuple[Catalog, np.ndarray]:
    index = Catalog()
    for one in outfits:
        index.put(one, b"")
    return index, index.columns.alive & index.columns.available


def test_the_most_alike_come_first_without_the_product_itself() -> None:
    index, allowed = shop(
        outfit(0, (TOP, "navy"), (SKIRT, "red"), product="a"),
        outfit(1, (TOP, "navy"), (SKIRT, "red"), product="a"),
        outfit(2, (TOP, "navy"), (SKIRT, "red"), product="b"),
        outfit(3, (TOP, "navy"), (SKIRT, "white")),
        outfit(4, (DRESS, "white"), style=2),
    )
    found = find_similar(index, 0, allowed, 10)
    assert [index.image_ids[row].split(":")[1] for row, _ in found] == ["p2", "p3", "p4"]
    assert found[0][1] == 1.0
    assert found[1][1] > found[2][1] >= 0
    assert find_similar(index, 0, np.zeros_like(allowed), 10) == []


def alike(one: Outfit, other: Outfit) -> float:
    """Return the likeness in plain Python."""

    def part(a: Set[object], b: Set[object]) -> float:
        return len(a & b) / len(a | b)

    worn = [{(g.category, g.family) for g in outfit.garments} for outfit in (one, other)]
    items = [{g.category for g in outfit.garments} for outfit in (one, other)]
    kind = 0.3 * part(*items) + 0.2 * (one.style == other.style)
    return 0.5 * part(*worn) + kind


worn_garments = st.lists(
    st.tuples(st.sampled_from([TOP, TROUSERS, SKIRT, DRESS]), st.sampled_from(sorted(RGB))),
    min_size=1,
    max_size=3,
    unique=True,
)


@given(
    st.lists(st.tuples(worn_garments, st.integers(1, 3), st.sampled_from(["", "a", "b"])), min_size=1, max_size=80),
    st.integers(1, 4),
)  # fmt: skip
def test_similar_outfits_are_those_that_comparing_with_each_gives(
    drawn: list[tuple[list[tuple[int, str]], int, str]], k: int
) -> None:
    every = [outfit(n, *worn, style=s, product=p) for n, (worn, s, p) in enumerate(drawn)]
    index, allowed = shop(*every)
    own = every[0].product_id
    others = [row for row in range(1, len(every)) if not own or every[row].product_id != own]
    others.sort(key=lambda row: (-alike(every[0], every[row]), index.columns.tie[row]))
    expected, products = [], set()
    for row in others:
        product = every[row].product_id
        if not product or product not in products:
            expected.append(row)
            products.add(product)
    found = find_similar(index, 0, allowed, k)
    assert [row for row, _ in found] == expected[:k]
    assert [likeness for _, likeness in found] == pytest.approx(
        [alike(every[0], every[row]) for row in expected[:k]]
    )


@given(st.lists(st.tuples(st.sampled_from([TOP, TROUSERS, SKIRT, DRESS]), st.sampled_from(sorted(RGB)), st.integers(1, 3)), min_size=1, max_size=30), st.integers(0, 3))  # fmt: skip
def test_what_completes_is_an_item_that_is_not_there_each_once_and_best_first(
    worn: list[tuple[int, str, int]], style: int
) -> None:
    index, allowed = shop(*(outfit(n, (c, f), style=s) for n, (c, f, s) in enumerate(worn)))
    found = find_completions(index, Wanted([(TOP, "navy")], style), allowed, 5)
    categories = {one.code & CATEGORY_MASK for one in found}
    assert not categories & {TOP, DRESS}
    assert len({one.code for one in found}) == len(found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    left = {(c, f) for c, f, _ in worn if c in (TROUSERS, SKIRT)}
    assert len(found) == min(len(left), 5)
    names = list(index.families)
    for one in found:
        category, family, of = worn[int(index.image_ids[one.row].split(":")[1][1:])]
        assert (category, family) == (one.code & CATEGORY_MASK, names[one.code >> CATEGORY_BITS])
        assert one.style == (0.5 if not style else float(of == style))
        assert all(0 <= part <= 1 for part in (one.worn_together, one.harmony, one.style))


def test_what_is_worn_together_more_often_comes_first() -> None:
    pairs = [((TOP, "navy"), (SKIRT, "red"))] * 9 + [((TOP, "navy"), (TROUSERS, "red"))]
    alone = [((TROUSERS, "red"),)] * 9
    index, allowed = shop(*(outfit(n, *worn) for n, worn in enumerate([*pairs, *alone])))
    first, second = find_completions(index, Wanted([(TOP, "navy")]), allowed, 2)
    assert (first.code & CATEGORY_MASK, second.code & CATEGORY_MASK) == (SKIRT, TROUSERS)
    assert first.worn_together > 0.5 > second.worn_together


def test_what_people_wear_together_counts_before_what_the_shop_shows() -> None:
    index, allowed = shop(
        outfit(0, (TOP, "navy"), (TROUSERS, "white")),
        outfit(1, (TOP, "navy"), (TROUSERS, "white")),
        outfit(2, (TOP, "navy"), (TROUSERS, "white")),
        outfit(3, (SKIRT, "white")),
    )
    wanted = Wanted([(TOP, "navy")])
    by_shop = find_completions(index, wanted, allowed, 1)
    by_people = find_completions(
        index, wanted, allowed, 1, {(TOP, SKIRT): 3.0, (TOP, TROUSERS): 0.4}
    )
    assert [one.code & CATEGORY_MASK for one in by_shop] == [TROUSERS]
    [skirt] = by_people
    assert skirt.code & CATEGORY_MASK == SKIRT
    assert skirt.worn_together == pytest.approx(0.75)
