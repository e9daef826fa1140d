"""The renderer: the same spec gives the same pixels, and the truth is what the pixels show."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashion.words import CATEGORIES
from lookbook.draw.render import MIN_PIXELS, Rendered, render
from lookbook.spec.garment_sampling import sample_garment
from lookbook.spec.photo import PATTERNS, STYLES, GarmentSpec, PhotoSpec
from lookbook.spec.sampling import SKIN_TONES, sample_outfit, sample_scene

BOTTOMS, TOPS = {7, 8, 9}, {1, 2, 5, 6}


def wearing(
    category: int, seed: int, color: str | None = None, pattern: str = "plain"
) -> PhotoSpec:
    """Return somebody who wears the garment, and a black or white one where it needs another."""
    rng = np.random.default_rng([category, seed])
    worn: list[GarmentSpec] = [sample_garment(rng, "train", category, color=color, pattern=pattern)]
    other = "black" if color == "white" else "white"
    if category in {3, 4}:
        worn.append(sample_garment(rng, "train", 2, color=other, pattern="plain", under=True))
    if category in TOPS | {3, 4}:
        worn.append(sample_garment(rng, "train", 8, color=other, pattern="plain"))
    if category in BOTTOMS:
        worn.insert(0, sample_garment(rng, "train", 1, color=other, pattern="plain"))
    return sample_outfit(seed, "train", garments=worn)


@pytest.fixture(scope="module")
def photos() -> list[tuple[PhotoSpec, Rendered]]:
    specs = [sample_outfit(seed, "run") for seed in range(12)]
    return [(spec, render(spec)) for spec in specs]


def test_the_same_spec_gives_the_same_pixels() -> None:
    for spec in (sample_outfit(5, "train"), sample_scene(5, "train")):
        again = PhotoSpec.from_json(spec.to_json())
        assert again == spec
        assert np.array_equal(render(spec).image, render(again).image)


def test_other_seeds_and_splits_give_other_pixels() -> None:
    first = render(sample_outfit(1, "train")).image
    for spec in (sample_outfit(2, "train"), sample_outfit(1, "run")):
        other = render(spec).image
        assert first.shape != other.shape or not np.array_equal(first, other)


def test_a_photo_is_rgb_of_the_size_that_the_spec_says(
    photos: list[tuple[PhotoSpec, Rendered]],
) -> None:
    for spec, photo in photos:
        assert photo.image.shape == (spec.height, spec.width, 3)
        assert photo.image.dtype == np.uint8
        assert 480 <= max(spec.width, spec.height) <= 640


def test_masks_lie_in_the_photo_and_no_two_share_a_pixel(
    photos: list[tuple[PhotoSpec, Rendered]],
) -> None:
    for spec, photo in photos:
        assert photo.fashion
        assert photo.garments
        claimed = np.zeros((spec.height, spec.width), int)
        for garment in photo.garments:
            assert garment.mask.shape == claimed.shape
            assert garment.mask.dtype == np.bool_
            assert np.count_nonzero(garment.mask) >= MIN_PIXELS
            claimed += garment.mask
        assert claimed.max() == 1


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_is_seen(category: int) -> None:
    spec = wearing(category, seed=category)
    photo = render(spec)
    mask = next(g.mask for g in photo.garments if g.category == category)
    assert np.count_nonzero(mask) > 0.008 * mask.size


def test_a_short_sleeve_covers_less_than_a_long_one() -> None:
    sizes = {}
    for category in (1, 2):
        rng = np.random.default_rng(0)
        top = sample_garment(rng, "train", category, pattern="plain")
        photo = render(sample_outfit(3, "train", garments=[top]))
        sizes[category] = np.count_nonzero(photo.garments[0].mask)
    assert sizes[2] > 1.1 * sizes[1]


def test_an_open_jacket_shows_the_top_below_it() -> None:
    for seed in range(3):
        photo = render(wearing(4, seed))
        assert {4, 2} <= {g.category for g in photo.garments}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_shows_its_colors_main_first(pattern: str) -> None:
    for seed in range(3):
        spec = wearing(10, seed, "green", pattern)
        garment = render(spec).garments[0]
        assert garment.pattern == pattern
        assert garment.colors[0].name == "green"
        assert sum(c.share for c in garment.colors) == pytest.approx(1)
        assert (len(garment.colors) > 1) == (pattern != "plain")
        if pattern != "plain":
            assert 0.03 < garment.colors[1].share <= garment.colors[0].share


@pytest.mark.parametrize(
    "color", ["black", "white", "navy", "red", "yellow", "pink", "olive", "light blue"]
)
def test_shading_leaves_the_color_of_plain_cloth(color: str) -> None:
    for seed in range(2):
        photo = render(wearing(11, seed, color))
        garment = photo.garments[0]
        pixels = photo.image[garment.mask].astype(float)
        light = pixels.mean(axis=1)
        low, high = np.percentile(light, [20, 80])
        median = np.median(pixels[(light >= low) & (light <= high)], axis=0)
        assert np.abs(median - garment.colors[0].rgb).max() < 18
        assert garment.colors[0].name == color


def test_cloth_is_shaded_not_flat() -> None:
    photo = render(wearing(11, 0, "red"))
    assert photo.image[photo.garments[0].mask].astype(float).std(axis=0).max() > 8


def test_a_scene_is_not_fashion() -> None:
    photo = render(sample_scene(3, "run"))
    assert not photo.fashion
    assert photo.garments == []


def test_every_skin_tone_and_style_is_drawn() -> None:
    specs = [sample_outfit(seed, "train") for seed in range(400)]
    assert {s.style for s in specs} == set(STYLES)
    skins = np.array([s.person.skin for s in specs if s.person], float)
    for tone in SKIN_TONES:
        assert (np.abs(skins - tone).max(axis=1) <= 4).sum() > 10


def test_a_style_is_a_distribution_of_its_own() -> None:
    def dresses(style: str) -> float:
        specs = [sample_outfit(seed, "train", style) for seed in range(200)]
        return float(np.mean([any(g.category >= 10 for g in s.garments) for s in specs]))

    assert dresses("feminine") > 2 * dresses("street")


def test_what_hides_its_sleeves_under_a_coat_says_by_its_neck_what_it_is() -> None:
    for seed in range(500):
        garments = sample_outfit(seed, "train").garments
        if garments[0].category in {3, 4}:
            inner = garments[1]
            assert inner.category not in {5, 12}
            if inner.category in {2, 11}:
                assert inner.neckline in {"turtle", "collar"}
            elif inner.category in {1, 10}:
                assert inner.neckline in {"crew", "scoop"}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"category": 14}, "category 14"),
        ({"category": 1, "style": "goth"}, "style 'goth'"),
        ({"category": 1, "color": "octarine"}, "color 'octarine'"),
        ({"category": 1, "pattern": "paisley"}, "pattern 'paisley'"),
        ({"category": 5, "under": True}, "under outerwear"),
    ],
)
def test_an_impossible_garment_is_refused_by_name(
    arguments: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        sample_garment(np.random.default_rng(0), "train", **arguments)  # type: ignore[arg-type]


def test_an_impossible_photo_is_refused() -> None:
    with pytest.raises(ValueError, match="split"):
        sample_outfit(0, "val")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="seed"):
        sample_scene(-1, "run")
    with pytest.raises(ValueError, match="garments"):
        sample_outfit(0, "run", garments=[])
    with pytest.raises(ValueError, match="not a photo spec"):
        PhotoSpec.from_json('{"person": null}')


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**40), st.sampled_from(["train", "run"]))
def test_any_seed_renders(seed: int, split: str) -> None:
    photo = render(sample_outfit(seed, split))  # type: ignore[arg-type]
    assert photo.garments
