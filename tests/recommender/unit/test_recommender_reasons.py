"""Reasons name the item, color and style, in English and Korean, and each holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.core.catalog import Catalog
from recommender.core.filters import Filters
from recommender.core.outfit import Garment, GarmentColor, Outfit
from recommender.core.profile import Learned
from recommender.core.score import PARTS, Moment, Person
from recommender.core.trend_table import NO_TRENDS, TrendRow, TrendTable
from recommender.core.why.common import Common
from recommender.core.why.reasons import Asked, Reason, reasons
from snsfashion.recommender.v1 import recommender_pb2

NOW = 1_763_553_600.0  # 19 November 2025, 12:00 UTC
DAY = 86400.0
EVEN = (0.2,) * len(PARTS)
SHIRT, SKIRT = 2, 9
WINTER_DEEP = 14

RED_SKIRT = Garment(SKIRT, (GarmentColor(0xCA1C26, "red", "레드", 1.0),))
NAVY_TOP = Garment(SHIRT, (GarmentColor(0x1F2852, "navy", "네이비", 1.0),))
TRENDS = TrendTable(
    {
        (SKIRT, "red"): TrendRow(0.4, 0.08, 1.1, True),
        (SHIRT, "navy"): TrendRow(0.1, 0.1, -0.3, False),
    },
    {},
    {},
)
WITHOUT_PROMOTION = (0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.0)


def outfit(*garments: Garment, age_days: float = 3.0) -> Outfit:
    return Outfit("shop:p1:0", "shop", garments or (NAVY_TOP, RED_SKIRT), 1, NOW - age_days * DAY)


def common(trends: TrendTable, *offered: Outfit) -> Common:
    index = Catalog()
    for one in offered:
        index.put(one, b"")
    return Common(index, np.arange(len(offered)), Moment(trends, NOW))


def why(
    one: Outfit,
    person: Person = Person(),  # noqa: B008 - frozen
    trends: TrendTable = NO_TRENDS,
    parts: tuple[float, ...] = WITHOUT_PROMOTION,
    filters: Filters = Filters(),  # noqa: B008 - frozen
    relaxed: tuple[str, ...] = (),
    offered: tuple[Outfit, ...] = (),
) -> list[Reason]:
    moment = Moment(trends, NOW)
    asked = Asked(person, moment, common(trends, *offered), NOW, filters, relaxed)
    return reasons(one, asked, parts)


def test_a_rising_item_in_a_color_is_named_with_its_figures() -> None:
    first = why(outfit(), trends=TRENDS)[0]
    assert first == Reason(
        recommender_pb2.REASON_CODE_TREND_ITEM_COLOR,
        "Red skirts are rising: 40% of the last 7 days' looks, 8% before",
        "요즘 레드 스커트가 뜨고 있어요. 최근 7일 룩의 40%예요. 그전에는 8%였어요",
    )


def steady(share: float) -> TrendRow:
    return TrendRow(share, share, 0, False)


def test_a_widely_worn_item_is_not_called_rising() -> None:
    trends = TrendTable(
        {}, {SKIRT: steady(0.3), SHIRT: steady(0.1), **{n: steady(0.05) for n in (1, 3, 4)}}, {}
    )
    first = why(outfit(), trends=trends)[0]
    assert (first.code, first.text, first.text_ko) == (
        recommender_pb2.REASON_CODE_TREND_ITEM,
        "Skirts are worn a lot: 30% of the last 7 days' looks",
        "요즘 스커트를 많이 입어요. 최근 7일 룩의 30%예요",
    )


def test_of_few_rows_none_is_worn_a_lot() -> None:
    trends = TrendTable({}, {SKIRT: steady(0.9), SHIRT: steady(0.1)}, {})
    assert not {r.code for r in why(outfit(), trends=trends)} & {
        recommender_pb2.REASON_CODE_TREND_ITEM
    }


def test_an_ordinary_share_is_not_a_reason() -> None:
    assert recommender_pb2.REASON_CODE_TREND_ITEM_COLOR not in {
        r.code for r in why(outfit(NAVY_TOP), trends=TRENDS)
    }


def test_red_is_not_rising_on_a_dress_because_red_skirts_are() -> None:
    rising = TrendRow(0.4, 0.08, 1.1, True)
    trends = TrendTable({(SKIRT, "red"): rising}, {}, {"red": rising})
    dress = Garment(10, RED_SKIRT.colors)
    assert not [r for r in why(outfit(dress), trends=trends) if "rising" in r.text]


def test_a_declared_style_is_a_reason_and_a_learned_one_another() -> None:
    declared = why(outfit(), Person(styles=frozenset({1})))
    assert "Casual, a style that you chose" in {r.text for r in declared}
    learned = why(outfit(), Person(learned=Learned({1: 0.5})))
    assert (recommender_pb2.REASON_CODE_LEARNED_STYLE, "좋아하신 캐주얼 스타일이에요") in {
        (r.code, r.text_ko) for r in learned
    }


def test_the_item_or_the_color_that_is_liked_most_is_named() -> None:
    red = Person(learned=Learned(categories={SKIRT: 0.2}, families={"red": 0.5, "navy": 0.3}))
    assert (
        recommender_pb2.REASON_CODE_LEARNED_COLOR,
        "Red, a color that you have liked",
        "좋아하신 레드 컬러예요",
    ) in {(r.code, r.text, r.text_ko) for r in why(outfit(), red)}
    skirts = Person(learned=Learned(categories={SKIRT: 0.5}, families={"red": 0.2}))
    assert (
        recommender_pb2.REASON_CODE_LEARNED_CATEGORY,
        "Skirts, which you have liked",
        "좋아하신 스커트예요",
    ) in {(r.code, r.text, r.text_ko) for r in why(outfit(), skirts)}


def test_what_is_disliked_or_hardly_known_is_not_a_reason() -> None:
    person = Person(learned=Learned({1: -0.5}, categories={SKIRT: -0.5}, families={"red": 0.05}))
    codes = {r.code for r in why(outfit(), person)}
    assert not codes & {
        recommender_pb2.REASON_CODE_LEARNED_STYLE,
        recommender_pb2.REASON_CODE_LEARNED_CATEGORY,
        recommender_pb2.REASON_CODE_LEARNED_COLOR,
    }


def test_the_garment_that_suits_the_personal_color_is_named() -> None:
    found = [
        r
        for r in why(outfit(), Person(personal_color=WINTER_DEEP))
        if r.code == recommender_pb2.REASON_CODE_PERSONAL_COLOR
    ]
    assert [r.text for r in found] == ["Navy, the color of the long sleeve top, suits winter deep"]
    assert found[0].text_ko == "겨울 딥에 어울리는 네이비 긴소매 상의예요"


def test_colors_that_do_not_suit_give_no_reason() -> None:
    spring_light = Person(personal_color=5)
    assert recommender_pb2.REASON_CODE_PERSONAL_COLOR not in {
        r.code for r in why(outfit(NAVY_TOP), spring_light)
    }


def test_without_a_declared_personal_color_none_is_spoken_of() -> None:
    assert recommender_pb2.REASON_CODE_PERSONAL_COLOR not in {r.code for r in why(outfit())}


def test_a_new_outfit_says_since_when() -> None:
    assert (
        recommender_pb2.REASON_CODE_FRESH,
        "New since 16 November",
        "11월 16일에 새로 나왔어요",
    ) in {(r.code, r.text, r.text_ko) for r in why(outfit())}
    assert recommender_pb2.REASON_CODE_FRESH not in {r.code for r in why(outfit(age_days=30))}


def test_the_day_of_a_crawl_is_not_called_new() -> None:
    undated = replace(outfit(), dated=False)
    assert recommender_pb2.REASON_CODE_FRESH not in {r.code for r in why(undated)}


def test_that_an_outfit_was_not_seen_is_no_reason() -> None:
    assert recommender_pb2.REASON_CODE_NOVEL not in {r.code for r in why(outfit())}


def test_what_is_true_of_nearly_the_whole_catalog_is_no_reason() -> None:
    person = Person(styles=frozenset({1}), personal_color=WINTER_DEEP)
    shop = tuple(replace(outfit(), image_id=f"shop:p{n}:0") for n in range(20))
    assert len(why(outfit(), person, TRENDS)) >= 4
    assert why(outfit(), person, TRENDS, offered=shop) == []


def test_the_season_of_the_date_is_a_reason() -> None:
    autumn = replace(outfit(age_days=30), season="autumn")
    assert [(r.text, r.text_ko) for r in why(autumn)] == [("For autumn", "가을에 입기 좋아요")]
    assert why(replace(autumn, season="summer")) == []


def test_what_the_filters_ask_for_is_said_unless_it_had_to_be_relaxed() -> None:
    asked = Filters(categories=frozenset({SKIRT}), color_families=frozenset({"red"}))
    old = outfit(age_days=30)
    assert [(r.text, r.text_ko) for r in why(old, filters=asked)] == [
        ("Red skirts, as you asked", "찾으신 레드 스커트예요")
    ]
    relaxed = why(outfit(NAVY_TOP, age_days=30), filters=asked, relaxed=("color_families",))
    assert relaxed == []


def test_a_promoted_outfit_says_so() -> None:
    assert recommender_pb2.REASON_CODE_PROMOTED in {r.code for r in why(outfit(), parts=EVEN)}
    assert recommender_pb2.REASON_CODE_PROMOTED not in {r.code for r in why(outfit())}


def test_the_greatest_part_gives_the_first_reason() -> None:
    person = Person(styles=frozenset({1}))
    style_first = why(outfit(), person, TRENDS, (0.1, 0.5, 0, 0.05, 0.05, 0, 0))
    trend_first = why(outfit(), person, TRENDS, (0.5, 0.1, 0, 0.05, 0.05, 0, 0))
    assert style_first[0].code == recommender_pb2.REASON_CODE_STYLE
    assert trend_first[0].code == recommender_pb2.REASON_CODE_TREND_ITEM_COLOR


def test_a_part_without_weight_gives_no_reason() -> None:
    codes = {r.code for r in why(outfit(), trends=TRENDS, parts=(0, 0.5, 0.2, 0.1, 0.1, 0, 0))}
    assert recommender_pb2.REASON_CODE_TREND_ITEM_COLOR not in codes


def test_every_korean_sentence_is_in_one_level_of_politeness() -> None:
    person = Person(frozenset({1}), WINTER_DEEP, Learned({2: 0.5}, families={"red": 0.5}))
    found = why(replace(outfit(), season="autumn"), person, TRENDS, EVEN)
    assert len(found) >= 6
    assert all(r.text_ko.endswith("요") for r in found)
