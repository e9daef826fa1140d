"""The words for the numbers of the contracts, in English and Korean: categories, styles, color families, personal colors.

`name` is English in lower case, `name_ko` is Korean, as in the contracts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from snsfashion.fashion.v1 import fashion_pb2


@dataclass(frozen=True, slots=True)
class Label:
    """A name in two languages."""

    name: str
    name_ko: str


@dataclass(frozen=True, slots=True)
class Category:
    """A garment category."""

    name: str
    """As DeepFashion2 spells it."""
    singular: str
    """As shops and customers say it."""
    plural: str
    name_ko: str


@dataclass(frozen=True, slots=True)
class Family:
    """A retail color family."""

    name: str
    """The key that all services use."""
    name_ko: str
    rgb: int
    """A typical color for swatches, sRGB 0xRRGGBB."""


CATEGORIES: Mapping[int, Category] = {
    fashion_pb2.CATEGORY_SHORT_SLEEVE_TOP: Category(
        "short sleeve top", "short sleeve top", "short sleeve tops", "반소매 상의"
    ),
    fashion_pb2.CATEGORY_LONG_SLEEVE_TOP: Category(
        "long sleeve top", "long sleeve top", "long sleeve tops", "긴소매 상의"
    ),
    fashion_pb2.CATEGORY_SHORT_SLEEVE_OUTWEAR: Category(
        "short sleeve outwear", "short sleeve jacket", "short sleeve jackets", "반소매 아우터"
    ),
    fashion_pb2.CATEGORY_LONG_SLEEVE_OUTWEAR: Category(
        "long sleeve outwear", "long sleeve jacket", "long sleeve jackets", "긴소매 아우터"
    ),
    fashion_pb2.CATEGORY_VEST: Category("vest", "sleeveless top", "sleeveless tops", "민소매"),
    fashion_pb2.CATEGORY_SLING: Category("sling", "camisole", "camisoles", "캐미솔"),
    fashion_pb2.CATEGORY_SHORTS: Category("shorts", "shorts", "shorts", "반바지"),
    fashion_pb2.CATEGORY_TROUSERS: Category("trousers", "trousers", "trousers", "바지"),
    fashion_pb2.CATEGORY_SKIRT: Category("skirt", "skirt", "skirts", "스커트"),
    fashion_pb2.CATEGORY_SHORT_SLEEVE_DRESS: Category(
        "short sleeve dress", "short sleeve dress", "short sleeve dresses", "반소매 원피스"
    ),
    fashion_pb2.CATEGORY_LONG_SLEEVE_DRESS: Category(
        "long sleeve dress", "long sleeve dress", "long sleeve dresses", "긴소매 원피스"
    ),
    fashion_pb2.CATEGORY_VEST_DRESS: Category(
        "vest dress", "sleeveless dress", "sleeveless dresses", "민소매 원피스"
    ),
    fashion_pb2.CATEGORY_SLING_DRESS: Category(
        "sling dress", "slip dress", "slip dresses", "슬립 원피스"
    ),
}
"""By Category number, which is `category_id` of DeepFashion2."""

STYLES: Mapping[int, Label] = {
    fashion_pb2.STYLE_CASUAL: Label("casual", "캐주얼"),
    fashion_pb2.STYLE_FEMININE: Label("feminine", "페미닌"),
    fashion_pb2.STYLE_MINIMAL: Label("minimal", "미니멀"),
    fashion_pb2.STYLE_MODERN: Label("modern", "모던"),
    fashion_pb2.STYLE_STREET: Label("street", "스트리트"),
    fashion_pb2.STYLE_VINTAGE: Label("vintage", "빈티지"),
}
"""By Style number."""

PERSONAL_COLORS: Mapping[int, Label] = {
    fashion_pb2.PERSONAL_COLOR_SPRING: Label("spring", "봄 웜톤"),
    fashion_pb2.PERSONAL_COLOR_SUMMER: Label("summer", "여름 쿨톤"),
    fashion_pb2.PERSONAL_COLOR_AUTUMN: Label("autumn", "가을 웜톤"),
    fashion_pb2.PERSONAL_COLOR_WINTER: Label("winter", "겨울 쿨톤"),
    fashion_pb2.PERSONAL_COLOR_SPRING_LIGHT: Label("spring light", "봄 라이트"),
    fashion_pb2.PERSONAL_COLOR_SPRING_BRIGHT: Label("spring bright", "봄 브라이트"),
    fashion_pb2.PERSONAL_COLOR_SUMMER_LIGHT: Label("summer light", "여름 라이트"),
    fashion_pb2.PERSONAL_COLOR_SUMMER_BRIGHT: Label("summer bright", "여름 브라이트"),
    fashion_pb2.PERSONAL_COLOR_SUMMER_MUTE: Label("summer mute", "여름 뮤트"),
    fashion_pb2.PERSONAL_COLOR_AUTUMN_MUTE: Label("autumn mute", "가을 뮤트"),
    fashion_pb2.PERSONAL_COLOR_AUTUMN_STRONG: Label("autumn strong", "가을 스트롱"),
    fashion_pb2.PERSONAL_COLOR_AUTUMN_DEEP: Label("autumn deep", "가을 딥"),
    fashion_pb2.PERSONAL_COLOR_WINTER_BRIGHT: Label("winter bright", "겨울 브라이트"),
    fashion_pb2.PERSONAL_COLOR_WINTER_DEEP: Label("winter deep", "겨울 딥"),
}
"""By PersonalColor number."""

FAMILIES: tuple[Family, ...] = (
    Family("black", "블랙", 0x1A1A1C),
    Family("charcoal", "차콜", 0x424448),
    Family("grey", "그레이", 0x8C8D8F),
    Family("white", "화이트", 0xF4F4F2),
    Family("ivory", "아이보리", 0xF3EAD4),
    Family("beige", "베이지", 0xDBC8A8),
    Family("camel", "카멜", 0xBA8954),
    Family("khaki", "카키", 0xA39468),
    Family("brown", "브라운", 0x68422A),
    Family("navy", "네이비", 0x1F2852),
    Family("blue", "블루", 0x2258BE),
    Family("light blue", "라이트 블루", 0x9EC6E8),
    Family("denim", "데님", 0x4E6C94),
    Family("teal", "틸", 0x10767A),
    Family("mint", "민트", 0xA4E0C6),
    Family("green", "그린", 0x22843E),
    Family("olive", "올리브", 0x686A30),
    Family("yellow", "옐로", 0xF7DA3C),
    Family("mustard", "머스터드", 0xCE9C22),
    Family("orange", "오렌지", 0xEE7E20),
    Family("coral", "코럴", 0xF6806C),
    Family("red", "레드", 0xCA1C26),
    Family("burgundy", "버건디", 0x70162A),
    Family("pink", "핑크", 0xF4B6C4),
    Family("hot pink", "핫핑크", 0xE63284),
    Family("purple", "퍼플", 0x70348C),
    Family("lavender", "라벤더", 0xBEAADE),
)
"""In the order in which palettes list them."""
