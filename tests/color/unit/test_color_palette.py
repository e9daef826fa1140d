"""A palette is a CSV; errors in it name line and column."""

from __future__ import annotations

import numpy as np
import pytest

from color.core import palette
from color.core.naming import Namer
from color.core.palette import BadPalette
from fashion import lab
from fashion.words import FAMILIES
from servicekit.errors import InvalidArgument
from servicekit.validation import check
from snsfashion.color.v1.color_pb2 import PutPaletteRequest

ACME = """name,name_ko,rgb,family,family_ko
acme sand,애크미 샌드,e2ca76,beige,
acme storm,,3a4a66,storm,스톰
acme gale,,#46587a,storm,
"""


def test_a_company_names_by_its_own_colors_and_families() -> None:
    acme = palette.parse(ACME)
    named = Namer(acme).find_one(lab.from_rgb(np.array((0x3B, 0x4B, 0x66), np.uint8)))
    assert (named.name, named.name_ko) == ("acme storm", "")
    assert (named.family.name, named.family.name_ko) == ("storm", "스톰")
    sand = Namer(acme).find_one(lab.from_rgb(np.array((0xE2, 0xCA, 0x76), np.uint8)))
    assert (sand.name_ko, sand.family.name_ko, sand.distance) == ("애크미 샌드", "베이지", 0)


def test_a_new_familys_typical_color_lies_among_its_colors() -> None:
    storm = palette.parse(ACME).families[1]
    assert 0x3A < storm.rgb >> 16 < 0x46


def test_a_spreadsheets_byte_order_mark_spaces_and_other_columns_do_no_harm() -> None:
    plain = palette.parse("name,rgb,family\nash,808080,grey\n")
    marked = palette.parse("\ufeffid, name ,rgb,family\r\n7, ash ,#808080,grey\r\n")
    assert marked.names == plain.names == ("ash",)
    assert (marked.rgb == plain.rgb).all()


@pytest.mark.parametrize(
    ("csv", "told"),
    [
        ("", "line 1: the header lacks name, rgb, family"),
        ("name,rgb\nash,808080\n", "line 1: the header lacks family"),
        ("name,rgb,family\n", "line 2: the palette has no colors"),
        ("name,rgb,family\nash,8080,grey\n", "line 2, column rgb: '8080'"),
        (
            "name,rgb,family\nash,808080,grey\nash,818181,grey\n",
            "line 3, column name: 'ash' occurs",
        ),
        ("name,rgb,family\n,808080,grey\n", "line 2, column name: must have"),
        ("name,rgb,family\nash,808080\n", "line 2, column family: must have"),
        ("name,rgb,family\nAsh,808080,grey\n", "line 2, column name: 'Ash' is not lower case"),
        ("name,rgb,family\nash,808080,storm\n", "line 2, column family_ko: the new family 'storm'"),
        (
            "name,rgb,family,family_ko\na,808080,storm,스톰\nb,818181,storm,폭풍\n",
            "line 3, column family_ko: 'storm' is '스톰' in a line above",
        ),
        ("name,rgb,family\n" + "x" * 4_000_001, "at most 4000000 bytes"),
    ],
)
def test_an_error_names_line_and_column(csv: str, told: str) -> None:
    with pytest.raises(BadPalette) as caught:
        palette.parse(csv)
    assert told in str(caught.value)


def test_a_palette_of_one_color_names_everything_by_it() -> None:
    one = Namer(palette.parse("name,rgb,family\nash,808080,grey\n"))
    named = one.find(lab.from_rgb(np.array([(0, 0, 0), (255, 0, 0)], np.uint8)))
    assert [n.name for n in named] == ["ash", "ash"]


def colors(count: int, families: int) -> palette.Palette:
    """Return a palette of this size."""
    names = [family.name for family in FAMILIES[:families]]
    lines = [f"color {n},{n * 0x050505:06x},{names[n % families]}" for n in range(count)]
    return palette.parse("name,rgb,family\n" + "\n".join(lines))


@pytest.mark.parametrize(
    ("count", "families", "told"),
    [
        (1, 1, "this one has 1 in 1 .colors missing: 11, families missing: 7."),
        (11, 8, ".colors missing: 1."),
        (12, 7, ".families missing: 1."),
    ],
)
def test_a_palette_that_is_too_small_to_go_live_tells_what_is_missing(
    count: int, families: int, told: str
) -> None:
    with pytest.raises(BadPalette, match=told):
        palette.check_size(colors(count, families))


def test_the_least_palette_and_the_packaged_one_are_large_enough() -> None:
    palette.check_size(colors(palette.LEAST_COLORS, palette.LEAST_FAMILIES))
    palette.check_size(palette.packaged())


def test_families_and_common_names_have_korean_labels() -> None:
    packaged = palette.packaged()
    korean = dict(zip(packaged.names, packaged.names_ko, strict=True))
    assert all(family.name_ko for family in packaged.families)
    assert sum(map(bool, korean.values())) > 800
    assert korean["navy blue"] == "네이비 블루"
    assert korean["dusty rose"] == "더스티 로즈"
    assert korean["macaroni and cheese"] == ""


def put(version: str) -> PutPaletteRequest:
    """Return a request with this version."""
    return PutPaletteRequest(palette_version=version, csv="name,rgb,family\nash,808080,grey\n")


@pytest.mark.parametrize("version", ["acme-2027", "a", "A_1.2"])
def test_a_version_is_a_plain_word(version: str) -> None:
    check(put(version))


@pytest.mark.parametrize("version", ["", "acme 2027", "a/b", "x" * 65, "acme\n"])
def test_a_version_that_is_not_a_plain_word_is_refused(version: str) -> None:
    with pytest.raises(InvalidArgument, match="palette_version"):
        check(put(version))
