"""Words for the contract's numbers."""

from __future__ import annotations

import pytest

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from snsfashion_client import UnknownName, names


@pytest.mark.parametrize("word", ["winter-deep", "Winter Deep", "WINTER_DEEP"])
def test_a_personal_color_is_understood_however_it_is_written(word: str) -> None:
    assert names.personal_color(word) == fashion_pb2.PERSONAL_COLOR_WINTER_DEEP


def test_items_and_styles_are_understood() -> None:
    assert names.category("long-sleeve-top") == fashion_pb2.CATEGORY_LONG_SLEEVE_TOP
    assert names.style("street") == fashion_pb2.STYLE_STREET


@pytest.mark.parametrize("number", [n for n in fashion_pb2.Category.values() if n])
def test_every_item_has_a_word_that_means_it(number: int) -> None:
    assert names.category(names.category_word(number)) == number


def test_a_typo_gets_a_suggestion() -> None:
    with pytest.raises(UnknownName, match=r"unknown item 'skrit'; did you mean skirt\?"):
        names.category("skrit")


def test_a_word_like_no_other_gets_the_list() -> None:
    with pytest.raises(UnknownName, match=r"unknown style 'goth'\. Known: casual, feminine,"):
        names.style("goth")


def test_unspecified_is_not_a_style() -> None:
    with pytest.raises(UnknownName):
        names.style("unspecified")


def test_a_value_of_trends_reads_like_plain_words() -> None:
    value = trends_pb2.Value(category=fashion_pb2.CATEGORY_SKIRT, color_family="red")
    assert names.value_words(value) == "red skirt"
