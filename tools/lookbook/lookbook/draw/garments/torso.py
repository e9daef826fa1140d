"""The upper part of tops and dresses: necklines, armholes, straps, collars."""

import numpy as np
from numpy.typing import NDArray

from lookbook.draw.body import Body
from lookbook.draw.garments.pieces import Piece, Stroke
from lookbook.draw.outline import Points, Shape, limb, mirror, path, shift, smooth, symmetric
from lookbook.spec.photo import GarmentSpec

SLEEVED = frozenset({1, 2, 3, 4, 10, 11})


NECKLINES: dict[str, tuple[float, float]] = {
    "crew": (0.30, 0.14),
    "v": (0.30, 0.66),
    "scoop": (0.42, 0.46),
    "boat": (0.56, 0.10),
    "square": (0.44, 0.42),
    "turtle": (0.25, 0.02),
    "collar": (0.27, 0.34),
    "hood": (0.30, 0.18),
}
"""Half-width and depth, in heads."""


def slope(x: float, body: Body) -> float:
    """Return the height of the shoulder line at x: from the neck down to the shoulder's tip."""
    return -0.13 + 0.22 * min(1.0, abs(x) / (body.person.shoulder * body.turn))


def cloth_side(body: Body, fit: float, y: float, roomy: float) -> float:
    """Return the half-width of cloth at height y: close to the body when tight, hanging from the chest when loose."""
    close = float(body.half(y)) + 0.025
    hang = float(body.half(0.62)) * 1.02 + 0.03 + roomy
    return close + (max(close, hang) - close) * min(1.0, fit * 1.15) + 0.05 * fit


def _neck(g: GarmentSpec, body: Body) -> list[NDArray[np.float64]]:
    """Return the right half of the neckline, from the middle up to the shoulder."""
    w, d = NECKLINES[g.neckline]
    w, cx = w * body.turn, body.center
    top = (w + cx * 0.35, slope(w, body))
    if g.neckline in {"v", "collar"}:
        return [np.array([(cx, d), top])]
    if g.neckline == "square":
        return [np.array([(cx, d), (cx * 0.6 + w * 0.95, d)]), np.array([top])]
    return [smooth([(cx, d), (cx * 0.8 + w * 0.55, d * 0.78), (cx * 0.5 + w * 0.92, d * 0.3), top])]


def _neck_left(g: GarmentSpec, body: Body) -> list[NDArray[np.float64]]:
    """Return the left half, from the shoulder down to the middle."""
    w, d = NECKLINES[g.neckline]
    w, cx = w * body.turn, body.center
    top = (-w + cx * 0.35, slope(w, body))
    if g.neckline in {"v", "collar"}:
        return [np.array([top, (cx, d)])]
    if g.neckline == "square":
        return [np.array([top]), np.array([(cx * 0.6 - w * 0.95, d), (cx, d)])]
    return [smooth([top, (cx * 0.5 - w * 0.92, d * 0.3), (cx * 0.8 - w * 0.55, d * 0.78), (cx, d)])]


def _armhole(g: GarmentSpec, body: Body) -> Points:
    """Return the points from the shoulder to the armpit on the right: at its tip with sleeves, cut in without."""
    tip = body.person.shoulder * body.turn
    pit = cloth_side(body, g.fit, 0.66, 0.06)
    if g.category in SLEEVED:
        return np.array([(tip - 0.02, slope(tip, body)), (tip, 0.3), (pit, 0.66)])
    inner = tip * (0.62 + 0.2 * g.sleeve)
    return smooth(
        [(inner, slope(inner, body)), (inner * 0.97, 0.3), (pit * 0.9, 0.62), (pit, 0.72)]
    )


def hem_line(x: float, y: float, drop: float = 0.05) -> Points:
    """Return the right half of a lower edge, hanging by `drop` in the middle."""
    return smooth([(x, y), (x * 0.55, y + drop * 0.8), (0.0, y + drop)])


def torso(g: GarmentSpec, body: Body, side: Points, hem: Points) -> list[Points]:
    """Return a closed torso from neckline, armhole, side seam and hem; with straps instead of shoulders for slings."""
    if g.category in {6, 13}:
        return _strapped(g, body, side, hem)
    right = [_armhole(g, body), side, hem]
    left = [mirror(p) for p in reversed(right)]
    return [np.vstack([*_neck(g, body), *right, *left, *_neck_left(g, body)])]


def _strapped(g: GarmentSpec, body: Body, side: Points, hem: Points) -> list[Points]:
    """Return the shape of a sling with bare shoulders: a straight or heart-shaped upper edge and two thin straps."""
    cx, chest = body.center, float(body.half(0.66)) + 0.03
    dip = {"v": 0.22, "scoop": 0.1}.get(g.neckline, 0.0)
    edge = 0.46 + 0.08 * g.sleeve
    x = 0.42 * body.turn
    if g.neckline == "square":
        upper = np.array([(cx, edge + 0.02), (x, edge), (chest, 0.62)])
    else:
        upper = smooth([(cx, edge + dip), (x, edge - 0.02), (chest * 0.86, 0.57), (chest, 0.66)])
    right = np.vstack([upper, side, hem])
    shape = [symmetric(right)]
    for s in (-1, 1):
        strap = [(s * x, edge + 0.04), (s * x * 0.97, 0.2), (s * x * 0.86, slope(x, body) - 0.02)]
        shape += limb(strap, (0.035, 0.03, 0.03))
    return shape


def hem_seam(x: float, y: float) -> Stroke:
    """Return the seam above a lower edge."""
    return Stroke(smooth([(-x, y - 0.07), (0, y - 0.02), (x, y - 0.07)]), 0.018, 0.22)


def neck_strokes(g: GarmentSpec, body: Body) -> list[Stroke]:
    """Return the seam along a neckline."""
    if g.category in {6, 13}:
        return []
    line = np.vstack([*_neck_left(g, body), *_neck(g, body)])
    return [Stroke(shift(line, 0, 0.045), 0.02, 0.2)]


def placket(body: Body, top: float, bottom: float) -> list[Stroke]:
    """Return a button strip and its buttons."""
    cx = body.center
    line = smooth([(cx, top), (cx, (top + bottom) / 2), (cx * 0.8, bottom)])
    buttons = [
        Stroke(np.array([(cx, y), (cx + 0.02, y + 0.01)]), 0.035, 0.45)
        for y in np.arange(top + 0.2, bottom - 0.1, 0.3)
    ]
    return [Stroke(shift(line, 0.06, 0), 0.018, 0.3), *buttons]


def collar(g: GarmentSpec, body: Body) -> list[Piece]:
    """Return a turtle neck, shirt collar or hood, over the neck."""
    cx, k = body.center, body.turn
    if g.neckline == "turtle":
        tube = path(
            [(0.25 * k, -0.06), (0.23 * k, -0.26)], [(-0.23 * k, -0.26), (-0.25 * k, -0.06)]
        )
        base = smooth([(-0.25 * k, -0.06), (cx, 0.06), (0.25 * k, -0.06)])
        return [Piece("over", [np.vstack([tube, base])], offset=5)]
    if g.neckline == "collar":
        out: Shape = []
        for s in (-1, 1):
            out.append(
                np.array(
                    [
                        (cx * 0.4 + s * 0.2 * k, -0.22),
                        (cx * 0.4 + s * 0.33 * k, -0.08),
                        (cx * 0.7 + s * 0.3 * k, 0.24),
                        (cx, 0.36),
                        (cx * 0.6 + s * 0.17 * k, 0.0),
                    ]
                )
            )
        return [Piece("over", out, offset=6)]
    if g.neckline == "hood":
        ring: Shape = []
        for s in (-1, 1):
            ring += limb(
                [(s * 0.36, -0.26), (s * 0.4, 0.0), (cx + s * 0.08, 0.26)], (0.1, 0.13, 0.09)
            )
        strings = [
            Stroke(np.array([(cx + s * 0.12, 0.28), (cx + s * 0.13, 0.75)]), 0.02, -0.5)
            for s in (-1, 1)
        ]
        return [Piece("over", ring, offset=6, strokes=strings)]
    return []
