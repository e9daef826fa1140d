"""Open-fronted jackets, coats and cardigans."""

import numpy as np

from lookbook.draw.body import Body
from lookbook.draw.garments.pieces import Piece, Stroke
from lookbook.draw.garments.torso import cloth_side, slope
from lookbook.draw.outline import Shape, limb, smooth, symmetric
from lookbook.spec.photo import GarmentSpec

_OUTER_HEM = {
    "jacket": 2.15,
    "bomber": 1.98,
    "blazer": 2.65,
    "cardigan": 2.45,
    "coat": 4.5,
    "trench": 4.1,
    "shirt": 2.55,
}


def outerwear(g: GarmentSpec, body: Body) -> list[Piece]:
    """Return two open fronts, lapels or a collar, and the lining that shows between the fronts of a long coat."""
    k, cx = body.turn, body.center
    hem = _OUTER_HEM[g.cut] + 0.6 * (g.length - 0.5)
    roomy = 0.14 + 0.1 * g.fit
    fit = 0.45 + 0.5 * g.fit
    tip = body.person.shoulder * k + 0.05
    gap = 0.12 + 0.3 * ((g.cloth_id * 7 + int(g.length * 50)) % 11) / 10
    ys = [y for y in (0.68, 1.0, 1.4, 1.8, 2.2, 2.6, 3.2, 3.9) if y < hem - 0.15] + [hem]
    side = smooth([(cloth_side(body, fit, y, roomy) + max(0.0, y - 2.4) * 0.07, y) for y in ys], 4)
    fronts: list[Piece] = []
    for s in (-1, 1):
        wide = gap * (1.0 - 0.5 * s * np.sign(cx or 1) * min(1.0, abs(body.pose.yaw)))
        x = side * (s, 1)
        edge = smooth(
            [
                (cx + s * (wide + 0.12 * (hem - 2) / 2 + 0.04), hem + 0.03),
                (cx + s * wide, 1.7),
                (cx + s * (wide * 0.9 + 0.04), 1.0),
                (cx * 0.6 + s * 0.22 * k, 0.1),
                (cx * 0.35 + s * 0.25 * k, -0.17),
            ]
        )
        outline = np.vstack(
            [
                [(s * 0.26 * k + cx * 0.35, -0.18)],
                smooth(
                    [
                        (s * 0.5 * k, slope(0.5, body) - 0.03),
                        (s * tip, slope(tip, body)),
                        (s * (tip + 0.03), 0.3),
                        tuple(x[0]),
                    ]
                ),
                x,
                edge,
            ]
        )
        strokes = [Stroke(edge - (s * -0.03, 0), 0.02, 0.25)]
        pocket = float(side[min(len(side) - 1, len(side) * 2 // 3), 0])
        py = min(hem - 0.35, 1.95)
        strokes.append(
            Stroke(np.array([(s * pocket * 0.5, py), (s * pocket * 0.85, py - 0.05)]), 0.025, 0.28)
        )
        fronts.append(Piece("body", [outline], offset=7 + s, strokes=strokes))
    collar = _lapels(g, body, gap)
    if hem < 2.9:
        return fronts + collar
    back = symmetric(np.vstack([[(0.0, 0.4)], side, [(0.0, hem - 0.02)]]))
    return [Piece("back", [back], offset=9, dim=0.62), *fronts, *collar]


def _lapels(g: GarmentSpec, body: Body, gap: float) -> list[Piece]:
    cx, k = body.center, body.turn
    shape: Shape = []
    for s in (-1, 1):
        if g.cut in {"blazer", "coat", "trench"}:
            shape.append(
                np.array(
                    [
                        (cx * 0.35 + s * 0.22 * k, -0.24),
                        (cx * 0.4 + s * 0.36 * k, -0.1),
                        (cx * 0.5 + s * 0.46 * k, 0.34),
                        (cx * 0.6 + s * 0.34 * k, 0.4),
                        (cx * 0.6 + s * 0.42 * k, 0.5),
                        (cx + s * (gap * 0.95 + 0.03), 1.25),
                        (cx * 0.6 + s * 0.23 * k, 0.3),
                    ]
                )
            )
        elif g.cut in {"jacket", "shirt"}:
            shape.append(
                np.array(
                    [
                        (cx * 0.35 + s * 0.2 * k, -0.25),
                        (cx * 0.4 + s * 0.38 * k, -0.1),
                        (cx * 0.5 + s * 0.42 * k, 0.26),
                        (cx * 0.6 + s * 0.23 * k, 0.12),
                    ]
                )
            )
        else:
            shape += limb(
                [
                    (cx * 0.35 + s * 0.24 * k, -0.2),
                    (cx * 0.6 + s * 0.25 * k, 0.1),
                    (cx + s * (gap * 0.9 + 0.07), 1.0),
                ],
                (0.05, 0.05, 0.045),
            )
    return [Piece("body", shape, offset=11)]
