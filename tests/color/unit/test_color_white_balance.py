"""Colored light is removed where a photo shows it; where it may be the room, nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from color.core.extract import extract
from color.core.white_balance import Outcome, estimate
from fashion import lab

if TYPE_CHECKING:
    from lookbook.draw.render import Rendered

WARM = np.array([1.25, 1.0, 0.62])
LUMINANCE = (0.2126, 0.7152, 0.0722)
CLOTH = (78, 108, 148)


def room(light: NDArray[np.float64] | None = None) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return things of all colors and lightnesses around a denim-blue cloth, under a light (factors for linear RGB)."""
    rng = np.random.default_rng(4)
    things = rng.integers(40, 150, (25, 20, 1)) * rng.uniform(0.78, 1.22, (25, 20, 3))
    things[:, 0] = np.linspace(30, 190, 25)[:, None]  # and something gray
    walls = things.repeat(16, 0).repeat(16, 1)
    pixels = np.clip(walls + rng.normal(0, 2, (400, 320, 3)), 0, 255).astype(np.uint8)
    pixels[120:300, 90:230] = CLOTH
    mask = np.zeros((400, 320), np.bool_)
    mask[120:300, 90:230] = True
    return (pixels if light is None else lab.to_code(lab.LINEAR[pixels] * light)), mask


def error(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], gains: NDArray[np.float64] | None
) -> float:
    measured = extract(pixels, mask, gains).colors[0].lab
    return float(lab.ciede2000(measured, lab.from_rgb(np.array(CLOTH, np.uint8))))


def test_white_light_is_left_as_it_is() -> None:
    pixels, mask = room()
    balance = estimate(pixels, [mask])
    assert (balance.outcome, balance.gains) == (Outcome.NEUTRAL, None)


@pytest.mark.parametrize("light", [WARM, 1 / WARM])
def test_a_cast_that_all_things_show_is_reduced(light: NDArray[np.float64]) -> None:
    pixels, mask = room(light / (light @ LUMINANCE))
    balance = estimate(pixels, [mask])
    assert balance.outcome is Outcome.APPLIED
    assert error(pixels, mask, balance.gains) < 0.8 * error(pixels, mask, None)


def test_luminance_is_kept() -> None:
    balance = estimate(*_one(room(WARM / (WARM @ LUMINANCE))))
    assert balance.gains is not None
    assert balance.gains @ LUMINANCE == pytest.approx(1)


def test_a_beige_room_is_not_taken_for_colored_light() -> None:
    pixels, mask = room()
    shade = np.linspace(0.75, 1, 400)[:, None, None]
    beige = np.clip(np.array((219, 200, 168)) * shade, 0, 255).astype(np.uint8)
    pixels = np.where(mask[..., None], pixels, np.broadcast_to(beige, pixels.shape))
    assert estimate(pixels, [mask]).gains is None


def test_a_light_that_is_far_from_white_is_left_and_reported() -> None:
    balance = estimate(*_one(room(np.array([1.0, 0.5, 0.15]))))
    assert (balance.outcome, balance.gains) == (Outcome.EXTREME, None)
    assert balance.light >> 16 == 255


def test_a_photo_of_cloth_only_says_nothing_about_the_light() -> None:
    pixels, mask = room()
    assert estimate(pixels, [np.ones_like(mask)]).outcome is Outcome.UNCERTAIN
    white = np.full_like(pixels, 255)
    assert estimate(white, [mask]).outcome is Outcome.UNCERTAIN
    assert estimate(np.zeros_like(pixels), [mask]).outcome is Outcome.UNCERTAIN


def test_the_garments_own_color_is_not_used_as_evidence() -> None:
    pixels, mask = room(WARM / (WARM @ LUMINANCE))
    other = pixels.copy()
    other[mask] = (220, 30, 40)
    assert estimate(pixels, [mask]).light == estimate(other, [mask]).light


@pytest.fixture(scope="module")
def rendered(render_outfit: Callable[[int], Rendered]) -> list[Rendered]:
    """Return photos from seeds that were not used to choose a threshold."""
    return [render_outfit(seed) for seed in range(91_000, 91_060)]


def errors(photos: list[Rendered], light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return n x 3 for plain garments under a light: CIEDE2000 without and with balance, and whether it was applied."""
    found = []
    for photo in photos:
        pixels = lab.to_code(lab.LINEAR[photo.image] * light)
        balance = estimate(pixels, [garment.mask for garment in photo.garments])
        for garment in photo.garments:
            if garment.pattern == "plain":
                true = lab.from_rgb(np.array(garment.colors[0].rgb, np.uint8))
                without, with_it = (
                    float(lab.ciede2000(extract(pixels, garment.mask, gains).colors[0].lab, true))
                    for gains in (None, balance.gains)
                )
                found.append((without, with_it, balance.outcome is Outcome.APPLIED))
    return np.array(found)


@pytest.mark.slow
def test_rendered_photos_in_white_light_stay_as_they_are(rendered: list[Rendered]) -> None:
    found = errors(rendered, np.ones(3))
    assert found[:, 2].mean() < 0.05
    assert found[:, 1].mean() <= found[:, 0].mean() + 0.1


@pytest.mark.slow
def test_rendered_photos_in_colored_light_come_closer_to_the_truth(
    rendered: list[Rendered],
) -> None:
    for light in ((1.2, 1.0, 0.72), (0.82, 1.0, 1.32)):
        found = errors(rendered, np.array(light))
        applied = found[found[:, 2] > 0]
        assert len(applied) >= 3
        assert applied[:, 1].mean() < 0.95 * applied[:, 0].mean()
        assert found[:, 1].mean() < found[:, 0].mean()


def _one(
    photo: tuple[NDArray[np.uint8], NDArray[np.bool_]],
) -> tuple[NDArray[np.uint8], list[NDArray[np.bool_]]]:
    return photo[0], [photo[1]]
