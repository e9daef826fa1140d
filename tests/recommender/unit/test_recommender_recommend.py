"""What is recommended is what scoring every outfit by hand gives: plain Python, one outfit after the other."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import astuple, dataclass, replace
from functools import cached_property

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.core import filters, season, shortlist
from recommender.core.catalog import CHANGES_KEPT, Catalog
from recommender.core.filters import Filters
from recommender.core.outfit import Garment, GarmentColor, Outfit, outfit_suitability
from recommender.core.places import selection
from recommender.core.places.promotions import Promotion, Promotions
from recommender.core.profile import Feedback, Learned, learn
from recommender.core.ranking import Key, Ranking
from recommender.core.recommend import Plan, recommend, without_last_act
from recommender.core.score import PARTS, Moment, Person, Taste, Weights
from recommender.core.shortlist import Shortlist
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
    return Weights(*(random_.random() for _ in range(6)))


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
    offered: list[Outfit]
    """Over which the shared parts are spread."""

    def score(self, one: Outfit) -> float:
        weights = dict(zip(PARTS, (*astuple(self.weights), 0.0), strict=True))
        values = {}
        for name, (low, high) in self.ranges.items():
            if high - low <= 1e-5:
                weights[name] = 0
                values[name] = 0.0
            else:
                values[name] = min(max((getattr(self, name)(one) - low) / (high - low), 0), 1)
        values["style"] = self.preference(one)
        values["novelty"] = 0.5 ** self.person.learned.shown.get(one.image_id, 0)
        values["boost"] = 0.0
        if not self.person.has_taste:
            weights["style"] = 0
        others = sum(w for name, w in weights.items() if name not in ("personal_color", "novelty"))
        weights["personal_color"] = min(
            weights["personal_color"], (others or weights["novelty"]) / 3
        )
        if not self.has_seen:
            weights["novelty"] = 0
        total = sum(weights.values()) or 1.0
        return float(sum(weights[name] / total * values[name] for name in PARTS))

    @cached_property
    def ranges(self) -> dict[str, tuple[float, float]]:
        found = {}
        for name in ("trend", "personal_color", "freshness", "season"):
            raw = [getattr(self, name)(other) for other in self.offered]
            found[name] = (min(raw, default=0.0), max(raw, default=0.0))
        return found

    has_seen: bool = False
    """Whether the person has seen any outfit of the catalog."""

    def trend(self, one: Outfit) -> float:
        return max(self.trends.value(g.category, g.family) for g in one.garments)

    def personal_color(self, one: Outfit) -> float:
        return float(outfit_suitability(one.garments)[self.person.personal_color])

    def freshness(self, one: Outfit) -> float:
        return float(0.5 ** (max(NOW - one.posted_at, 0) / (14 * DAY)))

    def season(self, one: Outfit) -> float:
        return season.value(one.season, NOW, southern=False)

    def preference(self, one: Outfit) -> float:
        learned, declared = self.person.learned, self.person.styles
        value = 0.9 if one.style in declared else 0.1 if declared else 0.5
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
    listed = Shortlist(index, Key.of(weights, person), Moment(trends, NOW))
    offered = [one for one in outfits.values() if one.available]
    # The catalog goes on changing after the list was sorted.
    for n in random_.sample(sorted(outfits), random_.choice((0, 3, 20))):
        if random_.random() < 0.3:
            index.remove(outfits.pop(n).image_id)
        else:
            outfits[n] = random_outfit(random_, n)
            index.put(outfits[n], b"")
    asked = random_filters(random_, list(outfits.values()))
    found = recommend(index, listed, person, asked, Plan(10, NOW, variety=0))
    by_hand = ByHand(person, trends, weights, offered)
    by_hand.has_seen = any(index.row(name) is not None for name in person.learned.shown)
    relaxed = bool(found.passed.relaxed)
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
    key = Key.of(weights, person)
    found = recommend(index, Shortlist(index, key, moment), person, Filters(), Plan(10, NOW))
    rows = (index.columns.available & index.columns.alive).nonzero()[0]
    liked = [index.row(i) for i in person.learned.disliked]
    rows = rows[[row not in liked for row in rows]]
    parts = Ranking(index, key, moment).parts(index, rows, Taste(person, index))
    scores = parts.sum(axis=1).round(9)
    assert found.rows == rows[selection.select(index, rows, scores, 10)].tolist()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_a_catalog_that_has_changed_answers_as_one_that_was_built_from_scratch(seed: int) -> None:
    random_ = random.Random(seed)
    index, outfits = Catalog(), dict[int, Outfit]()
    moment = Moment(random_trends(random_), NOW)
    for _ in range(400):
        n = random_.randrange(150)
        if random_.random() < 0.3:
            index.remove(f"shop:p{n}:0")
            outfits.pop(n, None)
        else:
            outfits[n] = random_outfit(random_, n)
            index.put(outfits[n], b"")
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
        found = recommend(catalog, shortlist_, person, Filters(), Plan(10, NOW))
        answers.append([catalog.image_ids[row] for row in found.rows])
    assert answers[0] == answers[1]


def test_what_was_erased_after_a_list_was_sorted_is_not_taken_from_it() -> None:
    index = Catalog()
    random_ = random.Random(1)
    outfits = [random_outfit(random_, n) for n in range(200)]
    for one in outfits:
        index.put(one, b"")
    listed = Shortlist(index, Key(Weights(), 0), Moment(random_trends(random_), NOW))
    first = recommend(index, listed, Person(), Filters(), Plan(10, NOW))
    for row in first.rows:
        index.remove(index.image_ids[row])
    second = recommend(index, listed, Person(), Filters(), Plan(10, NOW))
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


def styled(number: int, style: int, family: str = "navy", brand: str = "") -> Outfit:
    color = GarmentColor(FAMILIES[family], family, "", 1.0)
    return Outfit(f"shop:p{number}:0", "shop", (Garment(1, (color,)),), style, NOW, brand=brand)


def shop(*outfits: Outfit) -> Catalog:
    index = Catalog()
    for one in outfits:
        index.put(one, b"")
    return index


EVEN_SHOP = shop(*(styled(n, 1 + n % 6, sorted(FAMILIES)[n % 4]) for n in range(120)))


def answer(
    person: Person,
    plan: Plan,
    promotions: Promotions = Promotions(),  # noqa: B008 - never changed
    index: Catalog = EVEN_SHOP,
    asked: Filters = Filters(),  # noqa: B008 - frozen
) -> list[str]:
    trends = TrendTable({(1, "red"): TrendRow(0.2, 0.1, 0.5, True)}, {}, {})
    moment = Moment(trends, NOW, promotions=promotions)
    listed = Shortlist(index, Key.of(Weights(), person), moment)
    found = recommend(index, listed, person, asked, plan, without_last_act(person))
    return [index.image_ids[row] for row in found.rows]


@given(number=st.integers(0, 119), kind=st.sampled_from([2, 3, 4]), style=st.integers(1, 6))
@settings(deadline=None, max_examples=40)
def test_one_click_takes_at_most_three_of_ten_places(number: int, kind: int, style: int) -> None:
    plan = Plan(10, NOW)
    family = sorted(FAMILIES)[number % 4]
    clicked = Feedback("e", f"shop:p{number}:0", kind, 1 + number % 6, NOW, ((1, family),))
    for styles in (frozenset[int](), frozenset({style})):
        before = answer(Person(styles), plan, asked=Filters(include_bought=True))
        learned = learn([clicked], NOW)
        after = answer(Person(styles, learned=learned), plan, asked=Filters(include_bought=True))
        gone = {clicked.image_id} & set(before)
        assert len(set(after) - set(before) - gone) <= 3 + len(gone)


def test_exploration_is_small_repeatable_and_keeps_to_the_style() -> None:
    person = Person(frozenset({1}))
    plain = answer(person, Plan(10, NOW))
    explored = [answer(person, Plan(10, NOW, exploration=0.1, answer_id=str(n))) for n in range(20)]
    assert explored[0] == answer(person, Plan(10, NOW, exploration=0.1, answer_id="0"))
    assert len({tuple(one) for one in explored}) > 1
    for one in explored:
        assert len(set(one) - set(plain)) == 1
        assert one[:5] == plain[:5]
        (new,) = set(one) - set(plain)
        assert int(new.split(":")[1][1:]) % 6 == 0  # style 1
    assert answer(person, Plan(10, NOW, exploration=0.0, answer_id="0")) == plain


def test_a_pinned_outfit_gets_its_place_unless_the_person_excludes_it() -> None:
    pin = Promotion("winter", frozenset({"shop:p7:0"}), None, NOW - 1, NOW + 1, position=3)
    promotions = Promotions([pin])
    assert answer(Person(), Plan(10, NOW), promotions)[2] == "shop:p7:0"
    excluded = Filters(exclude_image_ids=frozenset({"shop:p7:0"}))
    assert "shop:p7:0" not in answer(Person(), Plan(10, NOW), promotions, asked=excluded)
    assert "shop:p7:0" not in answer(Person(), Plan(10, NOW + 2), promotions)[2:3]


def test_a_boost_lifts_what_it_selects() -> None:
    outfits = [styled(n, 1, brand="Acme" if n == 60 else "Other") for n in range(120)]
    selects = Filters(brands=frozenset({"acme"}))
    promotion = Promotion("p", frozenset(), selects, NOW - 3600, NOW + 3600, boost=0.5)
    found = answer(Person(), Plan(10, NOW), Promotions([promotion]), shop(*outfits))
    assert found[0] == "shop:p60:0"


def test_what_was_bought_is_not_shown_again_in_any_variant() -> None:
    bought = Outfit("shop:a:0", "shop", styled(0, 1).garments, 1, NOW, product_id="a", group="g")
    variant = Outfit("shop:b:0", "shop", styled(0, 1).garments, 1, NOW, product_id="b", group="g")
    index = shop(bought, variant, styled(2, 1))
    person = Person(learned=Learned(bought=frozenset({"shop:a:0"})))
    assert answer(person, Plan(10, NOW), index=index) == ["shop:p2:0"]
    again = answer(person, Plan(10, NOW), index=index, asked=Filters(include_bought=True))
    assert len(again) == 2  # one of a product, and the other


def test_an_excluded_color_counts_on_every_color_and_on_what_the_shop_says() -> None:
    two = (GarmentColor(0xCA1C26, "red", "", 0.8), GarmentColor(0x1F2852, "navy", "", 0.2))
    trimmed = Outfit("shop:a:0", "shop", (Garment(1, two),), 1, NOW)
    said = replace(styled(1, 1, "black"), said_families=frozenset({"navy"}))
    index = shop(trimmed, said, styled(2, 1, "red"))
    passed = filters.apply(index, Filters(exclude_color_families=frozenset({"navy"})), Learned())
    assert [index.image_ids[row] for row in passed.rows] == ["shop:p2:0"]


def test_filters_of_gender_size_and_brand_leave_out_what_does_not_say() -> None:
    one = replace(styled(0, 1), gender=1, age_group=5, sizes=("S", "M"), brand="Acme")
    both = replace(styled(1, 1), gender=3, age_group=5, sizes=("XL",), brand="Other")
    index = shop(one, both, styled(2, 1))

    def found(asked: Filters) -> list[str]:
        rows = filters.apply(index, asked, Learned()).rows
        return [index.image_ids[row] for row in rows]

    assert found(Filters(genders=frozenset({1}))) == ["shop:p0:0", "shop:p1:0"]
    assert found(Filters(genders=frozenset({2}))) == ["shop:p1:0"]
    assert found(Filters(age_groups=frozenset({5}), sizes=frozenset({"m"}))) == ["shop:p0:0"]
    assert found(Filters(brands=frozenset({"acme"}))) == ["shop:p0:0"]
    assert found(Filters(exclude_brands=frozenset({"acme"}))) == ["shop:p1:0", "shop:p2:0"]
