"""Why an outfit is shown: a code and a sentence in English and Korean that names the item, color or style, and holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from fashion import korean
from fashion.words import CATEGORIES, PERSONAL_COLORS, STYLES
from recommender.core import season
from recommender.core.filters import Filters
from recommender.core.outfit import Garment, Outfit, suiting_garment
from recommender.core.score import PARTS, Moment, Person
from recommender.core.trend_table import Level, Told
from recommender.core.why.common import FRESH_S, Common
from snsfashion.recommender.v1 import recommender_pb2

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
_SEASONS_KO = {"spring": "봄", "summer": "여름", "autumn": "가을", "winter": "겨울"}


@dataclass(frozen=True)
class Reason:
    """One reason. The Korean is in the polite informal style (해요체) throughout."""

    code: recommender_pb2.ReasonCode.ValueType
    text: str
    text_ko: str


@dataclass(frozen=True)
class Asked:
    """What an answer was made for."""

    person: Person
    moment: Moment
    common: Common
    now: float
    """Unix time in seconds."""
    filters: Filters = field(default_factory=Filters)
    relaxed: tuple[str, ...] = ()
    """Filters that do not hold for the answer."""


def reasons(outfit: Outfit, asked: Asked, parts: Sequence[float]) -> list[Reason]:
    """Return the reasons for an outfit, those of the greatest part of its score first, then that it is what the filters ask for.

    Each is true of this outfit and not of nearly the whole catalog, so there may be none. `parts`: as in score.PARTS.
    """
    order = sorted((i for i in range(len(PARTS)) if parts[i] > 0), key=lambda i: -parts[i])
    found = (reason(outfit, asked) for i in order for reason in _BY_PART.get(PARTS[i], ()))
    return [reason for reason in found if reason] + _filtered(outfit, asked)


def _promoted(_outfit: Outfit, _asked: Asked) -> Reason:
    return Reason(
        recommender_pb2.REASON_CODE_PROMOTED, "A pick of the shop", "쇼핑몰이 추천하는 코디예요"
    )


def _trend(outfit: Outfit, asked: Asked) -> Reason | None:
    told = [
        (garment, found)
        for garment in outfit.garments
        if (found := asked.moment.trends.explain(garment.category, garment.family))
        and not asked.common.has(found.level, garment.category, garment.family)
    ]
    if not told:
        return None
    # The garment that gave the outfit its trend part; if its value says nothing, nothing is said.
    garment, found = max(told, key=lambda entry: (entry[1].rises, entry[1].value))
    return _trend_sentence(found, *_subject(garment, found.level))


@lru_cache(maxsize=4096)
def _trend_sentence(found: Told, english: str, name_ko: str) -> Reason:
    verb = "is" if found.level is Level.COLOR else "are"
    now, now_ko = _percent(found.row.share)
    if found.rises:
        before, before_ko = _percent(found.row.baseline_share)
        return Reason(
            _CODES[found.level],
            f"{english} {verb} rising: {now} of the last 7 days' looks, {before} before",
            f"요즘 {korean.subject(name_ko)} 뜨고 있어요. 최근 7일 룩의 {korean.polite_is(now_ko)}. 그전에는 {korean.polite_was(before_ko)}",
        )
    return Reason(
        _CODES[found.level],
        f"{english} {verb} worn a lot: {now} of the last 7 days' looks",
        f"요즘 {korean.object_(name_ko)} 많이 입어요. 최근 7일 룩의 {korean.polite_is(now_ko)}",
    )


def _subject(garment: Garment, level: Level) -> tuple[str, str]:
    item = CATEGORIES[garment.category]
    if level is Level.ITEM:
        return _capital(item.plural), item.name_ko
    color, color_ko = garment.family, _family_ko(garment)
    if level is Level.COLOR:
        return _capital(color), f"{color_ko} 컬러"
    return _capital(f"{color} {item.plural}"), f"{color_ko} {item.name_ko}"


def _style(outfit: Outfit, asked: Asked) -> Reason | None:
    label = STYLES.get(outfit.style)
    if label is None or outfit.style in asked.common.styles:
        return None
    name = _capital(label.name)
    if outfit.style in asked.person.styles:
        return Reason(
            recommender_pb2.REASON_CODE_STYLE,
            f"{name}, a style that you chose",
            f"선택하신 {label.name_ko} 스타일이에요",
        )
    if asked.person.learned.styles.get(outfit.style, 0.0) >= _LEARNED_FROM:
        return Reason(
            recommender_pb2.REASON_CODE_LEARNED_STYLE,
            f"{name}, a style that you have liked",
            f"좋아하신 {label.name_ko} 스타일이에요",
        )
    return None


def _liked_garment(outfit: Outfit, asked: Asked) -> Reason | None:
    """Name the garment whose item or color the person likes most."""
    learned = asked.person.learned
    if not learned.categories and not learned.families:
        return None
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
        english, name_ko = _subject(garment, Level.ITEM)
        return Reason(
            code, f"{english}, which you have liked", f"좋아하신 {korean.polite_is(name_ko)}"
        )
    english, name_ko = _subject(garment, Level.COLOR)
    return Reason(
        code, f"{english}, a color that you have liked", f"좋아하신 {korean.polite_is(name_ko)}"
    )


def _personal_color(outfit: Outfit, asked: Asked) -> Reason | None:
    color = asked.person.personal_color
    label = PERSONAL_COLORS.get(color)
    if label is None or color in asked.common.suits:
        return None
    garment = suiting_garment(outfit.garments, color)
    if garment is None:
        return None
    item = CATEGORIES[garment.category]
    worn = f"{_family_ko(garment)} {item.name_ko}"
    return Reason(
        recommender_pb2.REASON_CODE_PERSONAL_COLOR,
        f"{_capital(garment.family)}, the color of the {item.singular}, suits {label.name}",
        f"{label.name_ko}에 어울리는 {korean.polite_is(worn)}",
    )


def _fresh(outfit: Outfit, asked: Asked) -> Reason | None:
    # Only a date that somebody stated: the day of a crawl is new to us, not to the customer.
    age = asked.now - outfit.posted_at
    if not outfit.dated or not 0 <= age <= FRESH_S or asked.common.fresh:
        return None
    english, day_ko = _day(outfit.posted_at)
    return Reason(
        recommender_pb2.REASON_CODE_FRESH, f"New since {english}", f"{day_ko}에 새로 나왔어요"
    )


def _season(outfit: Outfit, asked: Asked) -> Reason | None:
    name = season.season_at(outfit.season, asked.moment.hour, asked.moment.southern)
    if not name or asked.common.in_season:
        return None
    return Reason(
        recommender_pb2.REASON_CODE_SEASON, f"For {name}", f"{_SEASONS_KO[name]}에 입기 좋아요"
    )


_BY_PART: dict[str, tuple[Callable[[Outfit, Asked], Reason | None], ...]] = {
    "trend": (_trend,),
    "style": (_style, _liked_garment),
    "personal_color": (_personal_color,),
    "freshness": (_fresh,),
    "season": (_season,),
    "boost": (_promoted,),
}


def _filtered(outfit: Outfit, asked: Asked) -> list[Reason]:
    """Name the garment that the filters ask for."""
    wanted = asked.filters
    categories = wanted.categories if "categories" not in asked.relaxed else frozenset()
    families = wanted.color_families if "color_families" not in asked.relaxed else frozenset()
    for garment in outfit.garments:
        has_item, has_color = garment.category in categories, garment.family in families
        if (has_item or has_color) and has_item >= bool(categories) and has_color >= bool(families):
            level = (
                Level.ITEM_COLOR
                if has_item and has_color
                else Level.ITEM
                if has_item
                else Level.COLOR
            )
            english, name_ko = _subject(garment, level)
            return [
                Reason(
                    recommender_pb2.REASON_CODE_FILTER,
                    f"{english}, as you asked",
                    f"찾으신 {korean.polite_is(name_ko)}",
                )
            ]
    return []


def _family_ko(garment: Garment) -> str:
    return garment.colors[0].family_ko or garment.family


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _percent(share: float) -> tuple[str, str]:
    """Return a share in English and in Korean."""
    if 0 < share < 0.01:
        return "less than 1%", "1% 미만"
    return f"{100 * share:.0f}%", f"{100 * share:.0f}%"


def _day(moment: float) -> tuple[str, str]:
    day = datetime.fromtimestamp(moment, UTC)
    return f"{day.day} {_MONTHS[day.month - 1]}", f"{day.month}월 {day.day}일"
