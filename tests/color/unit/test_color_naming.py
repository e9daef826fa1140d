"""Colors get the names and families that a shop would give them."""

from __future__ import annotations

import numpy as np
import pytest

from color.core import palette
from color.core.naming import Named, Namer
from fashion import lab
from fashion.words import FAMILIES, Family

PALETTE = palette.packaged()
NAMER = Namer(PALETTE)


def name(code: str) -> Named:
    return NAMER.find_one(lab.from_rgb(np.frombuffer(bytes.fromhex(code), np.uint8)))


def test_the_palette_has_a_korean_label_and_a_color_for_every_family() -> None:
    assert len(PALETTE.families) == 27
    assert all(f.name == f.name.lower() and f.name_ko for f in PALETTE.families)
    assert set(PALETTE.family) == set(range(27)), "every family has named colors"
    assert len(PALETTE.names) > 900


def test_the_packaged_palette_has_colors_of_every_family() -> None:
    assert PALETTE.families == FAMILIES


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_is_stable_around_its_typical_color(family: Family) -> None:
    rng = np.random.default_rng(1)
    around = np.clip(
        np.array(list(family.rgb.to_bytes(3, "big"))) + rng.integers(-3, 4, (60, 3)), 0, 255
    )
    named = [NAMER.find_one(lab.from_rgb(rgb.astype(np.uint8))).family.name for rgb in around]
    assert named.count(family.name) >= 57


@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("000000", "black"),
        ("1a1a1c", "black"),
        ("3c3f44", "charcoal"),
        ("808285", "grey"),
        ("ffffff", "white"),
        ("fffff0", "ivory"),
        ("e3be9e", "beige"),  # nude
        ("dbc8a8", "beige"),
        ("c19a6b", "camel"),
        ("a39468", "khaki"),
        ("4b2e1e", "brown"),
        ("1f2852", "navy"),
        ("4e6c94", "denim"),
        ("a4e0c6", "mint"),
        ("ce9c22", "mustard"),
        ("6b6b2f", "olive"),
        ("70162a", "burgundy"),
        ("be96dc", "lavender"),
        ("ff1493", "hot pink"),
    ],
)
def test_retail_colors_have_their_families(code: str, family: str) -> None:
    assert name(code).family.name == family


def test_a_named_color_has_its_own_name_at_no_distance() -> None:
    for index in range(0, len(PALETTE.names), 7):
        named = NAMER.find_one(PALETTE.lab[index])
        assert named.name == PALETTE.names[index]
        assert named.distance == pytest.approx(0, abs=1e-9)


def test_the_tree_finds_what_an_exhaustive_search_finds() -> None:
    rgb = np.random.default_rng(3).integers(0, 256, (400, 3)).astype(np.uint8)
    points = lab.from_rgb(rgb)
    best = lab.ciede2000(points[:, None], PALETTE.lab[None]).argmin(axis=1)
    same = [
        NAMER.find_one(point).name == PALETTE.names[i]
        for point, i in zip(points, best, strict=True)
    ]
    assert np.mean(same) >= 0.98


def test_confidence_is_high_inside_a_family_and_low_at_its_border() -> None:
    assert name("108010").confidence > 0.9
    border = [
        NAMER.find_one(lab.from_rgb(np.full(3, gray, np.uint8))).confidence
        for gray in range(30, 90)
    ]
    assert min(border) < 0.1
    assert all(0 <= confidence <= 1 for confidence in border)
