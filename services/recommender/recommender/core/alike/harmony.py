"""How well two colors go together: L.-C. Ou and M. R. Luo, Color Research and Application 31(3), 2006."""

from __future__ import annotations

import numpy as np

from fashion import lab
from fashion.lab import Float

# The model's values lie between about -1.24 and 1.39 (figure 12 of the paper).
_LEAST, _MOST = -1.24, 1.39


def harmony(one: Float, others: Float) -> Float:
    """Return the harmony of one L*a*b* color (3,) with others (n, 3): float64 (n,) in [0, 1], 0.47 for neither nor."""
    lightness, chroma, hue = _attributes(one[None])
    lightnesses, chromas, hues = _attributes(others)
    between = np.radians((hues - hue + 180) % 360 - 180)
    delta_hue = 2 * np.sqrt(chroma * chromas) * np.sin(between / 2)
    delta = np.sqrt(delta_hue**2 + ((chromas - chroma) / 1.46) ** 2)
    of_chroma = 0.04 + 0.53 * np.tanh(0.8 - 0.045 * delta)
    of_sum = 0.28 + 0.54 * np.tanh(-3.88 + 0.029 * (lightness + lightnesses))
    of_difference = 0.14 + 0.15 * np.tanh(-2 + 0.2 * np.abs(lightness - lightnesses))
    of_hue = _hue_effect(lightness, chroma, hue) + _hue_effect(lightnesses, chromas, hues)
    total = of_chroma + of_sum + of_difference + of_hue
    return np.asarray(((total - _LEAST) / (_MOST - _LEAST)).clip(0, 1))


def _attributes(colors: Float) -> tuple[Float, Float, Float]:
    """Return L*, C*ab and the hue angle in degrees."""
    return colors[:, 0], np.hypot(colors[:, 1], colors[:, 2]), lab.hue(colors)


def _hue_effect(lightness: Float, chroma: Float, hue: Float) -> Float:
    of_chroma = 0.5 + 0.5 * np.tanh(-2 + 0.5 * chroma)
    of_hue = -0.08 - 0.14 * np.sin(np.radians(hue + 50)) - 0.07 * np.sin(np.radians(2 * hue + 90))
    to_yellow = (90 - hue) / 10
    of_yellow = (0.22 * lightness - 12.8) / 10 * np.exp(to_yellow - np.exp(to_yellow))
    return np.asarray(of_chroma * (of_hue + of_yellow))
