"""Nothing that leaves the service tells a count of people below five: two worlds that differ in one give the same answers."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from servicekit.events import timestamp
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends import service as answering
from trends.core import counts as counting
from trends.core.counts import Counts, Span
from trends.core.disclosure import K, Shown, at_least, draw_evidence, is_drawn, safe_days
from trends.core.observation import Observation, PhotoState, Stratum, Value, Worn, offered
from trends.core.recount import Recount
from trends.core.series import rows
from trends.evidence_photos import EvidencePhotos

MONDAY = date(2026, 11, 16)
TODAY = MONDAY + timedelta(days=20)
SHOP = Stratum(fashion_pb2.SOURCE_KIND_SHOP, "shop.example")
SITES = [Stratum(fashion_pb2.SOURCE_KIND_SOCIAL, name) for name in ("instagram", "other.example")]
HASHTAGS = ("", "ootd")
SHORTS, SKIRT, TOP = (
    fashion_pb2.CATEGORY_SHORTS,
    fashion_pb2.CATEGORY_SKIRT,
    fashion_pb2.CATEGORY_SHORT_SLEEVE_TOP,
)
PLAIN, STRIPED, DOTTED = (
    fashion_pb2.PATTERN_PLAIN,
    fashion_pb2.PATTERN_STRIPED,
    fashion_pb2.PATTERN_DOTTED,
)
DIMENSIONS = (
    trends_pb2.DIMENSION_ITEM,
    trends_pb2.DIMENSION_COLOR,
    trends_pb2.DIMENSION_ITEM_COLOR,
    trends_pb2.DIMENSION_PATTERN,
    trends_pb2.DIMENSION_ITEM_PATTERN,
)
ASKED: tuple[tuple[trends_pb2.Dimension.ValueType, trends_pb2.Value], ...] = (
    (trends_pb2.DIMENSION_ITEM, trends_pb2.Value(category=SHORTS)),
    (trends_pb2.DIMENSION_COLOR, trends_pb2.Value(color_family="teal")),
    (trends_pb2.DIMENSION_ITEM_COLOR, trends_pb2.Value(category=SHORTS, color_family="teal")),
    (trends_pb2.DIMENSION_ITEM, trends_pb2.Value(category=SKIRT)),
    (trends_pb2.DIMENSION_COLOR, trends_pb2.Value(color_family="red")),
    (trends_pb2.DIMENSION_PATTERN, trends_pb2.Value(pattern=DOTTED)),
    (trends_pb2.DIMENSION_ITEM_PATTERN, trends_pb2.Value(category=SHORTS, pattern=DOTTED)),
)


class World:
    """Photos in memory, as the service's snapshot and database hold them."""

    age = 0.0

    def __init__(self, photos: Sequence[Observation]) -> None:
        self.states = [
            PhotoState(f"i:{n}:0", seen.stratum.site, str(n), seen.order, seen)
            for n, seen in enumerate(photos)
        ]
        self._counts = {}
        for hashtag in HASHTAGS:
            tagged = [s.only_with(hashtag) if hashtag else s for s in self.states]
            self._counts[hashtag] = Counts()
            self._counts[hashtag].put(Recount().apply(tagged))

    async def counts(self, hashtag: str = "") -> Counts:
        return self._counts[hashtag]

    async def find_showing(
        self, value: Value, families: Sequence[str], hashtag: str, days: Sequence[date]
    ) -> Mapping[Stratum, list[Shown]]:
        found: dict[Stratum, list[Shown]] = defaultdict(list)
        for state in self.states:
            seen = state.observation
            if (
                seen
                and seen.day in days
                and value in seen.values()
                and (not hashtag or hashtag in seen.hashtags)
            ):
                shown = Shown(state.image_id, seen.contributor, seen.values())
                found[seen.stratum].append(shown)
        return found

    async def find_offers(
        self, value: Value, families: Sequence[str], site: str, most: int
    ) -> list[str]:
        return [
            state.image_id
            for state in self.states
            if (seen := state.observation) and offered(value) in seen.offers()
        ][:most]

    async def find_outfits(self, image_ids: Sequence[str]) -> Mapping[str, OutfitDescribed]:
        return {
            name: OutfitDescribed(image=fashion_pb2.ImageRef(image_id=name)) for name in image_ids
        }

    def answers(self, asked: Sequence[Any]) -> list[bytes]:
        """Return the service's answers, byte by byte."""
        now = datetime.combine(TODAY, time(12), UTC)
        # Not from `wire`: hundreds of worlds are asked, each in memory.
        looks: Any = EvidencePhotos(self, None, key, lambda: now)  # type: ignore[arg-type]
        service: Any = answering.TrendsService(self, self, looks, lambda: now)  # type: ignore[arg-type]

        async def ask() -> list[bytes]:
            return [
                (
                    await getattr(service, type(request).__name__.removesuffix("Request"))(
                        request, None
                    )
                ).SerializeToString(deterministic=True)
                for request in asked
            ]

        return asyncio.run(ask())

    def exported(self) -> list[tuple[Any, ...]]:
        return [
            astuple(row)
            for counts, weekly in product(self._counts.values(), (False, True))
            for row in rows(
                counts, Span(counts, counts.strata, MONDAY, TODAY), weekly=weekly, today=TODAY
            )
        ]


async def key() -> bytes:
    return b"key"


def noon(day: date) -> Any:
    return timestamp(datetime.combine(day, time(12), UTC))


def filters() -> list[trends_pb2.Filter]:
    return [
        trends_pb2.Filter(site=site, hashtag=hashtag)
        for site, hashtag in product(("", SITES[0].site), HASHTAGS)
    ]


def requests(rng: random.Random, windows: int) -> Iterator[Any]:
    """Yield requests of every kind: windows of all lengths that end on any day, and every other way to ask."""
    for _ in range(windows):
        end = noon(MONDAY + timedelta(days=rng.randrange(-1, 30)))
        length, chosen = rng.randint(1, 28), rng.choice(filters())
        for dimension in DIMENSIONS:
            yield trends_pb2.GetTrendsRequest(
                dimension=dimension,
                order=rng.choice(trends_pb2.Order.values()),
                filter=chosen,
                window_days=length,
                baseline_days=rng.randint(1, 28),
                as_of=end,
                min_support=rng.randint(0, 30),
                baseline=rng.choice(trends_pb2.Baseline.values()),
                page_size=100,
            )
            if dimension in (trends_pb2.DIMENSION_ITEM, trends_pb2.DIMENSION_COLOR):
                yield trends_pb2.GetCoWornRequest(
                    dimension=dimension,
                    filter=chosen,
                    window_days=length,
                    as_of=end,
                    page_size=100,
                )
            yield trends_pb2.GetCatalogGapsRequest(
                dimension=dimension,
                side=rng.choice(trends_pb2.GapSide.values()),
                filter=chosen,
                window_days=length,
                as_of=end,
                examples=5,
                page_size=100,
            )
        of, value = rng.choice(ASKED)
        yield trends_pb2.GetTrendEvidenceRequest(
            dimension=of,
            value=value,
            filter=chosen,
            window_days=length,
            as_of=end,
            page_size=100,
        )
    for (of, value), chosen, step in product(ASKED, filters(), trends_pb2.Step.values()):
        yield trends_pb2.GetTrendSeriesRequest(
            dimension=of,
            value=value,
            filter=chosen,
            first_day=noon(MONDAY + timedelta(days=rng.randrange(0, 10))),
            last_day=noon(MONDAY + timedelta(days=rng.randrange(10, 24))),
            step=step,
        )


def crowd(rng: random.Random, size: int) -> list[Observation]:
    """Return photos of tops and skirts at two sites over three weeks; some people post more than once. A shop sells shorts."""
    offers = [
        Observation(
            SHOP, MONDAY, f"o{n}", False, (Worn(SHORTS, "teal", DOTTED),), 0, frozenset(),
            (1, 1, 1, 1), False, offered=True,
        )
        for n in range(30)
    ]  # fmt: skip
    return [
        Observation(
            stratum=rng.choice(SITES),
            day=MONDAY + timedelta(days=rng.randrange(21)),
            contributor=f"p{rng.randrange(size)}",
            authored=rng.random() < 0.5,
            garments=tuple(
                Worn(
                    rng.choice((TOP, SKIRT)),
                    rng.choice(("red", "navy", "")),
                    rng.choice((0, PLAIN, STRIPED)),
                )
                for _ in range(rng.randint(1, 2))
            ),
            style=0,
            hashtags=frozenset(["ootd"] if rng.random() < 0.4 else []),
            order=(1, 1, 1, 1),
            dated=True,
        )
        for _ in range(size)
    ] + offers


def with_shorts(photos: list[Observation], places: Sequence[int]) -> World:
    """Return a world in which the photos at these places show teal shorts too."""
    worn = list(photos)
    for place in places:
        seen = worn[place]
        worn[place] = replace(seen, garments=(*seen.garments, Worn(SHORTS, "teal", DOTTED)))
    return World(worn)


def places_of_one_week(photos: list[Observation]) -> list[int]:
    """Return the places of photos of different people at the first site in the first week, none of which can be evidence.

    None has a hashtag: whether nobody or somebody with a hashtag shows a value may be told.
    """
    first = {
        (seen.contributor, seen.authored): place
        for place, seen in enumerate(photos)
        if seen.stratum == SITES[0]
        and (seen.day - MONDAY).days < 7
        and not is_drawn(f"i:{place}:0")
        and not seen.hashtags
    }
    return sorted(first.values())


@given(st.integers(0, 2**32), st.integers(80, 200), st.sets(st.integers(1, 4), min_size=2))
@settings(max_examples=25, deadline=None)
def test_worlds_with_different_small_crowds_give_the_same_answers(
    seed: int, size: int, crowds: set[int]
) -> None:
    rng = random.Random(seed)
    photos = crowd(rng, size)
    places = places_of_one_week(photos)
    rng.shuffle(places)
    asked = list(requests(rng, 8))
    assume(len(places) >= max(crowds))
    fewest, *more = (with_shorts(photos, places[:n]) for n in sorted(crowds))
    for world in more:
        assert world.answers(asked) == fewest.answers(asked)
        assert world.exported() == fewest.exported()


def exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the service tell exact counts, as it must not."""
    monkeypatch.setattr(counting, "round_down", lambda count: count)
    monkeypatch.setattr(counting, "safe_days", lambda days, distinct: days)


def test_the_same_comparison_finds_small_crowds_where_exact_counts_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exactly(monkeypatch)
    rng = random.Random(1)
    photos = crowd(rng, 120)
    places = places_of_one_week(photos)
    asked = list(requests(rng, 12))
    one, other = (with_shorts(photos, places[:n]) for n in (3, 4))
    assert one.answers(asked) != other.answers(asked)
    assert one.exported() != other.exported()


def days_world(shown: Sequence[int]) -> World:
    """Return a world of 40 people a day in one week, so many of whom wear teal shorts each day; no photo can be evidence."""
    photos: list[Observation] = []
    worn: list[int] = []
    for day, number in enumerate(shown):
        posted = 0
        while posted < 40:
            place = len(photos)
            if is_drawn(f"i:{place}:0"):
                garments: tuple[Worn, ...] = ()
            else:
                garments = (Worn(SKIRT, "red", PLAIN),)
                posted += 1
                if posted <= number:
                    worn.append(place)
            photos.append(
                Observation(
                    SITES[0],
                    MONDAY + timedelta(days=day),
                    f"p{place}",
                    True,
                    garments,
                    0,
                    frozenset(),
                    (1, 1, 1, 1),
                    True,
                )
            )
    return with_shorts(photos, worn)


def another(shown: Sequence[int], day: int) -> list[int]:
    """Return numbers of a week with the same safe numbers in which the day's is 0 or at least five."""
    running = np.cumsum(shown)
    safe = running - running % K
    before = int(running[day - 1]) if day else 0
    if safe[day] == before - before % K:
        running[day:] = np.where(safe[day:] == safe[day], before, running[day:])
    else:
        running[:day] = np.minimum(running[:day], before - before % K)
        running[day:] = np.maximum(running[day:], safe[day] + K - 1)
    return [int(n) for n in np.diff(running, prepend=0)]


@given(
    st.lists(st.integers(0, 9), min_size=7, max_size=7),
    st.integers(0, 6),
    st.integers(0, 2**32),
)
@settings(max_examples=25, deadline=None)
def test_no_day_of_few_people_is_told_from_one_of_none_or_of_many(
    shown: list[int], day: int, seed: int
) -> None:
    shown[day] = shown[day] % 4 + 1
    if sum(shown) < K:
        shown[day - 1] += K
    changed = another(shown, day)
    assert min(changed) >= 0
    assert changed[day] == 0 or changed[day] >= K
    one, other = days_world(shown), days_world(changed)
    asked = list(requests(random.Random(seed), 8))
    assert one.answers(asked) == other.answers(asked)
    assert one.exported() == other.exported()


def test_exact_counts_would_tell_those_days(monkeypatch: pytest.MonkeyPatch) -> None:
    exactly(monkeypatch)
    shown = [6, 3, 7, 0, 0, 2, 9]
    asked = list(requests(random.Random(2), 12))
    assert days_world(shown).answers(asked) != days_world(another(shown, 1)).answers(asked)


@given(st.lists(st.integers(0, 30), min_size=7, max_size=7), st.integers(0, 12))
def test_safe_days_are_fives_that_add_up_to_the_week(shown: list[int], distinct: int) -> None:
    days = np.array(shown)[:, None]
    safe = safe_days(days, np.array([distinct]))
    if distinct < K:
        assert not safe.any()
    else:
        assert (safe % K == 0).all()
        assert (safe >= 0).all()
        assert safe.sum() == sum(shown) // K * K
        assert all(at_least(day) <= true for day, true in zip(safe, shown, strict=True))


photos_shown = st.lists(
    st.builds(
        Shown,
        st.integers(0, 10**6).map(lambda n: f"i:{n}:0"),
        st.sampled_from("abcdefgh"),
        st.frozensets(st.integers(1, 4).map(lambda item: Value(1, item)), min_size=1),
    ),
    max_size=40,
    unique_by=lambda photo: photo.image_id,
)


@given(photos_shown, st.integers(0, 8).map(lambda n: n * K), st.randoms(use_true_random=False))
def test_evidence_is_at_most_half_and_shows_nothing_that_is_withheld(
    photos: list[Shown], told: int, rng: random.Random
) -> None:
    told_values = {Value(1, 1), Value(1, 2)}
    drawn = draw_evidence(photos, told, told_values)
    by_id = {photo.image_id: photo for photo in photos}
    assert 2 * len(drawn) <= told
    assert all(by_id[name].values <= told_values for name in drawn)
    people = [by_id[name].contributor for name in drawn]
    assert len(people) == len(set(people))
    rng.shuffle(photos)
    assert draw_evidence(photos, told, told_values) == drawn


def test_half_of_the_photos_can_be_evidence() -> None:
    drawn = sum(is_drawn(f"instagram:{n}:0") for n in range(2000))
    assert 900 < drawn < 1100


def test_evidence_of_a_crowd_is_shown() -> None:
    ids = (f"i:{n}:0" for n in count() if is_drawn(f"i:{n}:0"))
    photos = [
        Shown(image_id, f"p{n}", frozenset([Value(1, 1)]))
        for n, image_id in zip(range(12), ids, strict=False)
    ]
    assert len(draw_evidence(photos, 10, {Value(1, 1)})) == 5
