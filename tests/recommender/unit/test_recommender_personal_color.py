"""Personal color: tones and the table of suitability."""

from __future__ import annotations

import csv
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashion import lab
from fashion.words import PERSONAL_COLORS
from recommender.core import personal_color
from recommender.core.outfit import Garment, GarmentColor, outfit_suitability
from recommender.core.personal_color import (
    NEUTRAL,
    SUITS_FROM,
    pccs,
    suitability,
    suitability_of,
    tones,
)
from snsfashion.fashion.v1 import fashion_pb2

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
def test_a_color_has_the_pccs_tone_of_its_name(name: str, tone: str) -> None:
    value = COLORS[name]
    rgb = np.array([[value >> 16, value >> 8 & 255, value & 255]], np.uint8)
    assert tones(lab.from_rgb(rgb)) == [tone]


@pytest.mark.parametrize(
    ("rgb", "hue"), [((238, 0, 38), 2), ((255, 230, 0), 8), ((51, 162, 61), 12), ((9, 63, 134), 18)]
)
def test_a_vivid_color_lies_near_its_pccs_hue(rgb: tuple[int, int, int], hue: int) -> None:
    found = pccs(lab.from_rgb(np.array([rgb], np.uint8))).hue[0]
    assert abs(found - hue) < 2.0  # of 24


@pytest.mark.parametrize(
    ("likes", "color"),
    [
        (fashion_pb2.PERSONAL_COLOR_WINTER_DEEP, "black"),
        (fashion_pb2.PERSONAL_COLOR_WINTER_DEEP, "navy"),
        (fashion_pb2.PERSONAL_COLOR_WINTER_BRIGHT, "blue"),
        (fashion_pb2.PERSONAL_COLOR_SUMMER_LIGHT, "light blue"),
        (fashion_pb2.PERSONAL_COLOR_SUMMER_LIGHT, "lavender"),
        (fashion_pb2.PERSONAL_COLOR_SPRING_LIGHT, "ivory"),
        (fashion_pb2.PERSONAL_COLOR_SPRING_BRIGHT, "orange"),
        (fashion_pb2.PERSONAL_COLOR_AUTUMN_MUTE, "camel"),
        (fashion_pb2.PERSONAL_COLOR_AUTUMN_STRONG, "mustard"),
        (fashion_pb2.PERSONAL_COLOR_AUTUMN_DEEP, "olive"),
        (fashion_pb2.PERSONAL_COLOR_WINTER, "black"),
        (fashion_pb2.PERSONAL_COLOR_AUTUMN, "camel"),
        (fashion_pb2.PERSONAL_COLOR_SUMMER, "light blue"),
        (fashion_pb2.PERSONAL_COLOR_SPRING, "orange"),
    ],
)
def test_a_type_likes_its_own_colors(likes: int, color: str) -> None:
    assert suitability_of(COLORS[color])[likes] >= 0.7


@pytest.mark.parametrize(
    ("dislikes", "color"),
    [
        (fashion_pb2.PERSONAL_COLOR_SPRING_LIGHT, "black"),
        (fashion_pb2.PERSONAL_COLOR_SPRING_LIGHT, "navy"),
        (fashion_pb2.PERSONAL_COLOR_SUMMER_LIGHT, "orange"),
        (fashion_pb2.PERSONAL_COLOR_SUMMER_MUTE, "orange"),
        (fashion_pb2.PERSONAL_COLOR_AUTUMN_DEEP, "light blue"),
        (fashion_pb2.PERSONAL_COLOR_WINTER_DEEP, "camel"),
    ],
)
def test_a_type_does_not_like_the_opposite(dislikes: int, color: str) -> None:
    assert suitability_of(COLORS[color])[dislikes] <= 0.3


GOLDEN = Path(__file__).with_name("golden_personal_color.csv")


def test_published_guides_agree_with_95_of_100_pairs_of_type_and_color() -> None:
    numbers = {label.name: number for number, label in PERSONAL_COLORS.items()}
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        pairs = list(csv.DictReader(line for line in file if not line.startswith("#")))
    agree = [
        (suitability_of(int(pair["rgb"][1:], 16))[numbers[pair["type"]]] >= SUITS_FROM)
        == (pair["suits"] == "yes")
        for pair in pairs
    ]
    assert len(pairs) >= 60
    assert {pair["type"] for pair in pairs} == set(numbers)
    assert sum(agree) >= 0.95 * len(pairs)


@given(st.integers(0, 0xFFFFFF))
def test_no_color_of_the_opposite_undertone_suits(rgb: int) -> None:
    point = lab.from_rgb(np.array([list(rgb.to_bytes(3, "big"))], np.uint8))
    if personal_color.neutrals(point) != [None]:
        return
    exact = suitability(np.array([list(rgb.to_bytes(3, "big"))], np.uint8))[0]
    for number, kind in personal_color.PERSONAL_TYPES.items():
        if kind.undertone * personal_color.warmth(point)[0] <= -0.1:
            assert exact[number] < NEUTRAL


@pytest.mark.parametrize(
    ("color", "suits", "does_not"),
    [
        ("navy", fashion_pb2.PERSONAL_COLOR_SUMMER, fashion_pb2.PERSONAL_COLOR_AUTUMN),
        ("white", fashion_pb2.PERSONAL_COLOR_WINTER, fashion_pb2.PERSONAL_COLOR_SPRING),
        ("ivory", fashion_pb2.PERSONAL_COLOR_SPRING, fashion_pb2.PERSONAL_COLOR_WINTER),
        ("black", fashion_pb2.PERSONAL_COLOR_WINTER, fashion_pb2.PERSONAL_COLOR_SUMMER),
        ("grey", fashion_pb2.PERSONAL_COLOR_SUMMER, fashion_pb2.PERSONAL_COLOR_AUTUMN),
    ],
)
def test_neutral_colors_have_a_rule_of_their_own(color: str, suits: int, does_not: int) -> None:
    values = suitability_of(COLORS[color])
    assert values[suits] >= SUITS_FROM
    assert values[does_not] < NEUTRAL


@given(st.integers(0, 0xFFFFFF))
def test_every_color_has_a_value_for_every_type_and_none_is_preferred_undeclared(rgb: int) -> None:
    values = suitability_of(rgb)
    assert values.shape == (15,)
    assert np.all((values >= 0) & (values <= 1))
    assert values[0] == NEUTRAL


@given(st.tuples(*[st.integers(0, 247)] * 3), st.integers(0, 2))
def test_a_small_error_of_measurement_does_not_turn_a_verdict_round(
    rgb: tuple[int, int, int], channel: int
) -> None:
    def at(color: tuple[int, ...]) -> list[float]:
        value: list[float] = suitability_of(color[0] << 16 | color[1] << 8 | color[2]).tolist()
        return value

    other = tuple(v + 4 * (n == channel) for n, v in enumerate(rgb))
    # The border between warm and cool is a step; the tones have none.
    assert max(abs(a - b) for a, b in zip(at(rgb), at(other), strict=True)) <= 0.5


def _garment(category: int, color: str) -> Garment:
    return Garment(category, (GarmentColor(COLORS[color], color, "", 1.0),))


def test_a_top_counts_more_than_trousers() -> None:
    top, trousers = fashion_pb2.CATEGORY_LONG_SLEEVE_TOP, fashion_pb2.CATEGORY_TROUSERS
    dark_top = (_garment(top, "black"), _garment(trousers, "camel"))
    dark_trousers = (_garment(top, "camel"), _garment(trousers, "black"))
    assert (
        outfit_suitability(dark_top)[fashion_pb2.PERSONAL_COLOR_WINTER_DEEP]
        > outfit_suitability(dark_trousers)[fashion_pb2.PERSONAL_COLOR_WINTER_DEEP]
    )
    assert (
        outfit_suitability(dark_top)[fashion_pb2.PERSONAL_COLOR_AUTUMN_MUTE]
        < outfit_suitability(dark_trousers)[fashion_pb2.PERSONAL_COLOR_AUTUMN_MUTE]
    )


def test_an_outfit_without_measured_colors_is_neutral() -> None:
    assert np.allclose(outfit_suitability((Garment(2, ()),)), NEUTRAL)


@pytest.mark.slow
def test_the_table_is_not_computed_at_import() -> None:
    code = """
import recommender.app
from recommender.core import personal_color
assert personal_color._table is None
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_threads_that_need_the_table_at_once_share_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal_color, "_table", None)
    with ThreadPoolExecutor(4) as threads:
        tables = list(threads.map(lambda _: personal_color.prepare(), range(4)))
    assert all(table is tables[0] for table in tables)
    assert tables[0] is personal_color.prepare()
