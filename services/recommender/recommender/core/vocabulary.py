"""English and Korean words for what the contracts number."""

from __future__ import annotations

from typing import NamedTuple


class Item(NamedTuple):
    """A garment category in words."""

    singular: str
    plural: str
    korean: str


class Label(NamedTuple):
    """A name in two languages."""

    english: str
    korean: str


ITEMS: dict[int, Item] = {
    1: Item("short sleeve top", "short sleeve tops", "반소매 상의"),
    2: Item("long sleeve top", "long sleeve tops", "긴소매 상의"),
    3: Item("short sleeve jacket", "short sleeve jackets", "반소매 아우터"),
    4: Item("long sleeve jacket", "long sleeve jackets", "긴소매 아우터"),
    5: Item("vest", "vests", "민소매 상의"),
    6: Item("sling top", "sling tops", "끈 상의"),
    7: Item("shorts", "shorts", "반바지"),
    8: Item("trousers", "trousers", "바지"),
    9: Item("skirt", "skirts", "스커트"),
    10: Item("short sleeve dress", "short sleeve dresses", "반소매 원피스"),
    11: Item("long sleeve dress", "long sleeve dresses", "긴소매 원피스"),
    12: Item("vest dress", "vest dresses", "민소매 원피스"),
    13: Item("sling dress", "sling dresses", "끈 원피스"),
}
"""By Category number."""

STYLES: dict[int, Label] = {
    1: Label("casual", "캐주얼"),
    2: Label("feminine", "페미닌"),
    3: Label("minimal", "미니멀"),
    4: Label("modern", "모던"),
    5: Label("street", "스트리트"),
    6: Label("vintage", "빈티지"),
}
"""By Style number."""

PERSONAL_COLORS: dict[int, Label] = {
    1: Label("spring", "봄 웜톤"),
    2: Label("summer", "여름 쿨톤"),
    3: Label("autumn", "가을 웜톤"),
    4: Label("winter", "겨울 쿨톤"),
    5: Label("spring light", "봄 라이트"),
    6: Label("spring bright", "봄 브라이트"),
    7: Label("summer light", "여름 라이트"),
    8: Label("summer bright", "여름 브라이트"),
    9: Label("summer mute", "여름 뮤트"),
    10: Label("autumn mute", "가을 뮤트"),
    11: Label("autumn strong", "가을 스트롱"),
    12: Label("autumn deep", "가을 딥"),
    13: Label("winter bright", "겨울 브라이트"),
    14: Label("winter deep", "겨울 딥"),
}
"""By PersonalColor number."""
