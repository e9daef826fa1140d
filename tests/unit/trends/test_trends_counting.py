"""Counts depend on what survives, never on the order, the number or the lateness of what was told."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.counting import Counts, Span
from trends.observation import Observation, Record, Stratum, Value

DAY = date(2026, 11, 16)
Order = tuple[int, int, int, int]
# A step of a history: a photo (post, position) told with an order, or a post erased.
Step = tuple[str, int, Order] | str

orders = st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(0, 2), st.integers(0, 2))
posts = st.sampled_from(["a", "b", "c", "d"])
steps: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(st.tuples(posts, st.integers(0, 1), orders), posts.map(str)), max_size=25
)


def record(post: str, position: int, order: Order) -> Record:
    """What producers of these generations always say of this photo: the same fact has the same content."""
    rng = random.Random(repr((post, position, order)))
    site = rng.choice(["instagram", "shop.example"])
    observation = None
    if order[2]:  # without a segmenter it is a rejection
        observation = Observation(
            stratum=Stratum(rng.choice([1, 2]), site),
            day=DAY + timedelta(days=rng.randrange(3)),
            contributor=rng.choice(["x", "y", "z"]),
            authored=rng.random() < 0.5,
            garments=tuple((rng.randint(1, 3), rng.choice(["red", "navy", ""])) for _ in range(2)),
            style=rng.randint(0, 2),
            hashtags=frozenset(rng.sample(["ootd", "fashion"], rng.randint(0, 2))),
            order=order,
            dated=rng.random() < 0.8,
        )
    return Record(f"site:{post}:{position}", "site", post, order, observation)


def survivors(history: list[Step]) -> list[Record]:
    erased = {step for step in history if isinstance(step, str)}
    best: dict[tuple[str, int], Order] = {}
    for step in history:
        if not isinstance(step, str) and step[0] not in erased:
            best[step[:2]] = max(best.get(step[:2], step[2]), step[2])
    return [record(post, position, order) for (post, position), order in best.items()]


def play(counts: Counts, history: list[Step]) -> None:
    for step in history:
        if isinstance(step, str):
            counts.erase("site", step)
        else:
            counts.put(record(*step))


def state(counts: Counts) -> dict[str, Any]:
    """Everything that an answer could depend on. Counters as dicts: as counters, a zero left behind would be equal."""
    days = {
        (stratum, day): (
            dict(cell.contributors),
            dict(cell.authored),
            dict(cell.orders),
            cell.undated,
            {value: dict(who) for value, who in cell.values.items()},
            cell.observations,
        )
        for stratum, by_day in counts.days.items()
        for day, cell in by_day.items()
    }
    return {"records": counts.records, "strata": set(counts.days), "days": days}


@given(steps, st.randoms(use_true_random=False))
def test_any_history_leaves_what_a_rebuild_from_the_survivors_leaves(
    history: list[Step], rng: random.Random
) -> None:
    told, rebuilt = Counts(), Counts()
    again = history + rng.sample(history, len(history) // 2)
    rng.shuffle(again)
    play(told, again)
    for survivor in survivors(history):
        rebuilt.put(survivor)
    assert state(told) == state(rebuilt)
    assert state(told.with_hashtag("ootd")) == state(rebuilt.with_hashtag("ootd"))


def test_an_erased_post_leaves_nothing_and_cannot_come_back() -> None:
    counts = Counts()
    play(counts, [("a", 0, (1, 1, 1, 1)), "a", ("a", 0, (2, 2, 2, 2)), ("a", 1, (1, 1, 1, 1))])
    assert state(counts) == state(Counts())


def test_a_newer_rejection_removes_and_an_older_one_does_not() -> None:
    counts = Counts()
    play(counts, [("a", 0, (1, 1, 1, 1)), ("a", 0, (1, 1, 0, 0))])
    assert counts.days
    play(counts, [("a", 0, (1, 2, 0, 0))])
    assert not counts.days


def observed(number: int, contributor: str, day: date = DAY) -> Record:
    observation = Observation(
        Stratum(fashion_pb2.SOURCE_KIND_SOCIAL, "instagram"),
        day,
        contributor,
        False,
        ((1, "red"),),
        0,
        frozenset(),
        (1, 1, 1, 1),
        True,
    )
    return Record(f"i:{number}:0", "i", str(number), (1, 1, 1, 1), observation)


def test_reposts_of_one_photo_count_once_a_day() -> None:
    counts = Counts()
    for number, (contributor, day) in enumerate(
        [("photo", 0), ("photo", 0), ("other", 0), ("photo", 1), ("photo", 1)]
    ):
        counts.put(observed(number, contributor, DAY + timedelta(days=day)))
    week = Span(counts, counts.days, DAY, DAY + timedelta(days=6))
    value = Value(trends_pb2.DIMENSION_ITEM, 1)
    assert week.daily(value) == {DAY: 2, DAY + timedelta(days=1): 1}
    assert week.weekly(value) == {(2026, 47): 2}
    assert sum(week.totals().values()) == 3


def test_erasing_one_repost_keeps_the_other() -> None:
    counts = Counts()
    counts.put(observed(1, "photo"))
    counts.put(observed(2, "photo"))
    counts.erase("i", "1")
    span = Span(counts, counts.days, DAY, DAY)
    assert span.daily(Value(trends_pb2.DIMENSION_ITEM, 1)) == {DAY: 1}


def test_the_same_contributor_in_two_strata_is_two() -> None:
    counts = Counts()
    counts.put(observed(1, "x"))
    shop = observed(2, "x")
    assert shop.observation is not None
    moved = Observation(**{**shop.observation.__dict__, "stratum": Stratum(1, "elsewhere")})
    counts.put(Record("e:2:0", "e", "2", (1, 1, 1, 1), moved))
    span = Span(counts, counts.days, DAY, DAY)
    assert span.daily(Value(trends_pb2.DIMENSION_ITEM, 1)) == {DAY: 2}
    assert span.weekly(None) == {(2026, 47): 2}
