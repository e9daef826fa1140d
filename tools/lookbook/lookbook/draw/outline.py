"""Outlines of bodies and cloth: smooth paths and tapered limbs, as polygons in body units."""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""N x 2: x to the right, y down."""

Shape = list[Points]
"""Polygons whose union is the shape."""


def smooth(points: object, per_segment: int = 8) -> Points:
    """Return a Catmull-Rom curve through `points` (N x 2), `per_segment` samples a piece, open ends."""
    p = np.asarray(points, dtype=np.float64)
    if len(p) < 3:
        return p
    q = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    t = np.linspace(0, 1, per_segment, endpoint=False)[:, None]
    a, b, c, d = (q[i : len(q) - 3 + i, None, :] for i in range(4))
    u = t[None]
    curve = 0.5 * (
        2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u**2 + (3 * b - 3 * c + d - a) * u**3
    )
    return np.vstack([curve.reshape(-1, 2), p[-1]])


def path(*pieces: object) -> Points:
    """Return one closed polygon from smooth pieces; corners stay where two pieces meet."""
    return np.vstack([smooth(p) for p in pieces])


def shift(points: Points, dx: float, dy: float) -> Points:
    """Return the same points, moved."""
    moved: Points = points + np.array((dx, dy))
    return moved


def mirror(points: Points) -> Points:
    """Return the same points with x negated, in reverse order (so that a right side continues leftwards)."""
    return (points * (-1.0, 1.0))[::-1]


def symmetric(right: Points) -> Points:
    """Return a closed outline from its right half, given top to bottom."""
    return np.vstack([right, mirror(right)])


def limb_line(joints: object, samples: int = 22) -> Points:
    """Return the center line of a limb through its joints, bent softly, evenly sampled along its length."""
    p = np.asarray(joints, dtype=np.float64)
    fine = p if len(p) < 3 else _rounded(p)
    step = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(fine, axis=0).T))])
    at = np.linspace(0, step[-1], samples)
    return np.stack([np.interp(at, step, fine[:, i]) for i in (0, 1)], axis=1)


def _rounded(p: Points) -> Points:
    """Replace the corners at joints by short quadratic arcs."""
    out = [p[:1]]
    t = np.linspace(0, 1, 7)[:, None]
    for a, b, c in zip(p[:-2], p[1:-1], p[2:], strict=True):
        s, e = b + (a - b) * 0.22, b + (c - b) * 0.22
        out.append((1 - t) ** 2 * s + 2 * t * (1 - t) * b + t**2 * e)
    return np.vstack([*out, p[-1:]])


_RING = np.stack([f(np.linspace(0, 2 * np.pi, 16, endpoint=False)) for f in (np.cos, np.sin)], 1)


def limb(
    joints: object,
    widths: object,
    start: float = 0.0,
    stop: float = 1.0,
    round_end: bool = False,
) -> Shape:
    """Return a tapered limb: quads and discs along the center line between `start` and `stop` of its length.

    `widths` are half-widths at even steps of the whole length. The union of convex pieces has no holes however
    sharply the limb bends.
    """
    line = limb_line(joints, 40)
    w_all = np.asarray(widths, dtype=np.float64)
    at = np.linspace(start, stop, 16)
    grid = np.linspace(0, 1, 40)
    c = np.stack([np.interp(at, grid, line[:, i]) for i in (0, 1)], axis=1)
    w = np.interp(at, np.linspace(0, 1, len(w_all)), w_all)
    tangent = np.gradient(c, axis=0)
    tangent /= np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9)[:, None]
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) * w[:, None]
    a, b = c + normal, c - normal
    shape: Shape = list(np.stack([a[:-1], a[1:], b[1:], b[:-1]], axis=1))
    to_end = np.hypot(*(c - c[-1]).T)
    to_start = np.hypot(*(c - c[0]).T)
    keep = (round_end | (to_end > w)) & ((start <= 0) | (to_start > w))
    keep[1::2] &= round_end & (np.arange(len(c))[1::2] == len(c) - 1)
    shape += list(c[keep, None] + _RING * w[keep, None, None])
    return shape


def ellipse(x: float, y: float, rx: float, ry: float, n: int = 36) -> Points:
    """Return a closed ellipse."""
    t = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.stack([x + rx * np.cos(t), y + ry * np.sin(t)], axis=1)
