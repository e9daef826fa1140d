"""Color science: sRGB and CIE 1976 L*a*b* (D65, 2 degree observer), and the CIEDE2000 difference."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

# IEC 61966-2-1: linear sRGB to XYZ.
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
# D65 as the matrix sees white, so that grays have a* = b* = 0.
_WHITE = _TO_XYZ.sum(axis=1)
_TO_XYZ_REL = _TO_XYZ / _WHITE[:, None]
_FROM_XYZ_REL = np.linalg.inv(_TO_XYZ_REL)

# CIE 15:2004: f(t) is a cube root above (6/29)^3 and linear below.
_DELTA = 6 / 29

_25_7 = 25.0**7
_RADIANS = np.pi / 180

_CODE = np.arange(256) / 255
# IEC 61966-2-1: linear light in [0, 1] of each 8-bit code.
LINEAR: Float = np.where(_CODE <= 0.04045, _CODE / 12.92, ((_CODE + 0.055) / 1.055) ** 2.4)


def from_rgb(rgb: NDArray[np.uint8], gains: Float | None = None) -> Float:
    """Return L*a*b* of sRGB uint8 (..., 3): L* 0 to 100, a* and b* about -128 to 128.

    `gains`: factors for linear R, G, B.
    """
    linear = LINEAR[rgb]
    if gains is not None:
        linear = np.minimum(linear * gains, 1)
    relative = linear @ _TO_XYZ_REL.T
    f = np.cbrt(relative)
    dark = relative <= _DELTA**3
    if dark.any():
        f = np.where(dark, relative / (3 * _DELTA**2) + 4 / 29, f)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def to_rgb(lab: Float) -> NDArray[np.uint8]:
    """Return sRGB uint8 of L*a*b* (..., 3). Colors outside sRGB are clipped channel by channel."""
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    relative = np.where(f > _DELTA, f**3, 3 * _DELTA**2 * (f - 4 / 29))
    return to_code(relative @ _FROM_XYZ_REL.T)


def to_code(linear: Float) -> NDArray[np.uint8]:
    """Return sRGB uint8 of linear sRGB, clipped to [0, 1]."""
    linear = np.clip(linear, 0, 1)
    code = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(code * 255), dtype=np.uint8)


def chroma(lab: Float) -> Float:
    """Return C*ab of L*a*b* (..., 3): the distance from gray, 0 to about 134 in sRGB."""
    return np.hypot(lab[..., 1], lab[..., 2])


def hue(lab: Float) -> Float:
    """Return the hue angle h_ab of L*a*b* (..., 3): degrees in [0, 360); 0 for gray."""
    return np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360


def ciede2000(first: Float, second: Float, k_l: float | Float = 1.0) -> Float:
    """Return CIEDE2000 differences of L*a*b* arrays (..., 3) that broadcast.

    `k_l` weighs lightness: 1 in the reference conditions; 2 if differences of lightness should count half, as is usual
    for textiles. Formula and test data: Sharma, Wu and Dalal 2005, doi 10.1002/col.20070.
    """
    l1, a1, b1 = first[..., 0], first[..., 1], first[..., 2]
    l2, a2, b2 = second[..., 0], second[..., 1], second[..., 2]
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 1.5 - 0.5 * np.sqrt(mean_c7 / (mean_c7 + _25_7))
    a1, a2 = a1 * g, a2 * g
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    # 2 sqrt(C1' C2') sin(dh'/2), with the sign of dh', can be found without hues: its square is da'^2 + db'^2 - dC'^2. The
    # mean hue halves the angle between (a1', b1') and (a2', b2'). Where one of the colors is gray, the former is 0 and
    # the latter has no effect.
    d_a, d_b, d_c = a2 - a1, b2 - b1, c2 - c1
    d_hue = np.sqrt(np.maximum(d_a * d_a + d_b * d_b - d_c * d_c, 0))
    d_hue = np.copysign(d_hue, a1 * b2 - b1 * a2)
    x, y = a1 * c2 + a2 * c1, b1 * c2 + b2 * c1
    opposite = (x == 0) & (y == 0)
    if opposite.any():  # a quarter turn from the one with the smaller hue
        upper = (b1 > 0) | ((b1 == 0) & (a1 > 0))
        x, y = (
            np.where(opposite, np.where(upper, -b1, b1), x),
            np.where(opposite, np.where(upper, a1, -a1), y),
        )
    h = np.arctan2(y, x) % (2 * np.pi)

    l_mid2, c_mid = ((l1 + l2) / 2 - 50) ** 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * np.cos(h - _RADIANS * 30)
        + 0.24 * np.cos(2 * h)
        + 0.32 * np.cos(3 * h + _RADIANS * 6)
        - 0.20 * np.cos(4 * h - _RADIANS * 63)
    )
    c7 = c_mid**7
    r_t = (
        -2
        * np.sqrt(c7 / (c7 + _25_7))
        * np.sin(_RADIANS * 60 * np.exp(-(((h - _RADIANS * 275) / (_RADIANS * 25)) ** 2)))
    )
    light = (l2 - l1) / (k_l * (1 + 0.015 * l_mid2 / np.sqrt(20 + l_mid2)))
    d_c = d_c / (1 + 0.045 * c_mid)
    d_hue = d_hue / (1 + 0.015 * c_mid * t)
    squared = light * light + d_c * d_c + d_hue * (d_hue + r_t * d_c)
    return np.asarray(np.sqrt(np.maximum(squared, 0)))
