"""Words for the contract's numbers: "winter-deep" for PERSONAL_COLOR_WINTER_DEEP."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from google.protobuf.descriptor import EnumDescriptor

from fashion.words import CATEGORIES, PERSONAL_COLORS, STYLES, Category, Label
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2
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


def dimension(word: str) -> trends_pb2.Dimension.ValueType:
    """Return the dimension of trends that "item-color" names. Raise UnknownName."""
    return trends_pb2.Dimension.ValueType(_in(trends_pb2.Dimension.DESCRIPTOR, word))


def order(word: str) -> trends_pb2.Order.ValueType:
    """Return the order of trends that "share" or "rise" names. Raise UnknownName."""
    return trends_pb2.Order.ValueType(_in(trends_pb2.Order.DESCRIPTOR, word))


def step(word: str) -> trends_pb2.Step.ValueType:
    """Return the step of a series that "day" or "week" names. Raise UnknownName."""
    return trends_pb2.Step.ValueType(_in(trends_pb2.Step.DESCRIPTOR, word))


def source_kind(word: str) -> fashion_pb2.SourceKind.ValueType:
    """Return the kind of source that "social" or "shop" names. Raise UnknownName."""
    return fashion_pb2.SourceKind.ValueType(_in(fashion_pb2.SourceKind.DESCRIPTOR, word))


def gender(word: str) -> fashion_pb2.Gender.ValueType:
    """Return the gender that "female", "male" or "unisex" names. Raise UnknownName."""
    return fashion_pb2.Gender.ValueType(_in(fashion_pb2.Gender.DESCRIPTOR, word))


def age_group(word: str) -> fashion_pb2.AgeGroup.ValueType:
    """Return the age group that "kids" or "adult" names. Raise UnknownName."""
    return fashion_pb2.AgeGroup.ValueType(_in(fashion_pb2.AgeGroup.DESCRIPTOR, word))


def hemisphere(word: str) -> recommender_pb2.Hemisphere.ValueType:
    """Return the hemisphere that "northern" or "southern" names. Raise UnknownName."""
    return recommender_pb2.Hemisphere.ValueType(_in(recommender_pb2.Hemisphere.DESCRIPTOR, word))


def feedback_kind(word: str) -> recommender_pb2.FeedbackKind.ValueType:
    """Return the kind of feedback that "clicked" or "dislike-undone" names. Raise UnknownName."""
    return recommender_pb2.FeedbackKind.ValueType(
        _in(recommender_pb2.FeedbackKind.DESCRIPTOR, word)
    )


def words(enum: EnumDescriptor) -> dict[str, int]:
    """Return the words for the numbers of an enum of the contracts, such as "dislike-undone"; without unspecified."""
    # By the contracts' naming rules, values start with the name of their enum: FEEDBACK_KIND_SHOWN.
    prefix = enum.values[0].name.removesuffix("UNSPECIFIED")
    return {
        value.name.removeprefix(prefix).lower().replace("_", "-"): value.number
        for value in enum.values
        if value.number
    }


def baseline(word: str) -> trends_pb2.Baseline.ValueType:
    """Return the baseline of trends that "preceding" or "last-year" names. Raise UnknownName."""
    return trends_pb2.Baseline.ValueType(_in(trends_pb2.Baseline.DESCRIPTOR, word))


def gap_side(word: str) -> trends_pb2.GapSide.ValueType:
    """Return the side of a gap that "worn" or "offered" names. Raise UnknownName."""
    return trends_pb2.GapSide.ValueType(_in(trends_pb2.GapSide.DESCRIPTOR, word))


def pattern(word: str) -> fashion_pb2.Pattern.ValueType:
    """Return the pattern that "plain" or "striped" names. Raise UnknownName."""
    return fashion_pb2.Pattern.ValueType(_in(fashion_pb2.Pattern.DESCRIPTOR, word))


def category_word(number: int) -> str:
    """Return the word for a category, with spaces; "" if it is unspecified."""
    known = CATEGORIES.get(number)
    return known.name if known else ""


def style_word(number: int) -> str:
    """Return the word for a style; "" if it is unspecified."""
    known = STYLES.get(number)
    return known.name if known else ""


def pattern_word(number: int) -> str:
    """Return the word for a pattern, such as "striped"; "" if it is unspecified."""
    known = {n: word for word, n in words(fashion_pb2.Pattern.DESCRIPTOR).items()}
    return known.get(number, "")


def value_words(value: trends_pb2.Value) -> str:
    """Return a value of any dimension of trends in words, such as "red skirt" or "striped trousers"."""
    parts = (
        value.color_family,
        pattern_word(value.pattern),
        category_word(value.category),
        style_word(value.style),
    )
    return " ".join(part for part in parts if part)


def suggestion(word: str, known: list[str]) -> str:
    """Return "; did you mean ...?" if a known word is similar, else ""."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _in(enum: EnumDescriptor, word: str) -> int:
    # "FeedbackKind" becomes "feedback kind".
    kind = "".join(f" {c.lower()}" if c.isupper() else c for c in enum.name).strip()
    return _find(kind, words(enum), word)


def _number(kind: str, table: Mapping[int, Category] | Mapping[int, Label], word: str) -> int:
    return _find(kind, {one.name.replace(" ", "-"): n for n, one in table.items()}, word)


def _find(kind: str, numbers: Mapping[str, int], word: str) -> int:
    key = "-".join(word.lower().replace("_", " ").replace("-", " ").split())
    if key not in numbers:
        hint = suggestion(key, list(numbers))
        raise UnknownName(f"unknown {kind} {word!r}{hint or '.'} Known: {', '.join(numbers)}")
    return numbers[key]
