"""The score, its parts and the trend table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.core import season
from recommender.core.catalog import Catalog
from recommender.core.outfit import Garment, GarmentColor, Outfit
from recommender.core.profile import Learned
from recommender.core.ranking import Key, Ranking
from recommender.core.score import (
    NOVELTY,
    PARTS,
    PERSONAL_COLOR,
    PERSONAL_COLOR_CAP,
    SHARED,
    STYLE,
    TREND,
    Moment,
    Person,
    Taste,
    Weights,
)
from recommender.core.trend_table import NEUTRAL, NO_TRENDS, Level, TrendRow, TrendTable

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


def style_value(one: Outfit, person: Person) -> float:
    index = catalog(one)
    columns = index.columns
    return float(Taste(person, index).values(columns.style[:1], columns.garments[:1])[0])


def shared_value(
    part: str,
    one: Outfit,
    trends: TrendTable = NO_TRENDS,
) -> float:
    """Return a part of the one outfit of a catalog, before it is spread."""
    raw = Moment(trends, NOW).raw(catalog(one), np.array([0]), 0)
    return float(raw[0, SHARED.index(PARTS.index(part))])


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
    st.builds(Weights, st.floats(0.01, 1e6), weight, weight, weight, weight, weight),
)
@settings(deadline=None)  # the first example computes the table of personal colors
def test_parts_are_at_least_0_and_the_score_is_at_most_1(
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
    ranking = Ranking(index, Key.of(weights, person), Moment(trends, NOW))
    parts = ranking.parts(index, np.arange(len(data)), Taste(person, index))
    assert np.all(parts >= 0)
    assert np.all(parts.sum(axis=1) <= 1 + 1e-6)


@given(
    st.builds(Weights, weight, weight, weight, weight, weight, weight),
    st.lists(st.booleans(), min_size=len(PARTS), max_size=len(PARTS)),
)
def test_what_does_not_vary_has_no_weight_and_the_rest_adds_up_to_1(
    weights: Weights, varies: list[bool]
) -> None:
    found = weights.relative(np.array(varies))
    assert not found[~np.array(varies)].any()
    without_novelty = found.sum() - found[NOVELTY]
    assert np.isclose(without_novelty, 1) or without_novelty == 0
    if found.sum() > found[PERSONAL_COLOR]:
        assert found[PERSONAL_COLOR] <= PERSONAL_COLOR_CAP * found.sum() + 1e-12


def test_only_a_weight_of_personal_color_is_refused() -> None:
    with pytest.raises(ValueError, match="other than personal_color"):
        Weights(0, 0, 1, 0, 0, 0).check()


def test_equal_weights_have_one_id() -> None:
    assert Weights().id == Weights(0.35).id != Weights(0.3).id


def test_parts_spread_from_0_to_1_whatever_the_number_of_rows() -> None:
    """The old part of trend moved within .05: the three risers of a short list were called typical."""
    trends = TrendTable({(SKIRT, "red"): row(0.1, rise=0.5, rising=True)}, {}, {})
    red, navy = outfit(0, garment(SKIRT, "red")), outfit(1, garment(TOP, "navy"), age_days=10)
    index = catalog(red, navy)
    only_trend = Weights(1, 0, 0, 0, 0, 0)
    ranking = Ranking(index, Key(only_trend, 0, has_taste=False), Moment(trends, NOW))
    parts = ranking.parts(index, np.array([0, 1]), Taste(Person(), index))
    assert parts[:, TREND].tolist() == [1.0, 0.0]


def test_a_part_that_is_the_same_for_all_leaves_its_place_to_the_others() -> None:
    index = catalog(outfit(0, style=1), outfit(1, style=2))
    person = Person(styles=frozenset({1}))
    ranking = Ranking(index, Key.of(Weights(), person), Moment(NO_TRENDS, NOW))
    parts = ranking.parts(index, np.array([0, 1]), Taste(person, index))
    assert parts[0, STYLE] == pytest.approx(0.9)
    assert parts.sum(axis=1) == pytest.approx(parts[:, STYLE])


def test_a_declared_style_beats_an_undeclared_one_which_beats_nothing_by_neutrality() -> None:
    person = Person(styles=frozenset({1}))
    assert style_value(outfit(style=1), person) == pytest.approx(0.9)
    assert style_value(outfit(style=2), person) == pytest.approx(0.1)
    assert style_value(outfit(style=2), Person()) == style_value(outfit(style=0), Person()) == 0.5


def test_feedback_lifts_a_style_and_dislikes_sink_it() -> None:
    person = Person(learned=Learned({1: 0.5, 2: -0.5}))
    assert style_value(outfit(style=1), person) == pytest.approx(0.75)
    assert style_value(outfit(style=2), person) == pytest.approx(0.25)
    assert style_value(outfit(style=3), person) == 0.5


def test_what_is_liked_in_an_item_or_a_color_lifts_what_holds_it_and_more_if_it_holds_both() -> (
    None
):
    person = Person(learned=Learned(categories={SKIRT: 0.5}, families={"red": 0.5}))
    neither, item, color, both = (
        style_value(outfit(0, garment(category, family)), person)
        for category, family in ((TOP, "navy"), (SKIRT, "navy"), (TOP, "red"), (SKIRT, "red"))
    )
    assert neither == 0.5
    assert item == color == pytest.approx(0.75)
    # Odds of 3 each, so 9 together.
    assert both == pytest.approx(0.9)
    diluted = style_value(outfit(0, garment(TOP, "navy"), garment(SKIRT, "red")), person)
    assert diluted == pytest.approx(0.75)


def test_a_liked_color_still_counts_in_a_declared_style() -> None:
    person = Person(frozenset({1}), learned=Learned(families={"red": 0.5, "navy": -0.5}))
    red, black, navy = (
        style_value(outfit(0, garment(TOP, family), style=1), person)
        for family in ("red", "black", "navy")
    )
    assert red > black > navy


def test_freshness_is_that_of_the_full_hour() -> None:
    hour = Moment(NO_TRENDS, NOW + 3599).hour
    assert hour == NOW - NOW % 3600 == Moment(NO_TRENDS, hour).hour


def test_freshness_halves_every_two_weeks() -> None:
    assert shared_value("freshness", outfit(age_days=0)) == 1.0
    assert shared_value("freshness", outfit(age_days=14)) == pytest.approx(0.5)
    assert shared_value("freshness", outfit(age_days=-3)) == 1.0


def test_an_outfit_that_nobody_knows_the_date_of_is_neither_new_nor_old() -> None:
    assert shared_value("freshness", replace(outfit(age_days=0), dated=False)) == 0.5


def test_the_season_of_the_date_counts_in_each_hemisphere() -> None:
    january = datetime(2027, 1, 15, tzinfo=UTC).timestamp()
    assert season.value("Winter 2027", january, southern=False) == pytest.approx(1.0)
    assert season.value("winter", january, southern=True) < 0.01
    assert season.value("SS27", january, southern=True) > 0.95
    assert season.value("all year", january, southern=False) == season.UNKNOWN
    assert season.season_at("가을/겨울", january, southern=False) == "winter"


def test_novelty_halves_each_time_that_an_outfit_was_shown() -> None:
    index = catalog(outfit(0), outfit(1))
    learned = Learned(shown={"shop:p0:0": 2, "unknown": 9})
    found = Taste(Person(learned=learned), index).novelty(np.array([0, 1]))
    assert found.tolist() == [0.25, 1.0]


def row(share: float, *, rise: float = 0.0, rising: bool = False) -> TrendRow:
    return TrendRow(share, share / 2, rise, rising)


def test_the_most_specific_row_counts() -> None:
    trends = TrendTable(
        {(SKIRT, "red"): row(0.4), (TOP, "navy"): row(0.1), (TOP, "red"): row(0.1)},
        {SKIRT: row(0.01), TOP: row(0.9)},
        {"red": row(0.01), "navy": row(0.9)},
    )
    # 0.4 against the median 0.1
    assert trends.value(SKIRT, "red") == pytest.approx(0.3 * 0.8)
    assert trends.value(TOP, "navy") == pytest.approx(0.3 * 0.5)


def test_trousers_are_not_worn_a_lot_if_all_of_them_are_blue() -> None:
    """Beside red trousers the sentence would say what is true of blue ones only."""
    others = {item: row(0.02) for item in range(1, 6)}
    items, colors = {8: row(0.4), **others}, {"blue": row(0.4), "red": row(0.02)}
    only_blue = TrendTable({(8, "blue"): row(0.38)}, items, colors)
    assert only_blue.explain(8, "red") is None
    assert only_blue.value(8, "red") == pytest.approx(0.3 * 0.5)
    in_many_colors = TrendTable({(8, "blue"): row(0.1)}, items, colors)
    told = in_many_colors.explain(8, "red")
    assert told is not None
    assert (told.level, told.row.share, told.rises) == (Level.ITEM, 0.4, False)
    assert in_many_colors.value(8, "red") > only_blue.value(8, "red")


def test_a_pair_that_trends_do_not_know_has_the_value_of_its_item() -> None:
    trends = TrendTable({}, {SKIRT: row(0.3), TOP: row(0.1), 3: row(0.1)}, {"red": row(0.2)})
    assert trends.value(SKIRT, "red") == pytest.approx(0.3 * 0.75)


def test_a_withheld_cell_is_neutral_not_zero() -> None:
    known = TrendTable({}, {SKIRT: row(0.3)}, {"red": row(0.2)})
    assert known.value(5, "teal") == NEUTRAL > 0
    assert NO_TRENDS.value(SKIRT, "red") == NEUTRAL
    assert NO_TRENDS.explain(SKIRT, "red") is None


def test_what_rises_is_worth_more_than_anything_steady() -> None:
    trends = TrendTable(
        {
            (SKIRT, "red"): row(0.01, rise=0.1, rising=True),
            (TOP, "navy"): row(0.9),
            (TOP, "red"): row(0.01, rise=2.0),
        },
        {},
        {},
    )
    assert trends.value(SKIRT, "red") > 0.5 > trends.value(TOP, "navy") > trends.value(TOP, "red")


def test_a_color_does_not_rise_because_one_item_rises_in_it() -> None:
    """23 of 24 people in red wear red trousers: a red dress is not rising."""
    rising = row(0.2, rise=1.0, rising=True)
    trends = TrendTable({(8, "red"): rising}, {8: rising, 10: row(0.1)}, {"red": rising})
    assert trends.value(8, "red") > 0.5
    assert trends.value(10, "red") < 0.5 > trends.value(8, "navy")
    assert trends.explain(10, "red") is None
    told = trends.explain(8, "red")
    assert told is not None
    assert (told.level, told.rises) == (Level.ITEM_COLOR, True)


def test_a_color_that_rises_by_itself_is_told() -> None:
    rising = row(0.2, rise=1.0, rising=True)
    told = TrendTable({(10, "red"): row(0.1)}, {}, {"red": rising}).explain(10, "red")
    assert told is not None
    assert (told.level, told.row) == (Level.COLOR, rising)


def test_an_outfit_has_the_trend_of_its_best_garment() -> None:
    """A rising skirt was diluted by the top beside it."""
    trends = TrendTable({(SKIRT, "red"): row(0.2, rise=1.0, rising=True)}, {}, {})
    alone = shared_value("trend", outfit(0, garment(SKIRT, "red")), trends)
    beside = shared_value("trend", outfit(0, garment(TOP, "navy"), garment(SKIRT, "red")), trends)
    assert beside == alone > 0.5
