"""Personal color: how well a color suits what a person declares, as a table that is computed once.

A type is a set of PCCS tones and an undertone, warm or cool (Korean practice). The tone of a color follows Kobayashi
and Yosiki, "Mathematical relation among PCCS tones, PCCS color attributes and Munsell color attributes", Journal of the
Color Science Association of Japan 25(4), 2001. The theory has no sound basis (Collin 1986): a type is a preference that
a person declares; it is never inferred and its weight is capped (`score.PERSONAL_COLOR_CAP`).
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fashion import lab
from fashion.lab import Float
from snsfashion.fashion.v1 import fashion_pb2

Tone = Literal[
    "p", "lt", "b", "v", "s", "dp", "ltg", "sf", "d", "g", "dk", "dkg", "black", "neutral"
]

TYPES = len(fashion_pb2.PersonalColor.values())
"""PersonalColor numbers of the contract, with 0 for not declared."""
NEUTRAL = 0.5
"""Suitability of a color about which a type says nothing, and of every color if none is declared."""

# What tone and undertone add to the suitability. The tone is what names a type, so it is worth more.
_TONE_SHARE = 0.6
_UNDERTONE_SHARE = 1 - _TONE_SHARE

# Munsell hue 0, 5, ... 100 (0 = 10RP, 25 = 5Y, 75 = 5PB): CIELAB hue angle in degrees, and C*ab a Munsell chroma step.
# Means of the Munsell renotation at values 3 to 8 and chromas 4 to 8, adapted from C to D65.
_LAB_HUE = (
    11.2, 26.1, 42.3, 60.3, 76.7, 91.5, 102.6, 117.4, 140.5, 161.8, 173.6,
    188.4, 205.9, 226.0, 247.3, 271.6, 297.4, 314.3, 333.7, 354.5, 371.2,
)  # fmt: skip
_LAB_CHROMA_STEP = (
    4.51, 4.83, 5.33, 5.85, 6.47, 7.10, 7.36, 6.97, 6.22, 5.69, 5.42,
    5.12, 4.83, 4.49, 4.13, 4.04, 4.30, 4.35, 4.33, 4.36, 4.51,
)  # fmt: skip
# Munsell hue of the PCCS hues 1 to 25 (25 is 1 again), by PCCS's definition.
_MUNSELL_OF_PCCS = (
    0, 4, 7, 10, 14, 18, 22, 25, 28, 33, 38, 43, 49, 55, 60, 65, 70, 73, 76, 79, 83, 87, 91, 96, 100,
)  # fmt: skip
# The middle of the warm half of the hue circle, in PCCS hues: yellowish orange. Blue is opposite.
_WARMEST_HUE = 6.5


@dataclass(frozen=True)
class PersonalType:
    """`tones` that suit, and the undertone: +1 warm, -1 cool."""

    tones: frozenset[Tone]
    undertone: int


_WARM, _COOL = 1, -1
_LIGHT: frozenset[Tone] = frozenset(("p", "lt"))
_MUTE: frozenset[Tone] = frozenset(("ltg", "sf", "d", "g"))
_KOREAN_TYPES: dict[int, PersonalType] = {
    fashion_pb2.PERSONAL_COLOR_SPRING_LIGHT: PersonalType(_LIGHT, _WARM),
    fashion_pb2.PERSONAL_COLOR_SPRING_BRIGHT: PersonalType(frozenset(("b", "v")), _WARM),
    fashion_pb2.PERSONAL_COLOR_SUMMER_LIGHT: PersonalType(_LIGHT, _COOL),
    fashion_pb2.PERSONAL_COLOR_SUMMER_BRIGHT: PersonalType(frozenset(("b", "s")), _COOL),
    fashion_pb2.PERSONAL_COLOR_SUMMER_MUTE: PersonalType(_MUTE, _COOL),
    fashion_pb2.PERSONAL_COLOR_AUTUMN_MUTE: PersonalType(_MUTE, _WARM),
    fashion_pb2.PERSONAL_COLOR_AUTUMN_STRONG: PersonalType(frozenset(("s",)), _WARM),
    fashion_pb2.PERSONAL_COLOR_AUTUMN_DEEP: PersonalType(frozenset(("dp", "dk")), _WARM),
    fashion_pb2.PERSONAL_COLOR_WINTER_BRIGHT: PersonalType(frozenset(("v",)), _COOL),
    fashion_pb2.PERSONAL_COLOR_WINTER_DEEP: PersonalType(
        frozenset(("dp", "dk", "dkg", "black")), _COOL
    ),
}


def _season(*types: int) -> PersonalType:
    """Return the type of a season, which likes what its types like."""
    parts = [_KOREAN_TYPES[number] for number in types]
    return PersonalType(frozenset().union(*(p.tones for p in parts)), parts[0].undertone)


PERSONAL_TYPES: dict[int, PersonalType] = {
    fashion_pb2.PERSONAL_COLOR_SPRING: _season(
        fashion_pb2.PERSONAL_COLOR_SPRING_LIGHT, fashion_pb2.PERSONAL_COLOR_SPRING_BRIGHT
    ),
    fashion_pb2.PERSONAL_COLOR_SUMMER: _season(
        fashion_pb2.PERSONAL_COLOR_SUMMER_LIGHT,
        fashion_pb2.PERSONAL_COLOR_SUMMER_BRIGHT,
        fashion_pb2.PERSONAL_COLOR_SUMMER_MUTE,
    ),
    fashion_pb2.PERSONAL_COLOR_AUTUMN: _season(
        fashion_pb2.PERSONAL_COLOR_AUTUMN_MUTE,
        fashion_pb2.PERSONAL_COLOR_AUTUMN_STRONG,
        fashion_pb2.PERSONAL_COLOR_AUTUMN_DEEP,
    ),
    fashion_pb2.PERSONAL_COLOR_WINTER: _season(
        fashion_pb2.PERSONAL_COLOR_WINTER_BRIGHT, fashion_pb2.PERSONAL_COLOR_WINTER_DEEP
    ),
    **_KOREAN_TYPES,
}
"""By PersonalColor number."""


@dataclass(frozen=True)
class Pccs:
    """PCCS attributes of n colors, each float64 (n,)."""

    hue: Float
    """1 to 25, 25 being 1 again; meaningless where `saturation` is near 0."""
    lightness: Float
    """1.5 to 10."""
    saturation: Float
    """0 to about 10."""


def pccs(lab_colors: Float) -> Pccs:
    """Return PCCS attributes of CIELAB colors (n, 3), by way of Munsell hue, value and chroma."""
    lightness = np.maximum(lab_colors[:, 0] / 10.14, 1.5)
    angle = (lab.hue(lab_colors) - _LAB_HUE[0]) % 360 + _LAB_HUE[0]
    steps = np.arange(0, 101, 5)
    munsell = np.interp(angle, _LAB_HUE, steps)
    chroma = lab.chroma(lab_colors) / np.interp(munsell, steps, _LAB_CHROMA_STEP)
    hue = np.interp(munsell, _MUNSELL_OF_PCCS, np.arange(1, 26))
    # Positive root of C = (0.077 s + 0.004 s^2) (12 + 1.7 sin) (1 - exp(-g V)).
    g = 0.81 - 0.24 * np.sin((hue - 2.6) * np.pi / 12)
    full = (12 + 1.7 * np.sin((hue + 2.2) * np.pi / 12)) * (1 - np.exp(-g * lightness))
    saturation = (np.sqrt(0.077**2 + 4 * 0.004 * chroma / full) - 0.077) / (2 * 0.004)
    return Pccs(hue, lightness, saturation)


def tones(lab_colors: Float) -> list[Tone]:
    """Return the PCCS tone of each of n CIELAB colors (n, 3). Black comes first: near it the saturation diverges."""
    color = pccs(lab_colors)
    h, s = color.hue, color.saturation
    t = color.lightness - (0.25 - 0.34 * np.sqrt(1 - np.sin((h - 2) * np.pi / 12))) * s
    high, low = 8.5 - 0.3 * s, 2.5 + 0.3 * s
    chroma = lab.chroma(lab_colors)
    black = ((lab_colors[:, 0] < 24) & (chroma < 10)) | (lab_colors[:, 0] < 5)
    conditions: list[tuple[NDArray[np.bool_], Tone]] = [
        (black, "black"),
        (s < 1, "neutral"),
        ((s < 4) & (t < low), "dkg"),
        ((s < 4) & (t < 5.5), "g"),
        ((s < 4) & (t < high), "ltg"),
        (s < 4, "p"),
        ((s < 7) & (t < low), "dk"),
        ((s < 7) & (t < 5.5), "d"),
        ((s < 7) & (t < high), "sf"),
        (s < 7, "lt"),
        ((s < 8.5) & (t < low), "dp"),
        ((s < 8.5) & (t < high), "s"),
        (s < 8.5, "b"),
    ]
    names: list[Tone] = [name for _, name in conditions] + ["v"]
    index = np.select([mask for mask, _ in conditions], range(len(conditions)), len(conditions))
    return [names[i] for i in index]


def warmth(lab_colors: Float) -> Float:
    """Return the undertone by hue: 1 yellowish orange, 0 red-purple and green, -1 blue. float64 (n,)."""
    return np.asarray(np.cos((pccs(lab_colors).hue - _WARMEST_HUE) * np.pi / 12), dtype=np.float64)


def suitability(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how well each of n sRGB colors (n, 3) suits each PersonalColor: float32 (n, 15) in [0, 1].

    The tone counts 0.6 if the type has it, the undertone up to 0.4. White and gray suit every type
    equally (0.5), and colors near gray almost equally. Black has no undertone: it suits the types whose tones include
    it (1), and hardly the others.
    """
    colors = lab.from_rgb(rgb)
    of_color = np.array(tones(colors))
    warm = warmth(colors)
    black = of_color == "black"
    # A color is neutral below saturation 1; half a step to both sides it is partly so.
    colorful = np.where(black, 1.0, (pccs(colors).saturation - 0.5).clip(0, 1))
    result = np.full((len(rgb), TYPES), NEUTRAL, dtype=np.float32)
    for number, kind in PERSONAL_TYPES.items():
        fits = np.isin(of_color, list(kind.tones))
        undertone = np.where(black, np.where(fits, 1.0, 0.5), (1 + kind.undertone * warm) / 2)
        value = _TONE_SHARE * fits + _UNDERTONE_SHARE * undertone
        result[:, number] = NEUTRAL + colorful * (value - NEUTRAL)
    return result


_table: NDArray[np.float32] | None = None
_tabulating = Lock()


def prepare() -> NDArray[np.float32]:
    """Return the table of `suitability`, computed by the first call. Any thread may call it.

    float32 (64, 64, 64, 15), 16 MB: cells of 4 x 4 x 4 colors, averaged with the cells around. Tones have hard borders
    and a measured color is off by some units: the mean keeps a small error from turning a color that suits into one
    that doesn't.
    """
    global _table
    with _tabulating:
        if _table is None:
            _table = _tabulate()
        return _table


def suitability_of(rgb: int) -> NDArray[np.float32]:
    """Return the row of the table for sRGB 0xRRGGBB: float32 (15,) in [0, 1]."""
    table = prepare() if _table is None else _table
    return np.asarray(table[rgb >> 18 & 63, rgb >> 10 & 63, rgb >> 2 & 63])


def _tabulate() -> NDArray[np.float32]:
    channel = np.arange(64, dtype=np.uint8) * 4 + 2
    grid = np.stack(np.meshgrid(channel, channel, channel, indexing="ij"), axis=-1)
    table: NDArray[np.float32] = suitability(grid.reshape(-1, 3)).reshape(64, 64, 64, TYPES)
    for axis in range(3):
        pad = [(int(i == axis),) * 2 for i in range(4)]
        padded = np.pad(table, pad, mode="edge").swapaxes(0, axis)
        total = padded[:-2] + padded[1:-1] + padded[2:]
        table = (total / np.float32(3)).swapaxes(0, axis)
    return np.ascontiguousarray(table)
