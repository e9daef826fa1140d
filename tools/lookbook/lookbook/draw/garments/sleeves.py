"""Sleeves of any length, bell and puff among them."""

import numpy as np

from lookbook.draw.body import Body
from lookbook.draw.garments.pieces import Piece, Stroke
from lookbook.draw.outline import Points, limb, limb_line, smooth
from lookbook.spec.photo import GarmentSpec


def sleeves(g: GarmentSpec, body: Body, ease: float) -> list[Piece]:
    """Return the two sleeves, `ease` heads wider than the arm when tight."""
    out = []
    k = body.person.limb
    room = ease + 0.075 * g.fit
    for i, layer in enumerate(("sleeve_left", "sleeve_right")):
        joints = body.arms[i][:3]
        flare = {"bell": 0.14, "puff": -0.02}.get(g.cut, 0.0)
        widths = np.array([0.185, 0.165, 0.145, 0.13, 0.105]) * k + room * np.array(
            [0.35, 0.9, 1, 1, 0.9]
        )
        widths = widths + flare * np.array([0, 0, 0, 0.5, 1.0])
        if g.cut == "puff":
            widths = widths + np.array([0.05, 0.1, 0.0, 0, 0])
        stop = 0.16 + 0.84 * g.sleeve
        line = limb_line(joints, 40)
        cut = min(39, int(stop * 39))
        ang = body.angle(joints[0], joints[1] if g.sleeve < 0.5 else joints[2])
        cuff = limb_line(joints, 60)[max(0, int(stop * 59) - 2)]
        t = line[cut] - line[max(0, cut - 2)]
        n = np.array([-t[1], t[0]]) / max(1e-6, float(np.hypot(*t))) * 0.4
        strokes = [Stroke(np.stack([cuff - n, cuff + n]), 0.02, 0.25)]
        if g.sleeve > 0.6:
            strokes += creases(joints[1], t, 0.22)
        shape = limb(joints, widths, stop=stop)
        out.append(
            Piece(
                "sleeve_left" if layer == "sleeve_left" else "sleeve_right",
                shape,
                angle=ang,
                offset=2 + i,
                strokes=strokes,
            )
        )
    return out


def creases(at: Points, along: Points, size: float) -> list[Stroke]:
    """Return three short folds where a limb bends."""
    t = along / max(1e-6, float(np.hypot(*along)))
    n = np.array([-t[1], t[0]])
    return [
        Stroke(
            smooth(
                [at + t * d - n * size * 0.8, at + t * (d + 0.05), at + t * (d - 0.06) + n * size]
            ),
            0.03,
            0.16,
        )
        for d in (-0.14, 0.0, 0.13)
    ]
