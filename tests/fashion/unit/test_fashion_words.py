"""The shared words match the numbers of the contracts."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from fashion.words import CATEGORIES, FAMILIES, PERSONAL_COLORS, STYLES, Category, Label
from snsfashion.fashion.v1 import fashion_pb2

Words = Mapping[int, Category] | Mapping[int, Label]

TABLES = [
    pytest.param(CATEGORIES, fashion_pb2.Category, "CATEGORY_", id="categories"),
    pytest.param(STYLES, fashion_pb2.Style, "STYLE_", id="styles"),
    pytest.param(
        PERSONAL_COLORS, fashion_pb2.PersonalColor, "PERSONAL_COLOR_", id="personal colors"
    ),
]
KOREAN = re.compile(r"[가-힣]+( [가-힣]+)*")


@pytest.mark.parametrize(("words", "enum", "prefix"), TABLES)
def test_every_number_of_the_contract_has_words_and_nothing_else_has(
    words: Words, enum: EnumTypeWrapper, prefix: str
) -> None:
    assert list(words) == [number for number in enum.values() if number]


@pytest.mark.parametrize(("words", "enum", "prefix"), TABLES)
def test_a_name_is_that_of_the_contract(words: Words, enum: EnumTypeWrapper, prefix: str) -> None:
    named = {number: word.name for number, word in words.items()}
    assert named == {
        number: name.removeprefix(prefix).lower().replace("_", " ")
        for name, number in enum.items()
        if number
    }


@pytest.mark.parametrize(("words", "enum", "prefix"), TABLES)
def test_every_name_has_its_own_korean_name(
    words: Words, enum: EnumTypeWrapper, prefix: str
) -> None:
    korean = [word.name_ko for word in words.values()]
    assert all(KOREAN.fullmatch(name) for name in korean)
    assert len(set(korean)) == len(korean)


def test_the_categories_are_the_13_of_deepfashion2() -> None:
    # The categories in the annotations of DeepFashion2, by `category_id`.
    assert {number: category.name for number, category in CATEGORIES.items()} == {
        1: "short sleeve top",
        2: "long sleeve top",
        3: "short sleeve outwear",
        4: "long sleeve outwear",
        5: "vest",
        6: "sling",
        7: "shorts",
        8: "trousers",
        9: "skirt",
        10: "short sleeve dress",
        11: "long sleeve dress",
        12: "vest dress",
        13: "sling dress",
    }


def test_no_two_categories_have_the_same_words() -> None:
    for words in ("singular", "plural"):
        assert len({getattr(category, words) for category in CATEGORIES.values()}) == 13


def test_every_family_has_its_own_names_in_both_languages_and_its_own_color() -> None:
    assert len(FAMILIES) == 27
    assert all(family.name == family.name.lower() for family in FAMILIES)
    assert all(KOREAN.fullmatch(family.name_ko) for family in FAMILIES)
    for field in ("name", "name_ko", "rgb"):
        assert len({getattr(family, field) for family in FAMILIES}) == len(FAMILIES)
