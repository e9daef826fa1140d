"""Personal colour: tones and the table of suitability."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.core.outfit import Garment, GarmentColor, outfit_suitability
from recommender.core.personal_color import NEUTRAL, lab, pccs, suitability, suitability_of, tones

SPRING, SUMMER, AUTUMN, WINTER = 1, 2, 3, 4
SPRING_LIGHT, SPRING_BRIGHT, SUMMER_LIGHT, SUMMER_MUTE = 5, 6, 7, 9
AUTUMN_MUTE, AUTUMN_STRONG, AUTUMN_DEEP, WINTER_BRIGHT, WINTER_DEEP = 10, 11, 12, 13, 14

COLORS = {
    "black": 0x1A1A1C,
    "grey": 0x8C8D8F,
    "white": 0xF4F4F2,
    "navy": 0x1F2852,
    "blue": 0x2258BE,
    "light blue": 0x9EC6E8,
    "lavender": 0xBEAADE,
    "camel": 0xBA8954,
    "mustard": 0xCE9C22,
    "olive": 0x686A30,
    "burgundy": 0x70162A,
    "orange": 0xEE7E20,
    "ivory": 0xF3EAD4,
}


@pytest.mark.parametrize(
    ("name", "tone"),
    [
        ("black", "black"),
        ("grey", "neutral"),
        ("white", "neutral"),
        ("navy", "dk"),
        ("blue", "v"),
        ("orange", "v"),
        ("light blue", "lt"),
        ("ivory", "p"),
        ("burgundy", "dp"),
        ("mustard", "s"),
    ],
)
def test_a_colour_has_the_pccs_tone_of_its_name(name: str, tone: str) -> None:
    value = COLORS[name]
    rgb = np.array([[value >> 16, value >> 8 & 255, value & 255]], np.uint8)
    assert tones(lab(rgb)) == [tone]


@pytest.mark.parametrize(
    ("rgb", "hue"), [((238, 0, 38), 2), ((255, 230, 0), 8), ((51, 162, 61), 12), ((9, 63, 134), 18)]
)
def test_a_vivid_colour_lies_near_its_pccs_hue(rgb: tuple[int, int, int], hue: int) -> None:
    found = pccs(lab(np.array([rgb], np.uint8))).hue[0]
    assert abs(found - hue) < 2.0  # of 24


@pytest.mark.parametrize(
    ("likes", "color"),
    [
        (WINTER_DEEP, "black"),
        (WINTER_DEEP, "navy"),
        (WINTER_BRIGHT, "blue"),
        (SUMMER_LIGHT, "light blue"),
        (SUMMER_LIGHT, "lavender"),
        (SPRING_LIGHT, "ivory"),
        (SPRING_BRIGHT, "orange"),
        (AUTUMN_MUTE, "camel"),
        (AUTUMN_STRONG, "mustard"),
        (AUTUMN_DEEP, "olive"),
        (WINTER, "black"),
        (AUTUMN, "camel"),
        (SUMMER, "light blue"),
        (SPRING, "orange"),
    ],
)
def test_a_type_likes_its_own_colours(likes: int, color: str) -> None:
    assert suitability_of(COLORS[color])[likes] >= 0.7


@pytest.mark.parametrize(
    ("dislikes", "color"),
    [
        (SPRING_LIGHT, "black"),
        (SPRING_LIGHT, "navy"),
        (SUMMER_LIGHT, "orange"),
        (SUMMER_MUTE, "orange"),
        (AUTUMN_DEEP, "light blue"),
        (WINTER_DEEP, "camel"),
    ],
)
def test_a_type_does_not_like_the_opposite(dislikes: int, color: str) -> None:
    assert suitability_of(COLORS[color])[dislikes] <= 0.3


@pytest.mark.parametrize("color", ["white", "grey"])
def test_white_and_grey_suit_everybody_alike(color: str) -> None:
    assert suitability_of(COLORS[color]).tolist() == pytest.approx([NEUTRAL] * 15, abs=0.1)


@given(st.integers(0, 0xFFFFFF))
def test_every_colour_has_a_value_for_every_type_and_none_is_preferred_undeclared(rgb: int) -> None:
    values = suitability_of(rgb)
    assert values.shape == (15,)
    assert np.all((values >= 0) & (values <= 1))
    assert values[0] == NEUTRAL


def test_black_white_and_vivid_colours_follow_the_rule_exactly() -> None:
    rgb = np.array([[26, 26, 28], [244, 244, 242], [190, 137, 84]], np.uint8)
    exact = suitability(rgb)
    assert exact[0, WINTER_DEEP] == 1.0
    assert exact[0, SPRING_LIGHT] == pytest.approx(0.2)
    assert exact[1].tolist() == [NEUTRAL] * 15
    assert exact[2, AUTUMN_MUTE] > 0.99


@given(st.tuples(*[st.integers(0, 247)] * 3), st.integers(0, 2))
def test_a_small_error_of_measurement_does_not_turn_a_verdict_round(
    rgb: tuple[int, int, int], channel: int
) -> None:
    def at(color: tuple[int, ...]) -> list[float]:
        value: list[float] = suitability_of(color[0] << 16 | color[1] << 8 | color[2]).tolist()
        return value

    other = tuple(v + 4 * (n == channel) for n, v in enumerate(rgb))
    assert max(abs(a - b) for a, b in zip(at(rgb), at(other), strict=True)) <= 0.35


def _garment(category: int, color: str) -> Garment:
    return Garment(category, (GarmentColor(COLORS[color], color, "", 1.0),))


def test_a_top_counts_more_than_trousers() -> None:
    top, trousers = 2, 8
    dark_top = (_garment(top, "black"), _garment(trousers, "camel"))
    dark_trousers = (_garment(top, "camel"), _garment(trousers, "black"))
    assert (
        outfit_suitability(dark_top)[WINTER_DEEP] > outfit_suitability(dark_trousers)[WINTER_DEEP]
    )
    assert (
        outfit_suitability(dark_top)[AUTUMN_MUTE] < outfit_suitability(dark_trousers)[AUTUMN_MUTE]
    )


def test_an_outfit_without_measured_colours_is_neutral() -> None:
    assert np.allclose(outfit_suitability((Garment(2, ()),)), NEUTRAL)
