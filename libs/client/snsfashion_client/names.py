"""Words for the contract's numbers: "winter-deep" for PERSONAL_COLOR_WINTER_DEEP."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2


class UnknownName(ValueError):
    """A word that names nothing; the text says what is known and what may be meant."""


def category(word: str) -> fashion_pb2.Category.ValueType:
    """ "skirt" or "long-sleeve-top" to its number. Raises UnknownName."""
    return fashion_pb2.Category.ValueType(_number("item", _CATEGORIES, word))


def style(word: str) -> fashion_pb2.Style.ValueType:
    """ "casual" to its number. Raises UnknownName."""
    return fashion_pb2.Style.ValueType(_number("style", _STYLES, word))


def personal_color(word: str) -> fashion_pb2.PersonalColor.ValueType:
    """ "winter-deep" or "winter" to its number. Raises UnknownName."""
    return fashion_pb2.PersonalColor.ValueType(_number("personal colour", _PERSONAL_COLORS, word))


def category_word(number: int) -> str:
    """The word for a category, with spaces: for people."""
    return _word(_CATEGORIES, number)


def style_word(number: int) -> str:
    """The word for a style; "" if none."""
    return _word(_STYLES, number)


def value_words(value: trends_pb2.Value) -> str:
    """A value of any dimension of trends in words, such as "red skirt"."""
    parts = (value.color_family, category_word(value.category), style_word(value.style))
    return " ".join(part for part in parts if part)


def suggestion(word: str, known: list[str]) -> str:
    """ "; did you mean ...?" if something is close, else ""."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _words(items: Iterable[tuple[str, int]], prefix: str) -> dict[str, int]:
    return {
        name.removeprefix(prefix).lower().replace("_", "-"): number
        for name, number in items
        if number
    }


_CATEGORIES = _words(fashion_pb2.Category.items(), "CATEGORY_")
_STYLES = _words(fashion_pb2.Style.items(), "STYLE_")
_PERSONAL_COLORS = _words(fashion_pb2.PersonalColor.items(), "PERSONAL_COLOR_")


def _number(kind: str, words: dict[str, int], word: str) -> int:
    key = "-".join(word.lower().replace("_", " ").replace("-", " ").split())
    if key not in words:
        hint = suggestion(key, list(words))
        raise UnknownName(f"{word!r} is no {kind}{hint or '.'} Known: {', '.join(words)}")
    return words[key]


def _word(words: dict[str, int], number: int) -> str:
    for word, known in words.items():
        if known == number:
            return word.replace("-", " ")
    return ""
