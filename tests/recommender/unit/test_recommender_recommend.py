"""What is recommended is what scoring every outfit by hand gives: plain Python, one outfit after the other."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.core import score, selection, shortlist
from recommender.core.catalog import CHANGES_KEPT, Catalog
from recommender.core.filters import Filters
from recommender.core.outfit import Garment, GarmentColor, Outfit, outfit_suitability
from recommender.core.profile import Learned
from recommender.core.recommend import recommend
from recommender.core.score import Moment, Person, Taste, Weights
from recommender.core.shortlist import Key, Shortlist
from recommender.core.trend_table import TrendRow, TrendTable

NOW = 1_800_000_000.0
DAY = 86400.0
FAMILIES = {"red": 0xCA1C26, "navy": 0x1F2852, "black": 0x1A1A1C, "ivory": 0xF3EAD4}


def random_outfit(random_: random.Random, number: int) -> Outfit:
    garments = []
    for _ in range(random_.choice((1, 2, 2, 3, 5))):
        family = random_.choice(sorted(FAMILIES))
        color = GarmentColor(FAMILIES[family], family, "", 1.0)
        garments.append(Garment(random_.randint(1, 13), (color,)))
    return Outfit(
        f"shop:p{number}:0",
        "shop",
        tuple(garments),
        random_.randint(0, 6),
        # Whole days, so that some are equal.
        NOW - random_.randint(0, 40) * DAY,
        author_key=random_.choice(["", "", "kim", "lee"]),
        product_id=random_.choice(["", f"x{random_.randint(0, 300)}"]),
        season=random_.choice(["", "autumn", "winter"]),
        price_micros=random_.choice([0, 1000, 5000]),
        currency="EUR",
        available=random_.random() < 0.9,
    )


def random_trends(random_: random.Random) -> TrendTable:
    def row() -> TrendRow:
        return TrendRow(
            random_.random() / 5, random_.random() / 5, random_.random() * 2, random_.random() < 0.2
        )

    families = sorted(FAMILIES)
    return TrendTable(
        {
            (category, family): row()
            for category in range(1, 14)
            for family in families
            if random_.random() < 0.5
        },
        {category: row() for category in range(1, 14)},
        {family: row() for family in families[:3]},
    )


def random_person(random_: random.Random, outfits: list[Outfit]) -> Person:
    def affinity() -> float:
        return random_.uniform(-0.9, 0.9)

    if random_.random() < 0.2:
        return Person()
    seen = random_.sample(outfits, min(len(outfits), random_.randint(0, 30)))
    return Person(
        frozenset(random_.sample(range(1, 7), random_.randint(0, 2))),
        random_.randint(0, 14),
        Learned(
            {n: affinity() for n in random_.sample(range(1, 7), 3)},
            {one.image_id: random_.randint(1, 4) for one in seen},
            frozenset(one.image_id for one in seen[:3]),
            {n: affinity() for n in random_.sample(range(1, 14), random_.randint(0, 13))},
            {name: affinity() for name in random_.sample(sorted(FAMILIES), random_.randint(0, 4))},
        ),
    )


def random_weights(random_: random.Random) -> Weights:
    if random_.random() < 0.5:
        return Weights()
    return Weights(*(random_.random() for _ in range(5)))


def random_filters(random_: random.Random, outfits: list[Outfit]) -> Filters:
    if random_.random() < 0.5:
        return Filters()
    return Filters(
        categories=frozenset(random_.sample(range(1, 14), random_.randint(0, 3))),
        season=random_.choice(["", "autumn"]),
        max_price_micros=random_.choice([0, 2000]),
        currency="EUR",
        exclude_image_ids=frozenset(one.image_id for one in outfits[:5]),
        exclude_color_families=frozenset(random_.sample(sorted(FAMILIES), random_.randint(0, 1))),
    )


@dataclass
class ByHand:
    """The definition of the answer, as written in the contract and in the docstrings."""

    person: Person
    trends: TrendTable
    weights: Weights

    def score(self, one: Outfit) -> float:
        parts: tuple[float, ...] = (
            self.trend(one),
            self.preference(one),
            float(outfit_suitability(one.garments)[self.person.personal_color]),
            float(0.5 ** (max(NOW - one.posted_at, 0) / (14 * DAY))),
            float(0.5 ** self.person.learned.shown.get(one.image_id, 0)),
        )
        weights: list[float] = self.weights.scaled().tolist()
        return sum(w * v for w, v in zip(weights, parts, strict=True))

    def trend(self, one: Outfit) -> float:
        worn = {(g.category, g.family) for g in one.garments}
        return sum(self.trends.value(*pair) for pair in worn) / len(worn)

    def preference(self, one: Outfit) -> float:
        learned, declared = self.person.learned, self.person.styles
        value = 0.75 if one.style in declared else 0.25 if declared else 0.5
        odds = value / (1 - value)
        if one.style:
            odds *= odds_of(learned.styles.get(one.style, 0.0))
        worn = {(g.category, g.family) for g in one.garments}
        for category, family in worn:
            of_garment = odds_of(learned.categories.get(category, 0.0)) * odds_of(
                learned.families.get(family, 0.0)
            )
            odds *= of_garment ** (1 / len(worn))
        return float(odds / (1 + odds))

    def answer(self, outfits: list[Outfit], index: Catalog, asked: Filters, k: int) -> list[str]:
        """Return the plain order of scores within the caps."""
        ties = {
            one.image_id: int(index.columns.tie[index.row(one.image_id) or 0]) for one in outfits
        }
        scores = {one.image_id: round(self.score(one), 9) for one in outfits}
        authors: Counter[str] = Counter()
        products: Counter[str] = Counter()
        result = []
        for one in sorted(outfits, key=lambda o: (-scores[o.image_id], ties[o.image_id])):
            if (
                not passes(one, asked, self.person)
                or (one.author_key and authors[one.author_key] == selection.MAX_PER_AUTHOR)
                or (one.product_id and products[one.product_id] == selection.MAX_PER_PRODUCT)
            ):
                continue
            authors[one.author_key] += 1
            products[one.product_id] += 1
            result.append(one.image_id)
        return result[:k]


def odds_of(affinity: float) -> float:
    return (1 + affinity) / (1 - affinity)


def passes(one: Outfit, asked: Filters, person: Person) -> bool:
    categories, families = ({g.category for g in one.garments}, {g.family for g in one.garments})
    return bool(
        one.available
        and one.image_id not in asked.exclude_image_ids | person.learned.disliked
        and not families & asked.exclude_color_families
        and (not asked.max_price_micros or 0 < one.price_micros <= asked.max_price_micros)
        and (not asked.categories or categories & asked.categories)
        and (not asked.season or one.season == asked.season)
    )


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some hundred outfits take the way that hundreds of thousands take."""
    monkeypatch.setattr(shortlist, "_FEW", 20)
    monkeypatch.setattr(shortlist, "_FIRST", 8)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_the_top_10_is_that_of_scoring_all_outfits_by_hand(
    seed: int,
) -> None:
    random_ = random.Random(seed)
    outfits = {n: random_outfit(random_, n) for n in range(random_.choice((30, 300, 900)))}
    index = Catalog()
    for one in outfits.values():
        index.put(one, b"")
    trends = random_trends(random_)
    person = random_person(random_, list(outfits.values()))
    weights = random_weights(random_)
    listed = Shortlist(index, Key(weights, person.personal_color), Moment(trends, NOW))
    # The catalog goes on changing after the list was sorted.
    for n in random_.sample(sorted(outfits), random_.choice((0, 3, 20))):
        if random_.random() < 0.3:
            index.remove(outfits.pop(n).image_id)
        else:
            outfits[n] = random_outfit(random_, n)
            index.put(outfits[n], b"")
    asked = random_filters(random_, list(outfits.values()))
    found = recommend(index, listed, person, asked, 10, variety=0)
    by_hand = ByHand(person, trends, weights)
    relaxed = bool(found.relaxed)
    expected = by_hand.answer(list(outfits.values()), index, asked, 10)
    if not relaxed:
        answer = [index.image_ids[row] for row in found.rows]
        scores = {one.image_id: by_hand.score(one) for one in outfits.values()}
        # Scores that differ by less than float32 columns can tell are equal: then only the scores must agree.
        assert [scores[i] for i in answer] == pytest.approx([scores[i] for i in expected], abs=1e-6)
        assert found.candidates == sum(passes(one, asked, person) for one in outfits.values())
    totals = [
        by_hand.score(one) for one in outfits.values() if index.row(one.image_id) in found.rows
    ]
    assert sorted(found.parts.sum(axis=1)) == pytest.approx(sorted(totals), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_with_variety_a_shortlist_answers_as_ranking_all_outfits_does(seed: int) -> None:
    random_ = random.Random(seed)
    outfits = [random_outfit(random_, n) for n in range(600)]
    index = Catalog()
    for one in outfits:
        index.put(one, b"")
    person = random_person(random_, outfits)
    moment = Moment(random_trends(random_), NOW)
    weights = random_weights(random_)
    found = recommend(
        index, Shortlist(index, Key(weights, person.personal_color), moment), person, Filters(), 10
    )
    rows = (index.columns.available & index.columns.alive).nonzero()[0]
    liked = [index.row(i) for i in person.learned.disliked]
    rows = rows[[row not in liked for row in rows]]
    values = score.values(index, rows, Taste(person, index.families), moment)
    scores = (values * weights.scaled()).sum(axis=1).round(9)
    assert found.rows == rows[selection.select(index, rows, scores, 10)].tolist()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_a_catalog_that_has_changed_answers_as_one_that_was_built_from_scratch(seed: int) -> None:
    random_ = random.Random(seed)
    index, outfits = Catalog(), dict[int, Outfit]()
    moment = Moment(random_trends(random_), NOW)
    listed = Shortlist(index, Key(Weights(), 0), moment)
    for step in range(400):
        n = random_.randrange(150)
        if random_.random() < 0.3:
            index.remove(f"shop:p{n}:0")
            outfits.pop(n, None)
        else:
            outfits[n] = random_outfit(random_, n)
            index.put(outfits[n], b"")
        if step == 300:
            listed = Shortlist(index, Key(Weights(), 0), moment)
    rebuilt = Catalog()
    for one in random_.sample(list(outfits.values()), len(outfits)):
        rebuilt.put(one, b"")
    person = Person(learned=random_person(random_, list(outfits.values())).learned)
    answers = []
    for catalog, shortlist_ in (
        (index, listed),
        (rebuilt, Shortlist(rebuilt, Key(Weights(), 0), moment)),
    ):
        found = recommend(catalog, shortlist_, person, Filters(), 10)
        answers.append([catalog.image_ids[row] for row in found.rows])
    assert answers[0] == answers[1]


def test_what_was_erased_after_a_list_was_sorted_is_not_taken_from_it() -> None:
    index = Catalog()
    random_ = random.Random(1)
    outfits = [random_outfit(random_, n) for n in range(200)]
    for one in outfits:
        index.put(one, b"")
    listed = Shortlist(index, Key(Weights(), 0), Moment(random_trends(random_), NOW))
    first = recommend(index, listed, Person(), Filters(), 10)
    for row in first.rows:
        index.remove(index.image_ids[row])
    second = recommend(index, listed, Person(), Filters(), 10)
    assert not set(first.rows) & set(second.rows)
    assert len(second.rows) == 10


def test_a_catalog_says_when_it_no_longer_knows_what_changed() -> None:
    index = Catalog()
    one = random_outfit(random.Random(0), 0)
    for _ in range(2 * CHANGES_KEPT + 2):
        index.put(one, b"")
    assert index.changed_since(0) is None
    recent = index.changed_since(index.version - CHANGES_KEPT)
    assert recent is not None
    assert recent.tolist() == [0]
    assert index.changed_since(index.version) is not None
