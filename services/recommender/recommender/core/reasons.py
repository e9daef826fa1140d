"""Why an outfit is shown: a code and a sentence in English and Korean that names the item, color or style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fashion.words import CATEGORIES, PERSONAL_COLORS, STYLES
from recommender.core.outfit import Garment, Outfit, garment_suits
from recommender.core.personal_color import SUITS_FROM, suitability_of
from recommender.core.score import PARTS, Person
from recommender.core.trend_table import Level, TrendTable
from snsfashion.recommender.v1 import recommender_pb2

# A share of 1.5 times the median row's, or a rise, is worth a sentence.
_TREND_FROM = 0.6
_FRESH_DAYS = 14
_LEARNED_FROM = 0.1

_CODES = {
    Level.ITEM_COLOR: recommender_pb2.REASON_CODE_TREND_ITEM_COLOR,
    Level.ITEM: recommender_pb2.REASON_CODE_TREND_ITEM,
    Level.COLOR: recommender_pb2.REASON_CODE_TREND_COLOR,
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Reason:
    """One reason."""

    code: recommender_pb2.ReasonCode.ValueType
    text: str
    text_ko: str


def reasons(
    outfit: Outfit, person: Person, trends: TrendTable, parts: Sequence[float], now: float
) -> list[Reason]:
    """Return the reasons for an outfit, those of the greatest part of its score first; at least one.

    `parts`: as in score.PARTS. `now`: Unix time in seconds.
    """
    by_part = {
        "trend": [_trend(outfit, trends)],
        "style": [_style(outfit, person), _liked_garment(outfit, person)],
        "personal_color": [_personal_color(outfit, person)],
        "freshness": [_fresh(outfit, now)],
        "novelty": [_novel(outfit, person)],
    }
    order = sorted(range(len(PARTS)), key=lambda i: -parts[i])
    found = [reason for i in order if parts[i] > 0 for reason in by_part[PARTS[i]] if reason]
    # Nothing speaks for it but the filters: then say the plain fact.
    return found or [_since(outfit)]


def _trend(outfit: Outfit, trends: TrendTable) -> Reason | None:
    found = [
        (garment, *explained)
        for garment in outfit.garments
        if (explained := trends.explain(garment.category, garment.family))
    ]
    if not found:
        return None
    garment, level, row, value = max(found, key=lambda entry: entry[3])
    if value < _TREND_FROM:
        return None
    english, korean = _subject(garment, level)
    verb = "is" if level is Level.COLOR else "are"
    now, before = _percent(row.share), _percent(row.baseline_share)
    if row.rising:
        return Reason(
            _CODES[level],
            f"{english} {verb} rising: {now} of this week's looks, {before} before",
            f"{korean} 상승세: 이번 주 룩의 {now}, 이전에는 {before}",
        )
    return Reason(
        _CODES[level],
        f"{english} {verb} worn a lot: {now} of this week's looks",
        f"지금 많이 입는 {korean}: 이번 주 룩의 {now}",
    )


def _subject(garment: Garment, level: Level) -> tuple[str, str]:
    item = CATEGORIES[garment.category]
    if level is Level.ITEM:
        return _capital(item.plural), item.name_ko
    color, color_ko = garment.family, _family_ko(garment)
    if level is Level.COLOR:
        return _capital(color), color_ko
    return _capital(f"{color} {item.plural}"), f"{color_ko} {item.name_ko}"


def _style(outfit: Outfit, person: Person) -> Reason | None:
    label = STYLES.get(outfit.style)
    if label is None:
        return None
    name = _capital(label.name)
    if outfit.style in person.styles:
        return Reason(
            recommender_pb2.REASON_CODE_STYLE,
            f"{name}, a style that you chose",
            f"선택하신 스타일: {label.name_ko}",
        )
    if person.learned.styles.get(outfit.style, 0.0) >= _LEARNED_FROM:
        return Reason(
            recommender_pb2.REASON_CODE_LEARNED_STYLE,
            f"{name}, a style that you have liked",
            f"좋아하신 스타일: {label.name_ko}",
        )
    return None


def _liked_garment(outfit: Outfit, person: Person) -> Reason | None:
    """Name the garment whose item or color the person likes most."""
    learned = person.learned
    found = [
        (affinity, code, garment)
        for garment in outfit.garments
        for affinity, code in (
            (
                learned.categories.get(garment.category, 0.0),
                recommender_pb2.REASON_CODE_LEARNED_CATEGORY,
            ),
            (learned.families.get(garment.family, 0.0), recommender_pb2.REASON_CODE_LEARNED_COLOR),
        )
        if affinity >= _LEARNED_FROM
    ]
    if not found:
        return None
    _, code, garment = max(found, key=lambda entry: entry[:2])
    if code == recommender_pb2.REASON_CODE_LEARNED_CATEGORY:
        english, korean = _subject(garment, Level.ITEM)
        return Reason(code, f"{english}, which you have liked", f"좋아하신 아이템: {korean}")
    english, korean = _subject(garment, Level.COLOR)
    return Reason(code, f"{english}, a color that you have liked", f"좋아하신 색: {korean}")


def _personal_color(outfit: Outfit, person: Person) -> Reason | None:
    label = PERSONAL_COLORS.get(person.personal_color)
    if label is None:
        return None
    named = [garment for garment in outfit.garments if garment.family]
    if not named:
        return None

    def suits(garment: Garment) -> float:
        # The color that is named must suit by itself: others in a pattern do not make up for it.
        main = float(suitability_of(garment.colors[0].rgb)[person.personal_color])
        return min(main, garment_suits(garment, person.personal_color))

    garment = max(named, key=lambda g: g.face_weight * suits(g))
    if suits(garment) < SUITS_FROM:
        return None
    item = CATEGORIES[garment.category]
    return Reason(
        recommender_pb2.REASON_CODE_PERSONAL_COLOR,
        f"{_capital(garment.family)}, the color of the {item.singular}, suits {label.name}",
        f"{label.name_ko}에 어울리는 색: {_family_ko(garment)} {item.name_ko}",
    )


def _fresh(outfit: Outfit, now: float) -> Reason | None:
    if now - outfit.posted_at > _FRESH_DAYS * 86400:
        return None
    english, korean = _day(outfit.posted_at)
    return Reason(recommender_pb2.REASON_CODE_FRESH, f"New since {english}", f"신상: {korean} 등록")


def _novel(outfit: Outfit, person: Person) -> Reason | None:
    if outfit.image_id in person.learned.shown:
        return None
    return Reason(
        recommender_pb2.REASON_CODE_NOVEL, "You have not seen it yet", "아직 보지 않으신 코디"
    )


def _since(outfit: Outfit) -> Reason:
    english, korean = _day(outfit.posted_at)
    return Reason(
        recommender_pb2.REASON_CODE_FRESH,
        f"In the catalog since {english}",
        f"{korean}부터 카탈로그에 있음",
    )


def _family_ko(garment: Garment) -> str:
    return garment.colors[0].family_ko or garment.family


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%" if share >= 0.01 or share == 0 else "<1%"


def _day(moment: float) -> tuple[str, str]:
    day = datetime.fromtimestamp(moment, UTC)
    return f"{day.day} {_MONTHS[day.month - 1]}", f"{day.month}월 {day.day}일"
