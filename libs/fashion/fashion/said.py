"""What words about clothes say: color families and categories that a title, a color attribute or a filter names.

English and Korean. A name counts where it stands as a word of its own; in Korean also where other words follow without a space,
as shops write ("네이비원피스").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from functools import cache, lru_cache

from fashion.words import FAMILIES
from snsfashion.fashion.v1 import fashion_pb2

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "black": ("검정", "검은", "검정색", "블랙", "흑색"),
    "charcoal": ("anthracite", "먹색"),
    "grey": ("gray", "회색", "그레이", "silver", "실버"),
    "white": ("흰", "흰색", "하얀", "하양", "optic white"),
    "ivory": ("cream", "ecru", "off white", "offwhite", "크림", "오프화이트", "아이보리", "미색"),
    "beige": ("sand", "oatmeal", "오트밀", "nude", "누드"),
    "camel": ("tan", "caramel", "카라멜"),
    "khaki": ("카키",),
    "brown": ("chocolate", "갈색", "초콜릿", "밤색", "mocha", "모카"),
    "navy": ("navy blue", "dark blue", "midnight blue", "남색", "곤색", "marine"),
    "blue": ("royal blue", "cobalt", "파랑", "파란", "청색", "코발트"),
    "light blue": ("sky blue", "baby blue", "pale blue", "하늘", "하늘색", "소라", "스카이블루", "라이트블루", "연청"),
    "denim": ("indigo", "인디고"),
    "teal": ("petrol", "청록", "청록색", "turquoise", "터콰이즈"),
    "mint": ("민트",),
    "green": ("emerald", "초록", "초록색", "녹색", "연두"),
    "olive": ("올리브그린",),
    "yellow": ("lemon", "노랑", "노란", "노란색", "레몬"),
    "mustard": ("겨자", "겨자색", "머스타드"),
    "orange": ("주황", "주황색", "오렌지색"),
    "coral": ("salmon", "peach", "코랄", "살구", "피치"),
    "red": ("crimson", "scarlet", "빨강", "빨간", "빨간색"),
    "burgundy": ("wine", "maroon", "bordeaux", "와인", "와인색", "자주"),
    "pink": ("rose", "blush", "분홍", "분홍색", "로즈"),
    "hot pink": ("fuchsia", "magenta", "핫 핑크", "진분홍", "푸시아", "마젠타"),
    "purple": ("violet", "plum", "보라", "보라색", "바이올렛"),
    "lavender": ("lilac", "라일락", "연보라"),
}  # fmt: skip
"""Other names of the families of `words.FAMILIES`, as shops and people use them."""

_TOPS = ("top", "tops", "shirt", "shirts", "tee", "tees", "t shirt", "t shirts", "blouse", "sweater", "pullover",
         "knit", "knitwear", "hoodie", "sweatshirt", "polo", "상의", "셔츠", "티셔츠", "블라우스", "니트", "후드", "맨투맨", "스웨터")  # fmt: skip
_OUTWEAR = ("jacket", "jackets", "coat", "coats", "blazer", "blazers", "cardigan", "parka", "outwear", "trench",
            "자켓", "재킷", "코트", "블레이저", "가디건", "카디건", "아우터", "점퍼", "블루종", "패딩")  # fmt: skip
_DRESSES = ("dress", "dresses", "gown", "원피스", "드레스")
_ITEMS: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(_TOPS, (1, 2, 5, 6)),
    **dict.fromkeys(_OUTWEAR, (3, 4)),
    **dict.fromkeys(_DRESSES, (10, 11, 12, 13)),
    **dict.fromkeys(("vest", "tank top", "sleeveless top", "민소매", "나시"), (5,)),
    **dict.fromkeys(("camisole", "cami", "sling", "캐미솔"), (6,)),
    **dict.fromkeys(("shorts", "bermudas", "반바지", "쇼츠", "숏팬츠"), (7,)),
    **dict.fromkeys(("trousers", "pants", "jeans", "chinos", "leggings", "slacks", "바지", "팬츠", "슬랙스", "청바지"), (8,)),
    **dict.fromkeys(("skirt", "skirts", "스커트", "치마"), (9,)),
    **dict.fromkeys(("short sleeve dress",), (10,)),
    **dict.fromkeys(("long sleeve dress",), (11,)),
    **dict.fromkeys(("vest dress", "sleeveless dress"), (12,)),
    **dict.fromkeys(("sling dress", "slip dress", "슬립 원피스"), (13,)),
}  # fmt: skip
"""What an item's name may mean, as Category numbers: more than one where shops don't tell sleeves."""

# Words that begin with the name of a color and are not one.
_NOT_COLORS = ("블루종",)
# Words of the longest name.
_MOST_WORDS = 3
_SEPARATORS = re.compile(r"[^0-9a-z\uac00-\ud7a3]+")


def plain(text: str) -> str:
    """Return a text as names are compared: NFKC, lower case, one space between words."""
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


@cache
def _color_names() -> Mapping[str, str]:
    names = {plain(n): f.name for f in FAMILIES for n in (f.name, f.name_ko)}
    names.update({plain(f.name_ko).replace(" ", ""): f.name for f in FAMILIES})
    for family, others in _SYNONYMS.items():
        names.update({plain(name): family for name in others})
    return names


def family_of(name: str, others: Iterable[str] = ()) -> str | None:
    """Return the color family that a name in English or Korean means, None if it is unknown.

    Capitals, spaces, hyphens and "색" at the end do not matter. `others`: families of a palette beside the common ones.
    """
    asked = plain(name)
    own = {plain(other): other for other in others}
    for form in (
        asked,
        asked.removesuffix(" 색"),
        asked.removesuffix("색"),
        asked.replace(" ", ""),
    ):
        if form in own:
            return own[form]
        if form in _color_names():
            return _color_names()[form]
    return None


def nearest_families(name: str, others: Iterable[str] = ()) -> list[str]:
    """Return the names of at most three families that a misspelled name may mean, the nearest first."""
    own = {plain(other): other for other in others}
    names = {**_color_names(), **own}
    close = get_close_matches(plain(name), names, n=6, cutoff=0.6)
    return list(dict.fromkeys(names[one] for one in close))[:3]


def families_in(text: str) -> frozenset[str]:
    """Return every color family that a text names. "Light blue" names light blue, and blue too: the word is there."""
    return frozenset(_color_names()[name] for name in _color_names().keys() & _phrases(text))


def main_families_in(text: str) -> frozenset[str]:
    """Return the color families that a text means: of names that overlap only the longest ("light blue", not blue)."""
    return frozenset(
        _color_names()[name] for name in _longest(_color_names().keys() & _phrases(text))
    )


def categories_in(text: str) -> list[frozenset[int]]:
    """Return what each item that a text names may be, as Category numbers; of names that overlap only the longest."""
    found = {frozenset(_ITEMS[name]) for name in _longest(_ITEMS.keys() & _phrases(text))}
    return sorted(found, key=sorted)


def _longest(names: AbstractSet[str]) -> list[str]:
    return [n for n in names if not any(n != other and n in other for other in names)]


@lru_cache(maxsize=4)
def _phrases(text: str) -> frozenset[str]:
    """Return what in a text may be a name: up to three words in a row, and parts of Korean words."""
    tokens = plain(text).split()
    found = {
        " ".join(tokens[start : start + words])
        for words in range(1, _MOST_WORDS + 1)
        for start in range(len(tokens) - words + 1)
    }
    for token in tokens:
        # Korean shops write "네이비원피스", and "니트원피스".
        if token[-1] >= "\uac00" and not token.startswith(_NOT_COLORS):
            found |= {token[i:k] for i in range(len(token)) for k in range(i + 2, len(token) + 1)}
    return frozenset(found)


assert set(_SYNONYMS) == {family.name for family in FAMILIES}
assert {c for numbers in _ITEMS.values() for c in numbers} <= set(fashion_pb2.Category.values())
