"""What titles and filters say of colors and items, in English and Korean."""

from __future__ import annotations

import pytest

from fashion import korean, said


@pytest.mark.parametrize(
    ("text", "named", "meant"),
    [
        ("Navy slim suit", {"navy"}, {"navy"}),
        ("LIGHT-BLUE oxford shirt", {"light blue", "blue"}, {"light blue"}),
        ("Hot pink dress / black belt", {"hot pink", "pink", "black"}, {"hot pink", "black"}),
        ("Off-white knit", {"ivory", "white"}, {"ivory"}),
        ("네이비 원피스", {"navy"}, {"navy"}),
        ("네이비원피스", {"navy"}, {"navy"}),
        ("블루종 점퍼", set(), set()),
        ("Bluebell scarf, credit", set(), set()),
        ("", set(), set()),
        ("!!! 2026 ♥", set(), set()),
    ],
)
def test_the_colors_that_a_title_names_and_those_that_it_means(
    text: str, named: set[str], meant: set[str]
) -> None:
    assert said.families_in(text) == named
    assert said.main_families_in(text) == meant


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Red midi skirt with belt", [{9}]),
        ("Slip dress and trousers", [{8}, {13}]),
        ("Shirt dress", [{1, 2, 5, 6}, {10, 11, 12, 13}]),
        ("니트원피스", [{1, 2, 5, 6}, {10, 11, 12, 13}]),
        ("Gift card", []),
    ],
)
def test_the_items_that_a_title_names(text: str, items: list[set[int]]) -> None:
    assert said.categories_in(text) == items


@pytest.mark.parametrize("name", ["nvay", "blurple", "", "색"])
def test_a_name_that_is_no_color_means_none(name: str) -> None:
    assert said.family_of(name) is None


def test_a_typo_gets_the_nearest_families() -> None:
    assert said.nearest_families("nvay") == ["navy"]
    assert said.nearest_families("acme tael", ["acme teal"])[0] == "acme teal"
    assert said.nearest_families("zzzz") == []


def test_particles_follow_the_last_sound() -> None:
    assert (korean.subject("스커트"), korean.subject("데님")) == ("스커트가", "데님이")
    assert (korean.object_("원피스"), korean.object_("청바지")) == ("원피스를", "청바지를")
    assert (korean.polite_is("데님"), korean.polite_is("12%")) == ("데님이에요", "12%예요")
    assert (korean.polite_was("1% 미만"), korean.polite_was("8%")) == (
        "1% 미만이었어요",
        "8%였어요",
    )
