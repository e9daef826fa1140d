"""Counts depend on which photos count, never on the order in which they came or on what was taken back."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.core.cell import ANYONE, Cell, contributor_id, key_of, total
from trends.core.counts import Counts, Span
from trends.core.disclosure import K
from trends.core.observation import Observation, PhotoState, Stratum, Value, Worn
from trends.core.recount import Recount

MONDAY = date(2026, 11, 16)
SKIRT = Value(trends_pb2.DIMENSION_ITEM, fashion_pb2.CATEGORY_SKIRT)
INSTAGRAM = Stratum(fashion_pb2.SOURCE_KIND_SOCIAL, "instagram")

observations = st.builds(
    Observation,
    stratum=st.sampled_from([INSTAGRAM, Stratum(fashion_pb2.SOURCE_KIND_SHOP, "a|b:80")]),
    day=st.integers(0, 16).map(lambda days: MONDAY + timedelta(days=days)),
    contributor=st.sampled_from(["x", "y", "z"]),
    authored=st.booleans(),
    garments=st.lists(
        st.builds(
            Worn, st.integers(1, 3), st.sampled_from(["red", "a:b|c", ""]), st.integers(0, 2)
        ),
        max_size=3,
    ).map(tuple),
    style=st.integers(0, 2),
    hashtags=st.frozensets(st.sampled_from(["ootd", "fashion"])),
    order=st.tuples(*[st.integers(0, 2)] * 4),
    dated=st.booleans(),
)

# At one place and in one week, so that some are told of.
crowds = st.lists(
    st.builds(
        replace,
        observations,
        stratum=st.sampled_from(
            [INSTAGRAM, INSTAGRAM, Stratum(fashion_pb2.SOURCE_KIND_SHOP, "a|b:80")]
        ),
        day=st.integers(0, 9).map(lambda days: MONDAY + timedelta(days=days)),
        contributor=st.sampled_from("stuvwxyz"),
    ),
    max_size=40,
)


def observed(contributor: str, day: int = 0, **changes: object) -> Observation:
    plain = Observation(
        INSTAGRAM, MONDAY, contributor, False, (Worn(9, "red"),), 0, frozenset(), (1, 1, 1, 1), True
    )
    return replace(plain, day=MONDAY + timedelta(days=day), **changes)  # type: ignore[arg-type]


def counted(*photos: Observation) -> Counts:
    counts = Counts()
    counts.put(Recount().apply(states(photos)))
    return counts


def states(photos: tuple[Observation, ...] | list[Observation]) -> list[PhotoState]:
    return [PhotoState(f"i:{n}:0", "i", str(n), o.order, o) for n, o in enumerate(photos)]


@given(
    st.lists(observations, max_size=30),
    st.lists(observations, max_size=10),
    st.randoms(use_true_random=False),
)
def test_cells_add_up_to_the_same_bytes_whatever_the_order(
    stay: list[Observation], go: list[Observation], rng: random.Random
) -> None:
    stay = [
        replace(o, stratum=INSTAGRAM, day=MONDAY + timedelta(days=o.day.weekday())) for o in stay
    ]
    go = [replace(o, stratum=INSTAGRAM, day=MONDAY + timedelta(days=o.day.weekday())) for o in go]
    parts = [Cell.of([o]) for o in stay + go] + [Cell.of([], [o]) for o in go]
    rng.shuffle(parts)
    cut = rng.randint(0, len(parts))
    added_up = total([total(parts[:cut]), Cell.of_document(total(parts[cut:]).document())])
    assert added_up.document() == Cell.of(stay).document()
    assert bool(added_up) == bool(stay)


def safe_by_hand(photos: list[Observation], stratum: Stratum, day: date, value: Value) -> int:
    """Return the safe number of a day by counting people one by one."""
    monday = day - timedelta(days=day.weekday())
    people = {
        (o.day, contributor_id(o))
        for o in photos
        if o.stratum == stratum and 0 <= (o.day - monday).days < 7 and shows(o, value)
    }
    if len({who for _, who in people}) < K:
        return 0
    until = sum(seen <= day for seen, _ in people)
    before = sum(seen < day for seen, _ in people)
    return until // K * K - before // K * K


def shows(seen: Observation, value: Value) -> bool:
    return value == ANYONE or value in seen.values() | seen.together()


@given(crowds, st.integers(-2, 18), st.integers(0, 18), st.booleans())
def test_spans_count_what_counting_people_one_by_one_counts(
    photos: list[Observation], start: int, length: int, all_strata: bool
) -> None:
    counts = counted(*photos)
    strata = counts.strata if all_strata else counts.strata[:1]
    first, last = MONDAY + timedelta(days=start), MONDAY + timedelta(days=start + length)
    span = Span(counts, strata, first, last)
    mondays = list(span.mondays())
    weeks = [
        [o for o in photos if o.stratum in strata and 0 <= (o.day - monday).days < 7]
        for monday in mondays
    ]
    for place, value in enumerate(counts.values):
        for i, stratum in enumerate(strata):
            for day in range(length + 1):
                assert span.daily[i, day, place] == safe_by_hand(
                    photos, stratum, first + timedelta(days=day), value
                )
        for row, week in enumerate(weeks):
            people = Counter(
                s for s, _ in {(o.stratum, contributor_id(o)) for o in week if shows(o, value)}
            )
            assert span.weekly[row, place] == sum(n // K * K for n in people.values())
            assert span.present[row, place] == bool(people)
    assert span.totals.tolist() == span.daily[:, :, 0].sum(axis=1).tolist()
    for stratum in strata:
        told = [
            o
            for week in weeks
            for o in week
            if o.stratum == stratum
            and len({contributor_id(other) for other in week if other.stratum == stratum}) >= K
        ]
        assert {f.order for f in span.facts[stratum]} == {o.order for o in told}
        assert {f.authored for f in span.facts[stratum]} == {o.authored for o in told}
        assert {f.dated for f in span.facts[stratum]} == {o.dated for o in told}


@given(st.lists(observations, max_size=20), st.randoms(use_true_random=False))
def test_a_recount_in_pages_ends_as_one_in_a_piece(
    photos: list[Observation], rng: random.Random
) -> None:
    stay = states(photos)
    erased = [(r.site, r.post) for r in stay if rng.random() < 0.2]
    kept = [r for r in stay if (r.site, r.post) not in erased]
    # Before each photo's last state an earlier one, or a rejection, was read.
    earlier = [replace(r, observation=rng.choice([*photos, None])) for r in stay]
    paged, counts = Recount(), Counts()
    for page in (earlier, stay[: len(stay) // 2], stay):
        counts.put(paged.apply(page))
    counts.put(paged.apply([], erased))
    whole = Recount()
    whole.apply(kept)
    assert {k: c.document() for k, c in paged.cells.items()} == {
        k: c.document() for k, c in whole.cells.items()
    }
    assert counts.strata == sorted({o.stratum for r in kept if (o := r.observation)})


def people(number: int, **changes: Any) -> list[Observation]:
    return [observed(f"person {n}", **changes) for n in range(number)]


def test_reposts_of_one_photo_count_once_a_day() -> None:
    counts = counted(
        *people(9), *people(9), observed("other"), observed("other"), *people(5, day=1)
    )
    week = Span(counts, counts.strata, MONDAY, MONDAY + timedelta(days=6))
    place = counts.place(SKIRT)
    assert week.daily[0, :, place].tolist() == [10, 5, 0, 0, 0, 0, 0]
    assert week.weekly[:, place].tolist() == [10]
    assert week.totals.tolist() == [15]


def test_erasing_one_repost_keeps_the_other() -> None:
    recount, counts = Recount(), Counts()
    counts.put(recount.apply(states([*people(5), *people(5)])))
    counts.put(recount.apply([], [("i", "1")]))
    assert Span(counts, counts.strata, MONDAY, MONDAY).daily[0, 0, counts.place(SKIRT)] == 5
    counts.put(recount.apply([], [("i", "6")]))
    assert Span(counts, counts.strata, MONDAY, MONDAY).daily[0, 0, counts.place(SKIRT)] == 0
    counts.put(recount.apply([], [("i", str(n)) for n in range(10)]))
    assert counts.strata == []
    assert recount.cells == {}


def test_the_same_contributor_in_two_strata_is_two() -> None:
    elsewhere = Stratum(fashion_pb2.SOURCE_KIND_SOCIAL, "elsewhere")
    counts = counted(*people(5), *people(5, stratum=elsewhere))
    span = Span(counts, counts.strata, MONDAY, MONDAY)
    assert span.daily[:, :, counts.place(SKIRT)].tolist() == [[5], [5]]
    assert span.weekly[:, 0].tolist() == [10]


def test_an_author_and_a_photo_of_the_same_name_are_two() -> None:
    counts = counted(*people(5), *people(5, authored=True))
    assert Span(counts, counts.strata, MONDAY, MONDAY).totals.tolist() == [10]


def test_a_cell_names_nobody() -> None:
    document = Cell.of([observed("a-contributor-key")]).document()
    assert b"a-contributor-key" not in document["keys"]
    assert "a-contributor-key" not in repr(document)


@pytest.mark.parametrize("days", [0, 6])
def test_a_cell_holds_one_week(days: int) -> None:
    assert key_of(observed("x", day=days)).week == MONDAY
    assert key_of(observed("x", day=7)).week == MONDAY + timedelta(days=7)
