"""Bodies in poses. Body units: one head height; x to the right of the picture, y down, origin between the shoulders.

Proportions follow the eight-head figure of fashion drawing: waist 1.55, hips 2.2, crotch 2.65, knees about 4.5, ankles about
6.3 below the shoulders.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lookbook.draw.outline import Points, Shape
from lookbook.spec.cells import cell_rng
from lookbook.spec.photo import Camera, Person

CROTCH = 2.65
UPPER_ARM, FOREARM, HAND = 1.38, 1.15, 0.42

ARM_POSES = ("down", "down", "out", "hip", "bent", "pocket", "raised", "phone", "behind")
LEG_POSES = ("together", "apart", "walking", "relaxed", "crossed")


@dataclass(frozen=True)
class Arm:
    """Angles in degrees from straight down, outward positive; `front` = the forearm is before the body."""

    kind: str
    upper: float
    fore: float
    front: bool


@dataclass(frozen=True)
class Pose:
    """One cell of the pose list. `legs` are (hip angle, lower leg angle, apparent length) left and right."""

    arms: tuple[Arm, Arm]
    legs: tuple[tuple[float, float, float], tuple[float, float, float]]
    lean: float
    sway: float
    yaw: float
    head_tilt: float


@cache
def pose(pose_id: int) -> Pose:
    """Return the pose of a cell."""
    rng = cell_rng("pose", pose_id)
    kinds = [str(rng.choice(ARM_POSES)) for _ in range(2)]
    if kinds[0] == kinds[1] and kinds[0] in {"raised", "phone"}:
        kinds[1] = "down"
    legs = _legs(rng, str(rng.choice(LEG_POSES)))
    return Pose(
        arms=(_arm(rng, kinds[0]), _arm(rng, kinds[1])),
        legs=legs,
        lean=float(rng.normal(0, 0.018)),
        sway=float(rng.normal(0, 0.07)),
        yaw=float(np.clip(rng.normal(0, 0.38), -0.9, 0.9)),
        head_tilt=float(rng.normal(0, 6)),
    )


def _arm(rng: np.random.Generator, kind: str) -> Arm:
    u = rng.uniform
    angles = {
        "down": (u(5, 13), u(0, 9)),
        "out": (u(17, 30), u(10, 26)),
        "hip": (u(38, 50), u(-52, -42)),
        "bent": (u(8, 18), u(-105, -62)),
        "pocket": (u(17, 25), u(-20, -10)),
        "raised": (u(95, 135), u(185, 225)),
        "phone": (u(8, 20), u(-150, -122)),
        "behind": (u(14, 24), u(-40, -26)),
    }
    upper, fore = angles[kind]
    return Arm(kind, float(upper), float(fore), kind not in {"behind"})


def _legs(
    rng: np.random.Generator, kind: str
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    u = rng.uniform
    if kind == "together":
        pair = [(u(-1, 1.5), u(-2, 1), 1.0), (u(-1, 1.5), u(-2, 1), 1.0)]
    elif kind == "apart":
        pair = [(u(5, 10), u(3, 8), 1.0), (u(5, 10), u(3, 8), 1.0)]
    elif kind == "walking":
        pair = [(u(0, 5), u(-5, 0), 1.0), (u(-1, 5), u(4, 16), u(0.9, 0.96))]
    elif kind == "relaxed":
        pair = [(u(-1, 2), u(-2, 1), 1.0), (u(7, 12), u(0, 6), u(0.96, 1))]
    else:
        pair = [(u(-4, -2), u(-6, -3), 1.0), (u(-3, -1), u(-8, -4), u(0.95, 1))]
    if rng.random() < 0.5:
        pair.reverse()
    (a, b, c), (d, e, f) = pair
    return (float(a), float(b), float(c)), (float(d), float(e), float(f))


class Body:
    """A person in a pose before a camera: joints in body units and the way from there to pixels."""

    def __init__(self, person: Person, camera: Camera) -> None:
        self.person = person
        self.camera = camera
        self.pose = pose(person.pose_id)
        self.flip = -1.0 if person.mirrored else 1.0
        turn = 1 - 0.22 * abs(self.pose.yaw)
        self.turn = turn
        p = person
        self._y = np.array([-0.2, 0.1, 0.35, 0.62, 0.95, 1.3, 1.55, 1.85, 2.2, CROTCH, 7.5])
        self._half = turn * np.array(
            [
                p.shoulder * 0.8,
                p.shoulder,
                p.shoulder * 0.98,
                p.chest,
                p.chest * 0.98,
                p.waist * 1.06,
                p.waist,
                (p.waist + p.hip) / 2 * 1.03,
                p.hip,
                p.hip * 0.99,
                p.hip,
            ]
        )
        self.center = 0.42 * self.pose.yaw * p.chest
        """Where the front line (buttons, collar) is off the middle, in body units."""
        self.shoulders = tuple((s * (p.shoulder * turn - 0.13), 0.16) for s in (-1, 1))
        self.hips = tuple((s * p.hip * turn * 0.54, 2.42) for s in (-1, 1))
        self.arms = tuple(self._arm(i) for i in (0, 1))
        self.legs = tuple(self._leg(i) for i in (0, 1))

    def half(self, y: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the half-width of the torso at height y."""
        return np.asarray(np.interp(y, self._y, self._half))

    def _arm(self, side: int) -> Points:
        """Return the points of shoulder, elbow, wrist, finger tips."""
        arm, s = self.pose.arms[side], -1 if side == 0 else 1
        shoulder = np.array(self.shoulders[side])
        u, f = np.radians([arm.upper, arm.fore])
        elbow = shoulder + UPPER_ARM * np.array([s * np.sin(u), np.cos(u)])
        wrist = elbow + FOREARM * np.array([s * np.sin(f), np.cos(f)])
        tips = wrist + HAND * np.array([s * np.sin(f * 0.9), np.cos(f * 0.9)])
        return np.stack([shoulder, elbow, wrist, tips])

    def _leg(self, side: int) -> Points:
        """Return the points of hip, knee and ankle."""
        s = -1 if side == 0 else 1
        up, low, k = self.pose.legs[side]
        length = self.person.leg_length
        a, b = np.radians([up, low])
        hip = np.array(self.hips[side])
        knee = hip + 2.0 * length * k * np.array([s * np.sin(a), np.cos(a)])
        ankle = knee + 1.85 * length * k * np.array([s * np.sin(b), np.cos(b)])
        return np.stack([hip, knee, ankle])

    def to_pixels(self, points: Points) -> Points:
        """Turn body units into picture pixels: sway and lean of the pose, then the camera."""
        x, y = points[:, 0].copy(), points[:, 1]
        x += self.pose.sway * np.sin(np.pi * np.clip(y / 5.0, -0.3, 1.2))
        x += self.pose.lean * (4.0 - y)
        x *= self.flip
        c = np.radians(self.camera.tilt)
        k = self.camera.head_px
        return np.stack(
            [
                self.camera.x + k * (np.cos(c) * x - np.sin(c) * y),
                self.camera.y + k * (np.sin(c) * x + np.cos(c) * y),
            ],
            axis=1,
        )

    def shape(self, shape: Shape) -> Shape:
        """Return a shape in body units as a shape in pixels."""
        ends = np.cumsum([len(p) for p in shape])[:-1]
        return np.split(self.to_pixels(np.concatenate(shape)), ends)

    def angle(self, a: Points, b: Points) -> float:
        """Return the direction of a limb from a to b in the picture, radians from straight down."""
        pa, pb = self.to_pixels(np.stack([a, b]))
        return float(np.arctan2(pb[0] - pa[0], pb[1] - pa[1]))
