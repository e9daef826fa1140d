"""Words for the contract's numbers: "winter-deep" for PERSONAL_COLOR_WINTER_DEEP."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from fashion.words import CATEGORIES, PERSONAL_COLORS, STYLES, Category, Label
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2


class UnknownName(ValueError):
    """A word that is unknown. The text lists the known ones, and the one that may be meant."""


def category(word: str) -> fashion_pb2.Category.ValueType:
    """Return the category that "skirt" or "long-sleeve-top" names. Raise UnknownName."""
    return fashion_pb2.Category.ValueType(_number("item", CATEGORIES, word))


def style(word: str) -> fashion_pb2.Style.ValueType:
    """Return the style that "casual" names. Raise UnknownName."""
    return fashion_pb2.Style.ValueType(_number("style", STYLES, word))


def personal_color(word: str) -> fashion_pb2.PersonalColor.ValueType:
    """Return the personal color that "winter-deep" or "winter" names. Raise UnknownName."""
    return fashion_pb2.PersonalColor.ValueType(_number("personal color", PERSONAL_COLORS, word))


def category_word(number: int) -> str:
    """Return the word for a category, with spaces; "" if it is unspecified."""
    known = CATEGORIES.get(number)
    return known.name if known else ""


def style_word(number: int) -> str:
    """Return the word for a style; "" if it is unspecified."""
    known = STYLES.get(number)
    return known.name if known else ""


def value_words(value: trends_pb2.Value) -> str:
    """Return a value of any dimension of trends in words, such as "red skirt"."""
    parts = (value.color_family, category_word(value.category), style_word(value.style))
    return " ".join(part for part in parts if part)


def suggestion(word: str, known: list[str]) -> str:
    """Return "; did you mean ...?" if a known word is similar, else ""."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _number(kind: str, table: Mapping[int, Category] | Mapping[int, Label], word: str) -> int:
    numbers = {known.name.replace(" ", "-"): number for number, known in table.items()}
    key = "-".join(word.lower().replace("_", " ").replace("-", " ").split())
    if key not in numbers:
        hint = suggestion(key, list(numbers))
        raise UnknownName(f"unknown {kind} {word!r}{hint or '.'} Known: {', '.join(numbers)}")
    return numbers[key]
