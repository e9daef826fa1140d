"""Skirts, trousers and shorts."""

import numpy as np

from lookbook.draw.body import CROTCH, Body
from lookbook.draw.garments.pieces import Piece, Stroke
from lookbook.draw.garments.sleeves import creases
from lookbook.draw.garments.torso import hem_line, hem_seam
from lookbook.draw.outline import Shape, limb, shift, smooth, symmetric
from lookbook.spec.photo import GarmentSpec

LEG_WIDTHS: dict[str, tuple[float, ...]] = {
    "skinny": (0.37, 0.31, 0.235, 0.21, 0.15),
    "straight": (0.39, 0.34, 0.29, 0.28, 0.27),
    "wide": (0.42, 0.42, 0.42, 0.45, 0.48),
    "jogger": (0.40, 0.38, 0.33, 0.30, 0.16),
    "flare": (0.37, 0.31, 0.24, 0.29, 0.40),
    "cropped": (0.40, 0.36, 0.33, 0.32, 0.32),
}


SKIRT_LENGTH = {
    "mini": (2.95, 3.5),
    "midi": (4.3, 5.2),
    "pleated": (3.4, 5.0),
    "aline": (3.3, 4.9),
    "pencil": (3.9, 4.6),
    "maxi": (5.5, 6.1),
}


SKIRT_FLARE = {
    "mini": 0.14,
    "midi": 0.12,
    "pleated": 0.26,
    "aline": 0.3,
    "pencil": 0.0,
    "maxi": 0.16,
}


def skirt_side(body: Body, top: float, hem: float, flare: float) -> list[tuple[float, float]]:
    """Return the right edge of a skirt from waist to hem, wide enough for the legs."""
    reach = max(_leg_reach(body, i, hem) for i in (0, 1))
    hip = float(body.half(2.2)) + 0.04
    end = max(hip * 0.93 + flare * (hem - 2.1), reach + 0.05)
    mid_y = (2.3 + hem) / 2
    start = (float(body.half(top)) + 0.03, top)
    if hem < 2.9:
        return [start, (hip, 2.15), (max(end, hip), hem)]
    return [
        start,
        (hip * 0.96 + 0.04 * flare, 1.95),
        (max(hip, hip + (end - hip) * 0.25), 2.35),
        ((hip + end) / 2 + 0.02, mid_y),
        (end, hem),
    ]


def _leg_reach(body: Body, side: int, y: float) -> float:
    leg = body.legs[side]
    x = float(np.interp(y, leg[:, 1], np.abs(leg[:, 0])))
    return x + 0.24 * body.person.limb


def skirt_hem(cut: str, length: float, body: Body) -> float:
    """Return the height of the lower edge of a cut of skirt."""
    low, high = SKIRT_LENGTH[cut]
    y = low + (high - low) * length
    return CROTCH + (y - CROTCH) * body.person.leg_length


def skirt(g: GarmentSpec, body: Body) -> Piece:
    """Return a skirt from waistband to hem."""
    hem = skirt_hem(g.cut, g.length, body)
    side = smooth(skirt_side(body, 1.5, hem, SKIRT_FLARE[g.cut] + 0.06 * g.fit), 6)
    x = side[-1, 0]
    right = np.vstack([[(0.0, 1.53)], side, hem_line(x, hem, 0.09)])
    band = Stroke(smooth([(-0.8, 1.68), (0, 1.71), (0.8, 1.68)]), 0.022, 0.28)
    strokes = [band, hem_seam(x, hem), *hanging(g, x, 1.9, hem)]
    return Piece(
        "body",
        [symmetric(right)],
        offset=3,
        strokes=strokes,
        pleats=0.13 if g.cut == "pleated" else 0.0,
    )


def hanging(g: GarmentSpec, x: float, top: float, hem: float) -> list[Stroke]:
    """Return a few long folds that fall from the hips, at places given by the cloth."""
    if g.cut in {"pencil", "pleated"}:
        return []
    at = ((g.cloth_id * 0.37) % 1 - 0.5) * 0.3
    return [
        Stroke(
            smooth(
                [
                    (x * f * 0.55 + at, top + 0.5),
                    (x * f * 0.8 + at, (top + hem) / 2 + 0.2),
                    (x * f + at, hem),
                ]
            ),
            0.07,
            0.12,
        )
        for f in (-0.62, -0.2, 0.25, 0.66)
    ]


def trousers(g: GarmentSpec, body: Body) -> Piece:
    """Return trousers, or shorts (category 7): two legs and a hip block."""
    k = body.person.limb
    short = g.category == 7
    widths = np.array(LEG_WIDTHS["straight" if short else g.cut]) * k + 0.05 * g.fit
    if short:
        widths = widths + 0.03 + 0.06 * g.fit
        stop = 0.17 + 0.28 * g.length
    else:
        stop = 0.80 + 0.06 * g.length if g.cut == "cropped" else 0.97 + 0.05 * g.length
    shape: Shape = []
    strokes: list[Stroke] = []
    for i in (0, 1):
        joints = body.legs[i].copy()
        joints[2] += (joints[2] - joints[1]) * 0.05
        shape += limb(joints, widths, stop=min(stop, 1.0))
        if not short:
            strokes += creases(joints[1], joints[2] - joints[0], 0.2 * k + 0.05)
            if g.cut in {"straight", "wide", "flare"}:
                strokes.append(
                    Stroke(shift(joints[:], 0.02, 0.0), 0.03, 0.10 if g.fit > 0.4 else 0.0)
                )
    waist = 1.5
    right = smooth(
        [
            (float(body.half(waist)) + 0.03, waist),
            (float(body.half(1.9)) + 0.035, 1.9),
            (float(body.half(2.2)) + 0.04, 2.2),
            (float(body.half(2.5)) + 0.04, 2.55),
        ]
    )
    inner = smooth([(float(body.half(2.5)) * 0.6, 2.8), (0.0, 2.72)])
    shape.append(symmetric(np.vstack([[(0.0, waist + 0.03)], right, inner])))
    cx = body.center * 0.7
    legs = [body.legs[i] for i in (0, 1)]
    between = (legs[0] + legs[1]) / 2
    strokes += [
        Stroke(smooth([(-0.8, waist + 0.17), (0, waist + 0.2), (0.8, waist + 0.17)]), 0.02, 0.3),
        Stroke(smooth([(cx, waist + 0.1), (cx, 2.2), (cx * 0.4, 2.7)]), 0.025, 0.28),
        Stroke(smooth([(cx * 0.4, 2.66), (cx * 0.5 - 0.3, 2.5)]), 0.03, 0.16),
        Stroke(smooth([(cx * 0.4, 2.66), (cx * 0.5 + 0.3, 2.5)]), 0.03, 0.16),
    ]
    for s in (-1, 1):
        h = float(body.half(1.9))
        strokes.append(
            Stroke(
                smooth([(s * h * 0.6, 1.72), (s * h * 0.75, 1.9), (s * h * 1.02, 2.02)]), 0.02, 0.26
            )
        )
    low = min(1.0, stop)
    end = between[0] * (1 - low) + between[2] * low
    strokes.append(Stroke(np.stack([np.array([between[0][0], 2.68]), end]), 0.05, 0.35))
    return Piece("body", shape, offset=4, strokes=strokes)
