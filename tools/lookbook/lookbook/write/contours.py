"""The outer outline of one connected mask as a polygon along pixel edges."""

import numpy as np
from numpy.typing import NDArray

_STEP = {0: (1, 0), 1: (0, 1), 2: (-1, 0), 3: (0, -1)}


def contours(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the outer boundary of an 8-connected mask, N x 2 corner points (x, y), clockwise, straight runs merged.

    The walk keeps the mask on its right. Corners lie on pixel edges, so that rasterizing the polygon gives the mask
    back (holes filled).

    Raises:
        ValueError: the mask is empty.
    """
    if not mask.any():
        raise ValueError("mask: no pixel is set")
    m = np.pad(mask, 1)
    y = int(np.argmax(m.any(1)))
    x = int(np.argmax(m[y]))
    inside = m.tolist()
    start = (x, y, 0)
    px, py, way = start
    points: list[tuple[int, int]] = []
    while True:
        points.append((px - 1, py - 1))
        while True:
            dx, dy = _STEP[way]
            px, py = px + dx, py + dy
            left, right = _ahead(inside, px, py, way)
            if left:
                way = (way - 1) % 4
                break
            if not right:
                way = (way + 1) % 4
                break
        if (px, py, way) == start:
            return np.array(points, np.int64)


def _ahead(m: list[list[bool]], x: int, y: int, way: int) -> tuple[bool, bool]:
    """Tell whether the pixels ahead of corner (x, y), to the left and right of the walk, are set."""
    if way == 0:
        return m[y - 1][x], m[y][x]
    if way == 1:
        return m[y][x], m[y][x - 1]
    if way == 2:
        return m[y][x - 1], m[y - 1][x - 1]
    return m[y - 1][x - 1], m[y - 1][x]
