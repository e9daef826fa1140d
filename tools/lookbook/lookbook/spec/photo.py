"""What a photo shows, as frozen values: every visual decision of a render is in its `PhotoSpec`."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from fashion import words

Split = Literal["train", "run"]
SPLITS: tuple[Split, ...] = ("train", "run")

STYLES: tuple[str, ...] = tuple(style.name for style in words.STYLES.values())
PATTERNS: tuple[str, ...] = ("plain", "striped", "checked", "dotted")

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class ClothColor:
    """One color of a cloth: sRGB before shading, and the name of its retail family."""

    rgb: Rgb
    name: str


@dataclass(frozen=True)
class GarmentSpec:
    """One garment. `cloth_id` names a cell of the weave, fold and pattern variants of its split.

    `fit` 0 (tight) to 1 (loose); `length` 0 (shortest of its cut) to 1 (longest); `sleeve` is the
    covered part of the arm, 0 to 1; `colors` main first (striped, checked, dotted have two or more).
    """

    category: int
    cut: str
    neckline: str
    fit: float
    length: float
    sleeve: float
    pattern: str
    colors: tuple[ClothColor, ...]
    cloth_id: int


@dataclass(frozen=True)
class Person:
    """Who wears it. Widths are half-widths in heads (the height of the head is 1)."""

    skin: Rgb
    hair: str
    hair_rgb: Rgb
    shoulder: float
    chest: float
    waist: float
    hip: float
    limb: float
    leg_length: float
    head: float
    face: float
    pose_id: int
    mirrored: bool
    shoe: str
    shoe_rgb: Rgb
    bag: str
    bag_rgb: Rgb
    extra: str
    extra_rgb: Rgb


@dataclass(frozen=True)
class Camera:
    """Framing and light. `head_px` pixels a head; `x`, `y` where the shoulders' middle is, in px."""

    head_px: float
    x: float
    y: float
    tilt: float
    light_x: float
    light_y: float
    contrast: float
    exposure: float
    warmth: float
    noise: float
    blur: float
    vignette: float


@dataclass(frozen=True)
class PhotoSpec:
    """One photo. `background` or `scene` kind and `background_id` fix what is behind or shown."""

    split: Split
    seed: int
    width: int
    height: int
    style: str | None
    person: Person | None
    garments: tuple[GarmentSpec, ...]
    background: str
    background_id: int
    camera: Camera

    @property
    def fashion(self) -> bool:
        """Whether the photo shows clothes."""
        return bool(self.garments)

    @property
    def pose_id(self) -> int | None:
        """The cell of the pose list that the photo uses, if it shows a person."""
        return self.person.pose_id if self.person else None

    @property
    def cloth_ids(self) -> frozenset[int]:
        """The cells of the cloth variants that the photo uses."""
        return frozenset(g.cloth_id for g in self.garments)

    @property
    def seed_id(self) -> str:
        """The seed inside its name space: equal only for the same split, kind and seed."""
        return f"{self.split}:{'outfit' if self.fashion else 'scene'}:{self.seed}"

    def to_json(self) -> str:
        """Return the spec as JSON; `from_json` gives an equal spec."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> "PhotoSpec":
        """Return the spec that `to_json` wrote.

        Raises:
            ValueError: the text is not JSON, or lacks or adds a field.
        """
        raw: dict[str, Any] = json.loads(text)
        try:
            person = raw.pop("person")
            garments = tuple(_garment(g) for g in raw.pop("garments"))
            camera = Camera(**raw.pop("camera"))
            return PhotoSpec(
                person=None if person is None else Person(**_tuples(person)),
                garments=garments,
                camera=camera,
                **raw,
            )
        except (KeyError, TypeError) as e:
            raise ValueError(f"not a photo spec: {e}") from e


def _tuples(raw: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}


def _garment(raw: dict[str, Any]) -> GarmentSpec:
    colors = tuple(ClothColor(rgb=tuple(c["rgb"]), name=c["name"]) for c in raw.pop("colors"))
    return GarmentSpec(colors=colors, **raw)
