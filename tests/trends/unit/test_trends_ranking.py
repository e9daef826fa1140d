"""What rises is found, what is steady is not flagged, and crowds too small to name are withheld."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.core import growth, ranking
from trends.core.counts import Counts, Span
from trends.core.observation import Observation, PhotoState, Stratum, Value, Worn
from trends.core.recount import Recount
from trends.core.series import rolling_shares

END = date(2026, 11, 22)
SOCIAL = Stratum(fashion_pb2.SOURCE_KIND_SOCIAL, "instagram")
TOPS = (1, 2, 5, 6)
BOTTOMS = (7, 8, 9)
COLORS = ("black", "white", "navy", "grey", "red", "yellow", "green", "beige")
RISERS = {(1, "red"), (9, "yellow"), (8, "green")}
POSTS_A_WEEK = 72


def photo(
    number: int,
    day: date,
    garments: tuple[tuple[int, str], ...],
    *,
    contributor: str = "",
    stratum: Stratum = SOCIAL,
    dated: bool = True,
    models: tuple[int, int, int] = (1, 1, 1),
) -> PhotoState:
    order = (1, *models)
    worn = tuple(Worn(*garment) for garment in garments)
    observation = Observation(
        stratum, day, contributor or f"p{number}", False, worn, 0, frozenset(), order, dated
    )
    return PhotoState(f"{stratum.site}:{number}:0", stratum.site, str(number), order, observation)


class Photos:
    """Photos that count."""

    def __init__(self) -> None:
        self.states: list[PhotoState] = []

    def put(self, state: PhotoState) -> None:
        self.states.append(state)

    def spans(self, window: int = 7, baseline: int = 21) -> tuple[Counts, Span, Span]:
        counts = Counts()
        counts.put(Recount().apply(self.states))
        start = END - timedelta(days=window - 1)
        return (
            counts,
            Span(counts, counts.strata, start, END),
            Span(
                counts, counts.strata, start - timedelta(days=baseline), start - timedelta(days=1)
            ),
        )


def worn(ranked: ranking.Ranking) -> list[ranking.RankedValue]:
    return ranked.rows(ranked.by_share())


def rising(ranked: ranking.Ranking) -> list[ranking.RankedValue]:
    return ranked.rows(ranked.by_rise())


def pairs_of_a_week(week: int) -> dict[tuple[int, str], float]:
    """Share of posters with each item-color pair: three rise in week 3, taken evenly from their items' other colors."""
    shares: dict[tuple[int, str], float] = {}
    worn = {1: 0.5, 2: 0.3, 5: 0.12, 6: 0.08, 7: 0.12, 8: 0.44, 9: 0.44}
    for item, share in worn.items():
        riser = next((color for i, color in RISERS if i == item), None)
        rest = [c for c in COLORS if c != riser]
        risen = (0.08 if week < 3 else 0.40) if riser else 0.0
        if riser:
            shares[item, riser] = risen
        for color in rest:
            shares[item, color] = (share - risen) / len(rest)
    return shares


def four_weeks(rng: random.Random, mislabelled: float) -> Photos:
    """Return 28 days with exact quotas, one top and one bottom a post, dealt at random; then labels go wrong."""
    counts, number = Photos(), 0
    for week in range(4):
        shares = pairs_of_a_week(week)
        decks = []
        for kind in (TOPS, BOTTOMS):
            quota = {
                pair: share * POSTS_A_WEEK for pair, share in shares.items() if pair[0] in kind
            }
            deck = [pair for pair, n in quota.items() for _ in range(int(n))]
            rest = sorted(quota, key=lambda pair: int(quota[pair]) - quota[pair])
            deck += rest[: POSTS_A_WEEK - len(deck)]
            rng.shuffle(deck)
            decks.append(deck)
        for post in range(POSTS_A_WEEK):
            day = END - timedelta(days=27 - 7 * week - rng.randrange(7))
            garments = []
            for (item, color), items in zip((d[post] for d in decks), (TOPS, BOTTOMS), strict=True):
                if rng.random() < mislabelled / 2:
                    item = rng.choice([i for i in items if i != item])
                if rng.random() < mislabelled / 2:
                    color = rng.choice([c for c in COLORS if c != color])
                garments.append((item, color))
            number += 1
            counts.put(photo(number, day, tuple(garments)))
    return counts


@pytest.mark.parametrize("mislabelled", [0.0, 0.05, 0.15])
def test_the_three_planted_risers_are_found_and_nothing_else(mislabelled: float) -> None:
    found, false = 0, Counter[tuple[int, str]]()
    for seed in range(8):
        spans = four_weeks(random.Random(seed), mislabelled).spans()
        ranked = ranking.rank_values(*spans, trends_pb2.DIMENSION_ITEM_COLOR, 10)
        risen = {(row.value.category, row.value.color) for row in rising(ranked)}
        found += len(risen & RISERS)
        false.update(risen - RISERS)
        items = ranking.rank_values(*spans, trends_pb2.DIMENSION_ITEM, 10)
        assert not rising(items), "no item rises, only colors of items do"
    print(f"\nmislabelled {mislabelled}: found {found}/24, false {dict(false)}")
    assert found == 24
    assert not false


def test_a_flood_by_one_author_moves_no_rank() -> None:
    calm, flooded = Photos(), Photos()
    for number in range(120):
        state = photo(number, END - timedelta(days=number % 28), ((1 + number % 3, "black"),))
        calm.put(state)
        flooded.put(state)
    for number in range(1000, 1100):
        flooded.put(photo(number, END, ((9, "yellow"),), contributor="one author"))
    for dimension in (trends_pb2.DIMENSION_ITEM, trends_pb2.DIMENSION_ITEM_COLOR):
        before = ranking.rank_values(*calm.spans(), dimension, 10)
        after = ranking.rank_values(*flooded.spans(), dimension, 10)
        assert [r.value for r in worn(after)] == [r.value for r in worn(before)]
        assert not rising(after)


def test_fewer_than_five_contributors_of_a_week_are_withheld() -> None:
    counts = Photos()
    for number in range(5):
        counts.put(photo(number, END - timedelta(days=number), ((1, "black"),)))
    for number in range(10, 14):
        counts.put(photo(number, END - timedelta(days=number - 10), ((9, "red"),)))
    for number in range(20, 40):  # many photos of one contributor are one contributor
        counts.put(photo(number, END - timedelta(days=1), ((8, "navy"),), contributor="same"))
    ranked = ranking.rank_values(*counts.spans(), trends_pb2.DIMENSION_ITEM, 10)
    assert [row.value.category for row in worn(ranked)] == [1]
    assert ranked.withheld == 2


def test_five_contributors_over_two_weeks_but_never_in_one_are_withheld() -> None:
    counts = Photos()
    monday = END - timedelta(days=END.weekday())
    for number, day in enumerate([monday - timedelta(days=1)] * 3 + [monday] * 3):
        counts.put(photo(number, day, ((1, "black"),)))
    assert (
        ranking.rank_values(*counts.spans(window=14), trends_pb2.DIMENSION_ITEM, 10).withheld == 1
    )


def test_five_contributors_of_a_week_but_never_at_one_site_are_withheld() -> None:
    counts = Photos()
    for number in range(8):
        site = Stratum(fashion_pb2.SOURCE_KIND_SOCIAL, f"site {number % 2}")
        counts.put(photo(number, END, ((1, "black"),), stratum=site))
    ranked = ranking.rank_values(*counts.spans(), trends_pb2.DIMENSION_ITEM, 10)
    assert (len(ranked.values), ranked.withheld) == (0, 1)


def test_shares_are_of_contributors_seen_in_the_same_days() -> None:
    counts = Photos()
    for number in range(22):
        counts.put(photo(number, END, ((1, "black"), (8, "navy")) if number < 16 else ()))
    told, window, baseline = counts.spans()
    row = worn(ranking.rank_values(told, window, baseline, trends_pb2.DIMENSION_ITEM, 10))[0]
    assert (row.count, row.share) == (15, 0.75)
    assert row.share_low < 0.75 < row.share_high
    fortnight = Span(told, told.strata, END - timedelta(days=13), END)
    shares = rolling_shares(fortnight, np.array([told.place(row.value)]))
    assert shares[:, 0].tolist() == [0.0] * 7 + [0.75]


def test_the_share_of_a_part_is_at_most_1_whatever_is_rounded() -> None:
    assert ranking.part(10, 5) == 1.0
    assert ranking.part(0, 0) == 0.0
    assert ranking.wilson(10, 5) == ranking.wilson(10, 10)


def rising_world(**last_week: object) -> Photos:
    counts = Photos()
    for number in range(280):
        day = END - timedelta(days=number % 28)
        in_window = number % 28 < 7
        color = "red" if in_window or number % 10 == 0 else "grey"
        extra = last_week if in_window else {}
        counts.put(photo(number, day, ((1, color),), **extra))  # type: ignore[arg-type]
    return counts


def test_a_rise_is_told_only_where_it_can_be() -> None:
    def red(counts: Photos) -> ranking.RankedValue:
        rows = worn(ranking.rank_values(*counts.spans(), trends_pb2.DIMENSION_ITEM_COLOR, 10))
        return next(row for row in rows if row.value.color == "red")

    plain = red(rising_world())
    assert plain.rising
    assert plain.comparable
    remodelled = red(rising_world(models=(1, 2, 1)))
    assert not remodelled.rising
    assert not remodelled.comparable
    undated = red(rising_world(dated=False))
    assert not undated.rising
    assert undated.comparable


def test_a_site_without_dates_does_not_silence_the_others() -> None:
    counts = rising_world()
    folder = Stratum(fashion_pb2.SOURCE_KIND_SOCIAL, "folder")
    for number in range(1000, 1030):
        counts.put(photo(number, END, ((9, "green"),), stratum=folder, dated=False))
    told, window, baseline = counts.spans()
    ranked = ranking.rank_values(told, window, baseline, trends_pb2.DIMENSION_ITEM_COLOR, 10)
    assert [row.value.color for row in rising(ranked)] == ["red"]
    assert folder not in growth.dated_strata(window, baseline)


def test_crawling_a_new_site_is_not_a_rise() -> None:
    counts = rising_world()
    for number in range(1000, 1300):
        site = Stratum(fashion_pb2.SOURCE_KIND_SOCIAL, "new")
        counts.put(photo(number, END - timedelta(days=number % 7), ((9, "teal"),), stratum=site))
    ranked = ranking.rank_values(*counts.spans(), trends_pb2.DIMENSION_ITEM_COLOR, 10)
    assert [row.value.color for row in rising(ranked)] == ["red"]
    assert worn(ranked)[0].value.color == "teal"


def test_values_need_min_support_to_rise() -> None:
    counts = rising_world()
    dimension = trends_pb2.DIMENSION_ITEM_COLOR
    (row,) = rising(ranking.rank_values(*counts.spans(), dimension, 10))
    support = row.count + row.baseline_count
    assert rising(ranking.rank_values(*counts.spans(), dimension, support))
    assert not rising(ranking.rank_values(*counts.spans(), dimension, support + 1))


def test_lift_tells_pairs_from_chance() -> None:
    counts = Photos()
    for number in range(40):
        garments = ((1, "red"), (8, "blue")) if number % 2 else ((1, "red"), (8, "red"))
        counts.put(photo(number, END, garments))
    rows = worn(ranking.rank_values(*counts.spans(), trends_pb2.DIMENSION_ITEM_COLOR, 10))
    lift = {(row.value.category, row.value.color): row.lift for row in rows}
    # 80 garments, 60 red, 40 of item 8: 20 red trousers where chance would give 30.
    assert lift[8, "red"] == pytest.approx(20 * 80 / (40 * 60))
    assert lift[8, "blue"] == pytest.approx(2.0)


def test_the_bound_is_that_of_the_findings() -> None:
    change = growth.Growth(
        now=np.array([29, 6]),
        before=np.array([17, 18]),
        expected=np.array([5.67, 6.0]),
        exposure=0.25,
    )
    # log((29 + 4) / (5.67 + 4)) - 1.645 sqrt(1 / 33 + 1 / 17.5)
    rose, stayed = change.bound()
    assert rose == pytest.approx(0.7411, abs=2e-3)
    assert stayed < 0
    rose, stayed = change.p_values()
    assert rose < 1e-6
    assert stayed > 0.4


def test_the_chance_is_that_of_the_binomial_distribution() -> None:
    change = growth.Growth(
        now=np.array([0, 3, 12, 7]),
        before=np.array([5, 0, 20, 7]),
        expected=np.array([2.0, 0.0, 9.0, 3.5]),
        exposure=0.3,
    )
    part = [2 / 7, 0.3, 9 / 29, 3.5 / 10.5]
    expected = [
        binomtest(int(now), int(now + before), p, alternative="greater").pvalue
        for now, before, p in zip(change.now, change.before, part, strict=True)
    ]
    assert change.p_values() == pytest.approx(expected)


def test_benjamini_and_hochberg_example() -> None:
    # At 10% over ten: the fourth p-value (0.035 <= 0.04) is the last below its line.
    given = np.array([0.5, 0.001, 0.035, 0.9, 0.012, 0.02, 0.2, 0.3, 0.4, 0.6])
    assert given[growth.significant(given)].tolist() == [0.001, 0.035, 0.012, 0.02]
    assert growth.significant(np.empty(0)).tolist() == []


@given(
    st.lists(
        st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1e-300, 0.01, 0.02, 1.0])), max_size=40
    )
)
def test_what_is_significant_is_what_the_step_up_procedure_rejects(p_values: list[float]) -> None:
    """Benjamini and Hochberg (1995): reject the k smallest, k the largest with p(k) <= rate * k / m."""
    ordered = sorted(p_values)
    lines = [growth.FALSE_DISCOVERY_RATE * k / len(ordered) for k in range(1, len(ordered) + 1)]
    # On the line itself rounding decides.
    assume(all(p == 0 or abs(p - line) > 1e-12 for p, line in zip(ordered, lines, strict=True)))
    rejected = max((k + 1 for k, p in enumerate(ordered) if p <= lines[k]), default=0)
    told = growth.significant(np.array(p_values, np.float64))
    assert (
        sorted(p for p, is_told in zip(p_values, told, strict=True) if is_told)
        == ordered[:rejected]
    )


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (0, 0, 0.0, 1.0)],
)
def test_wilson_intervals(count: int, total: int, low: float, high: float) -> None:
    assert ranking.wilson(count, total) == pytest.approx((low, high), abs=1e-4)


def test_values_are_ordered_by_count_then_by_themselves() -> None:
    counts = Photos()
    for number in range(6):
        counts.put(photo(number, END, ((2, "red"), (1, "red"))))
    rows = worn(ranking.rank_values(*counts.spans(), trends_pb2.DIMENSION_ITEM, 10))
    assert [row.value for row in rows] == [
        Value(trends_pb2.DIMENSION_ITEM, 1),
        Value(trends_pb2.DIMENSION_ITEM, 2),
    ]


Crowds = dict[tuple[int, str, int], int]


def four_weeks_of(now: Crowds, before: Crowds) -> Photos:
    """Return people who wear one garment each: so many in the last week, and in each of the three weeks before."""
    photos = Photos()
    number = 0
    for week, worn_then in enumerate((before, before, before, now)):
        for garment, people in worn_then.items():
            for _ in range(people):
                number += 1
                day = END - timedelta(days=7 * (3 - week) + number % 7)
                photos.put(photo(number, day, (garment,)))  # type: ignore[arg-type]
    return photos


def ranked_in(photos: Photos, dimension: int) -> dict[Value, ranking.RankedValue]:
    listed = ranking.rank_values(*photos.spans(), dimension, 10)
    return {row.value: row for row in listed.rows(np.arange(len(listed.values)))}


def test_what_is_worn_less_falls_even_to_nothing() -> None:
    photos = four_weeks_of({(1, "red", 0): 80}, {(1, "red", 0): 40, (1, "navy", 0): 40})
    ranked = ranking.rank_values(*photos.spans(), trends_pb2.DIMENSION_ITEM_COLOR, 10)
    (navy,) = ranked.rows(ranked.by_fall())
    assert (navy.value.color, navy.count, navy.baseline_count) == ("navy", 0, 120)
    assert navy.fall > 0
    assert not navy.rising
    assert [row.value.color for row in worn(ranked)] == ["red"]
    (red,) = rising(ranked)
    assert not red.falling


def test_what_is_steady_and_near_the_threshold_does_not_fall() -> None:
    """Five people a week are told and four are not: what is told falls from 15 to 0, what is worn does not."""
    photos = four_weeks_of(
        {(1, "red", 0): 96, (1, "navy", 0): 4}, {(1, "red", 0): 95, (1, "navy", 0): 5}
    )
    navy = ranked_in(photos, trends_pb2.DIMENSION_COLOR)[
        Value(trends_pb2.DIMENSION_COLOR, color="navy")
    ]
    assert (navy.count, navy.baseline_count) == (0, 15)
    assert not navy.falling


STRIPED, PLAIN = fashion_pb2.PATTERN_STRIPED, fashion_pb2.PATTERN_PLAIN


def test_a_rise_that_is_one_garments_is_told_there_alone() -> None:
    steady: Crowds = {(item, color, PLAIN): 40 for item in (1, 8) for color in ("red", "navy")}
    photos = four_weeks_of({**steady, (8, "red", PLAIN): 160}, steady)
    pairs = ranked_in(photos, trends_pb2.DIMENSION_ITEM_COLOR)
    pair = Value(trends_pb2.DIMENSION_ITEM_COLOR, 8, "red")
    assert [value for value, row in pairs.items() if row.rising] == [pair]
    for dimension, value in (
        (trends_pb2.DIMENSION_ITEM, Value(trends_pb2.DIMENSION_ITEM, 8)),
        (trends_pb2.DIMENSION_COLOR, Value(trends_pb2.DIMENSION_COLOR, color="red")),
    ):
        row = ranked_in(photos, dimension)[value]
        assert row.rise > 0
        assert (row.rising, row.explained_by) == (False, pair)


def test_a_rise_beyond_that_of_one_garment_is_told_too() -> None:
    before = {(item, "red", 0): 15 for item in range(1, 8)} | {(9, "navy", 0): 395}
    now = {(item, "red", 0): 20 for item in range(1, 7)} | {(7, "red", 0): 60, (9, "navy", 0): 320}
    photos = four_weeks_of(now, before)
    pairs = ranked_in(photos, trends_pb2.DIMENSION_ITEM_COLOR)
    color = Value(trends_pb2.DIMENSION_COLOR, color="red")
    red = ranked_in(photos, trends_pb2.DIMENSION_COLOR)[color]
    assert [value.category for value, row in pairs.items() if row.rising] == [7]
    assert red.rising
    assert red.explained_by is None


def test_the_fall_of_a_pattern_may_be_that_of_one_garment() -> None:
    steady: Crowds = {(item, "red", pattern): 40 for item in (1, 8) for pattern in (STRIPED, PLAIN)}
    photos = four_weeks_of({**steady, (8, "red", STRIPED): 5}, steady)
    striped = ranked_in(photos, trends_pb2.DIMENSION_PATTERN)[
        Value(trends_pb2.DIMENSION_PATTERN, pattern=STRIPED)
    ]
    assert striped.fall > 0
    assert not striped.falling
    assert striped.explained_by == Value(trends_pb2.DIMENSION_ITEM_PATTERN, 8, pattern=STRIPED)


def test_a_rise_and_a_fall_are_the_same_seen_from_both_ends() -> None:
    up = growth.Growth(np.array([30]), np.array([10]), np.array([10.0]), 0.5)
    down = growth.Growth(np.array([10]), np.array([30]), np.array([30.0]), 0.5)
    assert down.fall_p_values() == pytest.approx(up.p_values())
    assert up.fall_bound() < 0 < down.fall_bound()
    assert up.fall_p_values() > 0.99
