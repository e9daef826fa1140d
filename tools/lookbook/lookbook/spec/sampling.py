"""Sampling photo specs: people in outfits, and scenes that are not about fashion.

A seed and a split fix a spec. What the two splits contain (seeds, poses, backgrounds, cloths) is disjoint; see `cells`.
"""

from collections.abc import Sequence

import numpy as np

from lookbook.spec.cells import draw_cell, photo_rng
from lookbook.spec.garment_sampling import pick, sample_garments, weighted
from lookbook.spec.photo import (
    SPLITS,
    STYLES,
    Camera,
    GarmentSpec,
    Person,
    PhotoSpec,
    Rgb,
    Split,
)
from lookbook.spec.styles import STYLE

SKIN_TONES: tuple[Rgb, ...] = (
    (246, 237, 228),
    (243, 231, 219),
    (247, 234, 208),
    (234, 218, 186),
    (215, 189, 150),
    (160, 126, 86),
    (130, 92, 67),
    (96, 65, 52),
    (58, 49, 42),
    (41, 36, 32),
)
"""The Monk Skin Tone scale (Google, 2022), sRGB."""

BACKGROUNDS: tuple[str, ...] = ("studio", "wall", "brick", "street", "park", "interior", "bokeh")
SCENES: tuple[str, ...] = (
    "landscape",
    "building",
    "still life",
    "screen",
    "abstract",
    "car",
    "animal",
    "plant",
    "place",
    "food",
)

_HAIR_RGB: tuple[Rgb, ...] = (
    (24, 20, 20), (24, 20, 20), (44, 30, 24), (78, 52, 34), (120, 82, 50), (190, 156, 104), (150, 70, 40), (150, 148, 146),
)  # fmt: skip
_HAIR = ("long", "long", "wavy", "bob", "bun", "short", "short", "curly", "buzz", "bald")
_LEATHER: tuple[Rgb, ...] = (
    (28, 26, 28), (98, 62, 40), (176, 128, 82), (226, 218, 204), (240, 240, 238), (120, 24, 40), (60, 70, 90), (196, 60, 60),
)  # fmt: skip


def _person(rng: np.random.Generator, split: Split, style: str) -> Person:
    broad = float(rng.normal(0, 1))
    skin = SKIN_TONES[int(rng.integers(len(SKIN_TONES)))]
    r, g, b = (int(np.clip(v + rng.integers(-4, 5), 20, 250)) for v in skin)
    build = float(np.clip(rng.normal(1.0, 0.11), 0.82, 1.35))
    extra = weighted(rng, {"none": 6, "glasses": 1.2, "hat": 0.7, "cap": 0.8, "beanie": 0.6})
    return Person(
        skin=(r, g, b),
        hair=pick(rng, _HAIR),
        hair_rgb=pick(rng, _HAIR_RGB),
        shoulder=float(np.clip(0.90 + 0.06 * broad, 0.78, 1.05)) * (0.85 + 0.15 * build),
        chest=float(np.clip(0.66 + 0.03 * broad, 0.58, 0.76)) * build,
        waist=float(np.clip(0.54 + 0.04 * broad + rng.normal(0, 0.02), 0.46, 0.7)) * build,
        hip=float(np.clip(0.70 - 0.015 * broad + rng.normal(0, 0.02), 0.62, 0.8)) * build,
        limb=0.35 + 0.65 * build,
        leg_length=float(rng.uniform(0.92, 1.06)),
        head=float(rng.uniform(0.94, 1.08)),
        face=float(rng.uniform(0.9, 1.06)),
        pose_id=draw_cell(rng, "pose", split),
        mirrored=bool(rng.random() < 0.5),
        shoe=pick(rng, STYLE[style].shoes),
        shoe_rgb=pick(rng, _LEATHER),
        bag=weighted(rng, {"none": 6, "crossbody": 1, "shoulder": 1.5, "tote": 1}),
        bag_rgb=pick(rng, _LEATHER),
        extra=extra,
        extra_rgb=pick(rng, _LEATHER),
    )


def _size(rng: np.random.Generator) -> tuple[int, int]:
    """Return width and height: long side 480 to 640, mostly portrait; the same for outfits and scenes."""
    long = int(rng.integers(240, 321)) * 2
    ratio = weighted(rng, {0.75: 5, 0.8: 3, 0.6667: 3, 1.0: 1.2, 1.3333: 0.8})
    return (int(long * ratio), long) if ratio <= 1 else (long, int(long / ratio))


def _camera(rng: np.random.Generator, width: int, height: int, person: Person | None) -> Camera:
    legs = 2.42 + 3.85 * (person.leg_length if person else 1.0) + 0.5
    full = rng.random() < 0.62
    if full:
        head = height * rng.uniform(0.80, 0.96) / (1.4 + legs)
        y = height - head * legs - (height - head * (1.4 + legs)) * rng.uniform(0.25, 0.75)
    else:
        head = height * rng.uniform(0.9, 0.99) / (1.35 + rng.uniform(3.5, 5.6))
        y = head * 1.38 + height * rng.uniform(0.0, 0.06)
    side = 1 if rng.random() < 0.5 else -1
    return Camera(
        head_px=round(float(head), 2),
        x=round(float(width * (0.5 + rng.uniform(-0.09, 0.09))), 1),
        y=round(float(y), 1),
        tilt=round(float(rng.normal(0, 1.6)), 2),
        light_x=round(float(side * rng.uniform(0.35, 0.9)), 2),
        light_y=round(float(rng.uniform(-0.7, -0.2)), 2),
        contrast=round(float(rng.uniform(0.6, 1.05)), 2),
        exposure=round(float(rng.uniform(0.96, 1.03)), 3),
        warmth=round(float(rng.normal(0, 0.012)), 4),
        noise=round(float(rng.uniform(1.0, 4.0)), 2),
        blur=round(float(rng.choice((0.0, 0.0, 0.5, 0.8))), 2),
        vignette=round(float(rng.uniform(0.0, 0.12)), 3),
    )


def _check(seed: int, split: Split) -> None:
    if split not in SPLITS:
        raise ValueError(f"split {split!r}: must be 'train' or 'run'")
    if seed < 0:
        raise ValueError(f"seed {seed}: must be 0 or more")


def sample_outfit(
    seed: int,
    split: Split,
    style: str | None = None,
    garments: Sequence[GarmentSpec] | None = None,
) -> PhotoSpec:
    """Sample a person in an outfit. Style and garments are sampled unless given; given garments are worn as they are.

    Raises:
        ValueError: negative seed, unknown split or style, or an empty `garments`.
    """
    _check(seed, split)
    if garments is not None and not garments:
        raise ValueError("garments: an outfit needs at least one")
    if style is not None and style not in STYLE:
        raise ValueError(f"style {style!r}: must be one of {', '.join(STYLES)}")
    rng = photo_rng(split, "outfit", seed)
    style = style or pick(rng, STYLES)
    worn = tuple(garments) if garments is not None else sample_garments(rng, split, style)
    rng = photo_rng(split, "person", seed)
    person = _person(rng, split, style)
    width, height = _size(rng)
    background = pick(rng, BACKGROUNDS)
    return PhotoSpec(
        split=split,
        seed=seed,
        width=width,
        height=height,
        style=style,
        person=person,
        garments=worn,
        background=background,
        background_id=draw_cell(rng, "background", split),
        camera=_camera(rng, width, height, person),
    )


def sample_scene(seed: int, split: Split) -> PhotoSpec:
    """Sample a photo that is not about fashion: sizes, noise and light as in outfits.

    Raises:
        ValueError: negative seed or unknown split.
    """
    _check(seed, split)
    rng = photo_rng(split, "scene", seed)
    width, height = _size(rng)
    scene = pick(rng, SCENES)
    return PhotoSpec(
        split=split,
        seed=seed,
        width=width,
        height=height,
        style=None,
        person=None,
        garments=(),
        background=scene,
        background_id=draw_cell(rng, "scene", split),
        camera=_camera(rng, width, height, None),
    )
