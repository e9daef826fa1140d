"""CIELAB and CIEDE2000 against published values."""

from __future__ import annotations

import numpy as np
import pytest

from fashion import lab

# Sharma, Wu and Dalal 2005, table 1: two L*a*b* colors and their CIEDE2000 difference.
SHARMA = (
    ((50.0000, 2.6772, -79.7751), (50.0000, 0.0000, -82.7485), 2.0425),
    ((50.0000, 3.1571, -77.2803), (50.0000, 0.0000, -82.7485), 2.8615),
    ((50.0000, 2.8361, -74.0200), (50.0000, 0.0000, -82.7485), 3.4412),
    ((50.0000, -1.3802, -84.2814), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, -1.1848, -84.8006), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, -0.9009, -85.5211), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, 0.0000, 0.0000), (50.0000, -1.0000, 2.0000), 2.3669),
    ((50.0000, -1.0000, 2.0000), (50.0000, 0.0000, 0.0000), 2.3669),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0009), 7.1792),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0010), 7.1792),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0011), 7.2195),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0012), 7.2195),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0009, -2.4900), 4.8045),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0010, -2.4900), 4.8045),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0011, -2.4900), 4.7461),
    ((50.0000, 2.5000, 0.0000), (50.0000, 0.0000, -2.5000), 4.3065),
    ((50.0000, 2.5000, 0.0000), (73.0000, 25.0000, -18.0000), 27.1492),
    ((50.0000, 2.5000, 0.0000), (61.0000, -5.0000, 29.0000), 22.8977),
    ((50.0000, 2.5000, 0.0000), (56.0000, -27.0000, -3.0000), 31.9030),
    ((50.0000, 2.5000, 0.0000), (58.0000, 24.0000, 15.0000), 19.4535),
    ((50.0000, 2.5000, 0.0000), (50.0000, 3.1736, 0.5854), 1.0000),
    ((50.0000, 2.5000, 0.0000), (50.0000, 3.2972, 0.0000), 1.0000),
    ((50.0000, 2.5000, 0.0000), (50.0000, 1.8634, 0.5757), 1.0000),
    ((50.0000, 2.5000, 0.0000), (50.0000, 3.2592, 0.3350), 1.0000),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((61.2901, 3.7196, -5.3901), (61.4292, 2.2480, -4.9620), 1.8731),
    ((35.0831, -44.1164, 3.7933), (35.0232, -40.0716, 1.5901), 1.8645),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((36.4612, 47.8580, 18.3852), (36.2715, 50.5065, 21.2231), 1.4146),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((90.9257, -0.5406, -0.9208), (88.6381, -0.8985, -0.7239), 1.5381),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
)


@pytest.mark.parametrize(("first", "second", "difference"), SHARMA)
def test_ciede2000_equals_the_published_pairs(
    first: tuple[float, ...], second: tuple[float, ...], difference: float
) -> None:
    assert lab.ciede2000(np.array(first), np.array(second)) == pytest.approx(difference, abs=5e-5)
    assert lab.ciede2000(np.array(second), np.array(first)) == pytest.approx(difference, abs=5e-5)


def test_ciede2000_of_arrays_equals_that_of_pairs() -> None:
    first, second = (np.array([pair[i] for pair in SHARMA]) for i in (0, 1))
    grid = lab.ciede2000(first[:, None], second[None])
    assert np.diag(grid) == pytest.approx([pair[2] for pair in SHARMA], abs=5e-5)


def test_halved_lightness_halves_a_difference_of_light_only() -> None:
    dark, light = np.array([40.0, 10, 10]), np.array([60.0, 10, 10])
    assert lab.ciede2000(dark, light, k_l=2) == pytest.approx(lab.ciede2000(dark, light) / 2)


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0, 0)),
    ],
)
def test_srgb_primaries_have_their_published_lab(
    rgb: tuple[int, int, int], expected: tuple[float, float, float]
) -> None:
    assert lab.from_rgb(np.array(rgb, np.uint8)) == pytest.approx(expected, abs=0.02)


def test_every_color_comes_back_from_lab() -> None:
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    rgb = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    assert (lab.to_rgb(lab.from_rgb(rgb)) == rgb).all()


def test_every_gray_has_no_chroma() -> None:
    gray = lab.from_rgb(np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1))
    assert lab.chroma(gray) == pytest.approx(np.zeros(256), abs=1e-9)


@pytest.mark.parametrize(
    ("rgb", "chroma", "hue"),
    [
        ((255, 0, 0), 104.55, 40.0),
        ((0, 255, 0), 119.78, 136.0),
        ((0, 0, 255), 133.81, 306.3),
    ],
)
def test_srgb_primaries_have_their_published_chroma_and_hue(
    rgb: tuple[int, int, int], chroma: float, hue: float
) -> None:
    color = lab.from_rgb(np.array(rgb, np.uint8))
    assert float(lab.chroma(color)) == pytest.approx(chroma, abs=0.02)
    assert float(lab.hue(color)) == pytest.approx(hue, abs=0.05)


def test_every_code_comes_back_from_linear_light() -> None:
    codes = np.arange(256, dtype=np.uint8)
    assert (lab.to_code(lab.LINEAR[codes]) == codes).all()
