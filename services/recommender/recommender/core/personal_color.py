"""Personal color: how well a color suits what a person declares, as a table that is computed once.

A type is an undertone, warm or cool, and a set of PCCS tones (Korean practice). The undertone comes first: a color of the other one does
not suit, whatever its tone. Colors without an undertone, and navy, which counts as one, have a rule of their own (`_NEUTRALS`). The tone of a color follows Kobayashi
and Yosiki, "Mathematical relation among PCCS tones, PCCS color attributes and Munsell color attributes", Journal of the
Color Science Association of Japan 25(4), 2001. The theory has no sound basis (Collin 1986): a type is a preference that
a person declares; it is never inferred and its weight is capped (`score.PERSONAL_COLOR_CAP`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
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

SUITS_FROM = 0.6
"""Suitability from which a color suits: it has the undertone and a tone of the type, or the tone beside one."""

# Suitability with a tone of the type and with the tone beside one: at least, and what the undertone adds.
_TONE, _TONE_UNDERTONE = 0.72, 0.28
_BESIDE, _BESIDE_UNDERTONE = 0.58, 0.12
# A tone beside is enough for a color that is clearly warm or cool.
_CLEAR = 0.5
# Red-purple and green lie between warm and cool: a slight undertone is none, and suits whom the tone suits.
_SLIGHT = 0.1
# With a tone farther away; and of the other undertone, less the more of it there is.
_FAR, _FAR_UNDERTONE = 0.3, 0.15
_OPPOSITE = 0.35
# Neutral colors that suit a type, and those that don't.
_SUITS, _SUITS_NOT = 0.8, 0.3
# Smoothing may not lift a color of the other undertone over this.
_OPPOSITE_CAP = 0.45
# L* of what is called white, and of what is called gray rather than charcoal.
_WHITE_FROM, _GRAY_FROM = 85.0, 50.0
# Navy: the darkest blues. Warmth and L*.
_NAVY_WARMTH, _NAVY_BELOW = -0.8, 30.0

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
# Tones by saturation and lightness, in steps: those at a distance of about 1 lie beside each other.
_PLACES: dict[Tone, tuple[float, float]] = {
    "p": (0, 3), "ltg": (0, 2), "g": (0, 1), "dkg": (0, 0),
    "lt": (1, 3), "sf": (1, 2), "d": (1, 1), "dk": (1, 0),
    "b": (2, 3), "s": (2, 2), "dp": (2, 0.5), "v": (3, 1.7),
}  # fmt: skip
_BESIDE_WITHIN = 1.2
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


Neutral = Literal["black", "charcoal", "grey", "white", "navy"]

_SUMMER_TYPES = (
    fashion_pb2.PERSONAL_COLOR_SUMMER,
    fashion_pb2.PERSONAL_COLOR_SUMMER_LIGHT,
    fashion_pb2.PERSONAL_COLOR_SUMMER_BRIGHT,
    fashion_pb2.PERSONAL_COLOR_SUMMER_MUTE,
)
_WINTER_TYPES = (
    fashion_pb2.PERSONAL_COLOR_WINTER,
    fashion_pb2.PERSONAL_COLOR_WINTER_BRIGHT,
    fashion_pb2.PERSONAL_COLOR_WINTER_DEEP,
)
_NEUTRALS: dict[Neutral, frozenset[int]] = {
    "black": frozenset(_WINTER_TYPES),
    "charcoal": frozenset(
        (
            *_WINTER_TYPES,
            fashion_pb2.PERSONAL_COLOR_SUMMER,
            fashion_pb2.PERSONAL_COLOR_SUMMER_MUTE,
        )
    ),
    "grey": frozenset(_SUMMER_TYPES),
    "white": frozenset((*_SUMMER_TYPES, *_WINTER_TYPES)),
    "navy": frozenset((*_SUMMER_TYPES, *_WINTER_TYPES)),
}
"""The types that neutral colors suit, as guides say it: black for winter, pure white for cool types (ivory, which is a pale warm color, for
warm ones), gray for summer, navy for cool types. The guides are named in the golden table of the tests."""


def neutrals(lab_colors: Float) -> list[Neutral | None]:
    """Return which neutral each of n CIELAB colors (n, 3) is, or None."""
    tone = np.array(tones(lab_colors))
    light, plain = lab_colors[:, 0], tone == "neutral"
    black = tone == "black"
    conditions: list[tuple[NDArray[np.bool_], Neutral]] = [
        (black, "black"),
        (plain & (light >= _WHITE_FROM), "white"),
        (plain & (light >= _GRAY_FROM), "grey"),
        (plain, "charcoal"),
        ((warmth(lab_colors) <= _NAVY_WARMTH) & (light < _NAVY_BELOW), "navy"),
    ]
    names: list[Neutral | None] = [*(name for _, name in conditions), None]
    index = np.select([mask for mask, _ in conditions], range(len(conditions)), len(conditions))
    return [names[i] for i in index]


def suitability(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how well each of n sRGB colors (n, 3) suits each PersonalColor: float32 (n, 15) in [0, 1].

    From SUITS_FROM a color suits. A color of the other undertone has less than NEUTRAL, a neutral color 0.8 or 0.3.
    """
    colors = lab.from_rgb(rgb)
    of_color = tones(colors)
    neutral = np.array([name or "" for name in neutrals(colors)])
    warm = warmth(colors)
    result = np.full((len(rgb), TYPES), NEUTRAL, dtype=np.float32)
    for number, kind in PERSONAL_TYPES.items():
        has = kind.undertone * warm
        has = np.where(np.abs(has) < _SLIGHT, 0.0, has)
        steps = np.array([_steps_away(tone, kind.tones) for tone in of_color])
        value = _FAR + _FAR_UNDERTONE * has
        beside = (steps <= _BESIDE_WITHIN) & (has >= _CLEAR)
        value = np.where(beside, _BESIDE + _BESIDE_UNDERTONE * has, value)
        value = np.where(steps == 0, _TONE + _TONE_UNDERTONE * has, value)
        value = np.where(has < 0, _OPPOSITE * (1 + has), value)
        for name, types in _NEUTRALS.items():
            value = np.where(neutral == name, _SUITS if number in types else _SUITS_NOT, value)
        result[:, number] = value
    return result


@cache
def _steps_away(tone: Tone, of: frozenset[Tone]) -> float:
    """Return how far a tone is from the nearest of some, in steps of saturation and lightness; infinite for black and neutral ones."""
    if tone in of:
        return 0.0
    if tone not in _PLACES:
        return np.inf
    here = np.array(_PLACES[tone])
    return min(
        (float(np.hypot(*(here - _PLACES[one]))) for one in of if one in _PLACES), default=np.inf
    )


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
    own: NDArray[np.float32] = suitability(grid.reshape(-1, 3)).reshape(64, 64, 64, TYPES)
    table = own
    for axis in range(3):
        pad = [(int(i == axis),) * 2 for i in range(4)]
        padded = np.pad(table, pad, mode="edge").swapaxes(0, axis)
        total = padded[:-2] + padded[1:-1] + padded[2:]
        table = (total / np.float32(3)).swapaxes(0, axis)
    # The undertone is not smoothed: next to the border it may be slight, but it is not the other one.
    return np.where(own < NEUTRAL, np.minimum(table, _OPPOSITE_CAP), table)
