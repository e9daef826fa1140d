"""The score, its parts and the trend table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.core import score
from recommender.core.catalog import Catalog
from recommender.core.outfit import Garment, GarmentColor, Outfit
from recommender.core.profile import Learned
from recommender.core.score import PARTS, PERSONAL_COLOR_CAP, Moment, Person, Taste, Weights
from recommender.core.trend_table import NO_TRENDS, Level, TrendRow, TrendTable

NOW = 1_800_000_000.0
DAY = 86400.0
TOP, SKIRT = 1, 9
FAMILIES = {"red": 0xCA1C26, "navy": 0x1F2852, "black": 0x1A1A1C, "ivory": 0xF3EAD4}


def garment(category: int, family: str) -> Garment:
    return Garment(category, (GarmentColor(FAMILIES[family], family, "", 1.0),))


def outfit(number: int = 0, *garments: Garment, style: int = 1, age_days: float = 0.0) -> Outfit:
    return Outfit(
        f"shop:p{number}:0",
        "shop",
        garments or (garment(TOP, "navy"),),
        style,
        NOW - age_days * DAY,
    )


def catalog(*outfits: Outfit) -> Catalog:
    result = Catalog()
    for one in outfits:
        result.put(one, b"")
    return result


def value(
    part: str,
    one: Outfit,
    person: Person = Person(),  # noqa: B008 - frozen
    trends: TrendTable = NO_TRENDS,
) -> float:
    index = catalog(one)
    found = score.values(index, np.array([0]), Taste(person, index.families), Moment(trends, NOW))
    return float(found[0, PARTS.index(part)])


outfits = st.lists(
    st.builds(
        lambda pairs, style, age: (pairs, style, age),
        st.lists(
            st.tuples(st.integers(1, 13), st.sampled_from(sorted(FAMILIES))), min_size=1, max_size=7
        ),
        st.integers(0, 6),
        st.floats(-30, 400),
    ),
    min_size=1,
    max_size=12,
)
rows = st.builds(TrendRow, st.floats(0, 1), st.floats(0, 1), st.floats(-2, 3), st.booleans())
tables = st.builds(
    TrendTable,
    st.dictionaries(st.tuples(st.integers(1, 13), st.sampled_from(sorted(FAMILIES))), rows),
    st.dictionaries(st.integers(1, 13), rows),
    st.dictionaries(st.sampled_from(sorted(FAMILIES)), rows),
)
weight = st.floats(0, 1e6)
people = st.builds(
    lambda styles, color, learned, shown, categories, families: Person(
        frozenset(styles),
        color,
        Learned(
            learned,
            {f"shop:p{n}:0": t for n, t in shown.items()},
            categories=categories,
            families=families,
        ),
    ),
    st.sets(st.integers(1, 6)),
    st.integers(0, 14),
    st.dictionaries(st.integers(1, 6), st.floats(-1, 1)),
    st.dictionaries(st.integers(0, 12), st.integers(1, 5)),
    st.dictionaries(st.integers(1, 13), st.floats(-0.99, 0.99)),
    st.dictionaries(st.sampled_from([*sorted(FAMILIES), "unheard of"]), st.floats(-0.99, 0.99)),
)


@given(
    outfits,
    tables,
    people,
    st.builds(Weights, st.floats(0.01, 1e6), weight, weight, weight, weight),
)
@settings(deadline=None)  # the first example computes the table of personal colors
def test_every_value_lies_in_0_to_1_and_so_does_the_score(
    data: list[tuple[list[tuple[int, str]], int, float]],
    trends: TrendTable,
    person: Person,
    weights: Weights,
) -> None:
    index = catalog(
        *(
            outfit(n, *(garment(*pair) for pair in pairs), style=style, age_days=age)
            for n, (pairs, style, age) in enumerate(data)
        )
    )
    values = score.values(
        index, np.arange(len(data)), Taste(person, index.families), Moment(trends, NOW)
    )
    assert np.all((values >= 0) & (values <= 1))
    total = (weights.scaled() * values).sum(axis=1)
    assert np.all((total >= 0) & (total <= 1 + 1e-9))


@given(st.builds(Weights, weight, weight, weight, weight, weight))
def test_scaled_weights_add_up_to_1_and_personal_color_is_capped(weights: Weights) -> None:
    beside = weights.trend + weights.style + weights.freshness + weights.novelty
    if not beside > 0:
        with pytest.raises(ValueError, match="other than personal_color"):
            weights.scaled()
        return
    scaled = weights.scaled()
    assert np.isclose(scaled.sum(), 1)
    assert scaled.min() >= 0
    assert scaled[PARTS.index("personal_color")] <= PERSONAL_COLOR_CAP + 1e-12


def test_a_declared_style_beats_an_undeclared_one_which_beats_nothing_by_neutrality() -> None:
    person = Person(styles=frozenset({1}))
    assert value("style", outfit(style=1), person) == pytest.approx(0.75)
    assert value("style", outfit(style=2), person) == pytest.approx(0.25)
    assert value("style", outfit(style=2)) == value("style", outfit(style=0)) == 0.5


def test_feedback_lifts_a_style_and_dislikes_sink_it() -> None:
    person = Person(learned=Learned({1: 0.5, 2: -0.5}))
    assert value("style", outfit(style=1), person) == pytest.approx(0.75)
    assert value("style", outfit(style=2), person) == pytest.approx(0.25)
    assert value("style", outfit(style=3), person) == 0.5


def test_what_is_liked_in_an_item_or_a_color_lifts_what_holds_it_and_more_if_it_holds_both() -> (
    None
):
    person = Person(learned=Learned(categories={SKIRT: 0.5}, families={"red": 0.5}))
    neither, item, color, both = (
        value("style", outfit(0, garment(category, family)), person)
        for category, family in ((TOP, "navy"), (SKIRT, "navy"), (TOP, "red"), (SKIRT, "red"))
    )
    assert neither == 0.5
    assert item == color == pytest.approx(0.75)
    # Odds of 3 each, so 9 together.
    assert both == pytest.approx(0.9)
    diluted = value("style", outfit(0, garment(TOP, "navy"), garment(SKIRT, "red")), person)
    assert diluted == pytest.approx(0.75)


def test_a_liked_color_still_counts_in_a_declared_style() -> None:
    person = Person(frozenset({1}), learned=Learned(families={"red": 0.5, "navy": -0.5}))
    red, black, navy = (
        value("style", outfit(0, garment(TOP, family), style=1), person)
        for family in ("red", "black", "navy")
    )
    assert red > black > navy


def test_freshness_is_that_of_the_full_hour() -> None:
    hour = Moment(NO_TRENDS, NOW + 3599).hour
    assert hour == NOW - NOW % 3600 == Moment(NO_TRENDS, hour).hour


def test_freshness_halves_every_two_weeks() -> None:
    assert value("freshness", outfit(age_days=0)) == 1.0
    assert value("freshness", outfit(age_days=14)) == pytest.approx(0.5)
    assert value("freshness", outfit(age_days=-3)) == 1.0


def test_novelty_halves_each_time_that_an_outfit_was_shown() -> None:
    person = Person(learned=Learned(shown={"shop:p0:0": 2, "unknown": 9}))
    assert value("novelty", outfit(0), person) == 0.25
    assert value("novelty", outfit(1), person) == 1.0


def row(share: float, *, rise: float = 0.0, rising: bool = False) -> TrendRow:
    return TrendRow(share, share / 2, rise, rising)


def test_item_and_color_together_come_before_each_alone() -> None:
    trends = TrendTable(
        {(SKIRT, "red"): row(0.4), (TOP, "navy"): row(0.1), (TOP, "red"): row(0.1)},
        {SKIRT: row(0.01), TOP: row(0.9)},
        {"red": row(0.01), "navy": row(0.9)},
    )
    # 0.4 against the median 0.1
    assert trends.value(SKIRT, "red") == pytest.approx(0.8)
    assert trends.value(TOP, "navy") == pytest.approx(0.5)


def test_a_pair_that_trends_do_not_know_backs_off_to_item_and_color() -> None:
    trends = TrendTable({}, {SKIRT: row(0.3), TOP: row(0.1), 3: row(0.1)}, {"red": row(0.2)})
    assert trends.value(SKIRT, "red") == pytest.approx((0.75 + 0.5) / 2)


def test_a_withheld_cell_is_neutral_not_zero() -> None:
    known = TrendTable({}, {SKIRT: row(0.3)}, {"red": row(0.2)})
    assert known.value(5, "teal") == 0.5
    assert NO_TRENDS.value(SKIRT, "red") == 0.5
    assert NO_TRENDS.explain(SKIRT, "red") is None


def test_a_rise_lifts_the_value_and_only_a_significant_one_does() -> None:
    def table(found: TrendRow) -> TrendTable:
        return TrendTable({(SKIRT, "red"): found, (TOP, "navy"): row(0.2)}, {}, {})

    steady = table(row(0.2)).value(SKIRT, "red")
    assert table(row(0.2, rise=1.0, rising=True)).value(SKIRT, "red") > steady
    assert table(row(0.2, rise=1.0, rising=False)).value(SKIRT, "red") == steady


def test_the_explanation_is_the_row_that_gave_the_value() -> None:
    trends = TrendTable(
        {(SKIRT, "red"): row(0.2)}, {TOP: row(0.1), SKIRT: row(0.3)}, {"navy": row(0.1)}
    )
    pair = trends.explain(SKIRT, "red")
    assert pair is not None
    assert pair[0] is Level.ITEM_COLOR
    alone = trends.explain(SKIRT, "navy")
    assert alone is not None
    assert alone[0] is Level.ITEM
