"""Reasons name the item, color and style, in English and Korean."""

from __future__ import annotations

from recommender.core import reasons
from recommender.core.outfit import Garment, GarmentColor, Outfit
from recommender.core.profile import Learned
from recommender.core.reasons import Reason
from recommender.core.score import Person
from recommender.core.trend_table import NO_TRENDS, TrendRow, TrendTable
from snsfashion.recommender.v1 import recommender_pb2

NOW = 1_763_553_600.0  # 19 November 2025, 12:00 UTC
DAY = 86400.0
EVEN = (0.2, 0.2, 0.2, 0.2, 0.2)
SHIRT, SKIRT = 2, 9
WINTER_DEEP = 14

RED_SKIRT = Garment(SKIRT, (GarmentColor(0xCA1C26, "red", "빨강", 1.0),))
NAVY_TOP = Garment(SHIRT, (GarmentColor(0x1F2852, "navy", "네이비", 1.0),))
TRENDS = TrendTable(
    {
        (SKIRT, "red"): TrendRow(0.4, 0.08, 1.1, True),
        (SHIRT, "navy"): TrendRow(0.1, 0.1, -0.3, False),
    },
    {},
    {},
)


def outfit(*garments: Garment, age_days: float = 3.0) -> Outfit:
    return Outfit("shop:p1:0", "shop", garments or (NAVY_TOP, RED_SKIRT), 1, NOW - age_days * DAY)


def why(
    one: Outfit,
    person: Person = Person(),  # noqa: B008 - frozen
    trends: TrendTable = NO_TRENDS,
    parts: tuple[float, ...] = EVEN,
) -> list[Reason]:
    return reasons.reasons(one, person, trends, parts, NOW)


SEEN = Person(learned=Learned(shown={"shop:p1:0": 1}))


def test_a_rising_item_in_a_color_is_named_with_its_figures() -> None:
    first = why(outfit(), trends=TRENDS, parts=(0.9, 0, 0, 0, 0))[0]
    assert first == Reason(
        recommender_pb2.REASON_CODE_TREND_ITEM_COLOR,
        "Red skirts are rising: 40% of this week's looks, 8% before",
        "빨강 스커트 상승세: 이번 주 룩의 40%, 이전에는 8%",
    )


def test_a_widely_worn_item_is_not_called_rising() -> None:
    trends = TrendTable(
        {},
        {
            SKIRT: TrendRow(0.3, 0.3, 0, False),
            SHIRT: TrendRow(0.1, 0.1, 0, False),
            1: TrendRow(0.05, 0.05, 0, False),
        },
        {},
    )
    first = why(outfit(), trends=trends)[0]
    assert (first.code, first.text) == (
        recommender_pb2.REASON_CODE_TREND_ITEM,
        "Skirts are worn a lot: 30% of this week's looks",
    )


def test_an_ordinary_share_is_not_a_reason() -> None:
    assert recommender_pb2.REASON_CODE_TREND_ITEM_COLOR not in {
        r.code for r in why(outfit(NAVY_TOP), trends=TRENDS)
    }


def test_a_declared_style_is_a_reason_and_a_learned_one_another() -> None:
    declared = why(outfit(), Person(styles=frozenset({1})))
    assert "Casual, a style that you chose" in {r.text for r in declared}
    learned = why(outfit(), Person(learned=Learned({1: 0.5})))
    assert (recommender_pb2.REASON_CODE_LEARNED_STYLE, "좋아하신 스타일: 캐주얼") in {
        (r.code, r.text_ko) for r in learned
    }


def test_the_item_or_the_color_that_is_liked_most_is_named() -> None:
    red = Person(learned=Learned(categories={SKIRT: 0.2}, families={"red": 0.5, "navy": 0.3}))
    assert (
        recommender_pb2.REASON_CODE_LEARNED_COLOR,
        "Red, a color that you have liked",
        "좋아하신 색: 빨강",
    ) in {(r.code, r.text, r.text_ko) for r in why(outfit(), red)}
    skirts = Person(learned=Learned(categories={SKIRT: 0.5}, families={"red": 0.2}))
    assert (
        recommender_pb2.REASON_CODE_LEARNED_CATEGORY,
        "Skirts, which you have liked",
        "좋아하신 아이템: 스커트",
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
    assert found[0].text_ko == "겨울 딥에 어울리는 색: 네이비 긴소매 상의"


def test_colors_that_do_not_suit_give_no_reason() -> None:
    spring_light = Person(personal_color=5)
    assert recommender_pb2.REASON_CODE_PERSONAL_COLOR not in {
        r.code for r in why(outfit(NAVY_TOP), spring_light)
    }


def test_without_a_declared_personal_color_none_is_spoken_of() -> None:
    assert recommender_pb2.REASON_CODE_PERSONAL_COLOR not in {r.code for r in why(outfit())}


def test_a_new_outfit_says_since_when() -> None:
    assert (recommender_pb2.REASON_CODE_FRESH, "New since 16 November") in {
        (r.code, r.text) for r in why(outfit())
    }
    assert recommender_pb2.REASON_CODE_FRESH not in {r.code for r in why(outfit(age_days=30))}


def test_an_outfit_that_was_shown_is_not_called_unseen() -> None:
    assert recommender_pb2.REASON_CODE_NOVEL in {r.code for r in why(outfit())}
    assert recommender_pb2.REASON_CODE_NOVEL not in {r.code for r in why(outfit(), SEEN)}


def test_the_greatest_part_gives_the_first_reason() -> None:
    person = Person(styles=frozenset({1}))
    style_first = why(outfit(), person, TRENDS, (0.1, 0.5, 0, 0.05, 0.05))
    trend_first = why(outfit(), person, TRENDS, (0.5, 0.1, 0, 0.05, 0.05))
    assert style_first[0].code == recommender_pb2.REASON_CODE_STYLE
    assert trend_first[0].code == recommender_pb2.REASON_CODE_TREND_ITEM_COLOR


def test_a_part_without_weight_gives_no_reason() -> None:
    codes = {r.code for r in why(outfit(), trends=TRENDS, parts=(0, 0.5, 0.2, 0.1, 0.1))}
    assert recommender_pb2.REASON_CODE_TREND_ITEM_COLOR not in codes


def test_there_is_always_a_reason() -> None:
    assert [r.text for r in why(outfit(age_days=100), SEEN)] == ["In the catalog since 11 August"]
