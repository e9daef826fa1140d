"""Heads: face, hair, hats and glasses."""

import numpy as np

from lookbook.draw.body import Body
from lookbook.draw.canvas import Canvas
from lookbook.draw.outline import ellipse, limb, path, smooth
from lookbook.draw.people import line, paint


def _head_at(body: Body) -> tuple[float, float, float, float]:
    p = body.person
    tilt = np.radians(body.pose.head_tilt)
    y = -0.22 - 0.5 * p.head
    return float(np.sin(tilt) * 0.5), y, 0.36 * p.head * p.face, 0.5 * p.head


def paint_hair_back(canvas: Canvas, body: Body) -> None:
    """Paint the hair that hangs behind the shoulders; drawn before the body."""
    p = body.person
    x, y, rx, ry = _head_at(body)
    if p.hair in {"long", "wavy"}:
        wide = 1.55 if p.hair == "wavy" else 1.3
        right = smooth(
            [
                (x, y - ry * 1.05),
                (x + rx * 1.15, y - ry * 0.4),
                (x + rx * wide, y + ry),
                (x + rx * wide, 0.4),
                (x + rx * 0.7, 0.62),
            ]
        )
        left = smooth(
            [
                (x - rx * 0.7, 0.62),
                (x - rx * wide, 0.4),
                (x - rx * wide, y + ry),
                (x - rx * 1.15, y - ry * 0.4),
                (x, y - ry * 1.05),
            ]
        )
        paint(canvas, body, [np.vstack([right, left])], p.hair_rgb, 0.6)
    elif p.hair in {"bob", "curly"}:
        k = 1.45 if p.hair == "curly" else 1.22
        paint(
            canvas,
            body,
            [ellipse(x, y + 0.04, rx * k, ry * (1.12 if p.hair == "bob" else 1.2))],
            p.hair_rgb,
            0.6,
        )
    elif p.hair == "bun":
        paint(canvas, body, [ellipse(x, y - ry * 1.12, rx * 0.5, ry * 0.34)], p.hair_rgb)


def paint_head(canvas: Canvas, body: Body) -> None:
    """Paint face, hair and what the head wears; drawn after the clothes, so that hair lies over them."""
    p = body.person
    x, y, rx, ry = _head_at(body)
    k = body.turn
    paint(canvas, body, [ellipse(x * 0.6, -0.26, 0.18 * k, 0.14)], p.skin, 0.2)
    jaw = path(
        [
            (x, y - ry),
            (x + rx * 0.85, y - ry * 0.62),
            (x + rx, y),
            (x + rx * 0.8, y + ry * 0.55),
            (x + rx * 0.3, y + ry * 0.96),
            (x, y + ry),
        ],
        [
            (x, y + ry),
            (x - rx * 0.3, y + ry * 0.96),
            (x - rx * 0.8, y + ry * 0.55),
            (x - rx, y),
            (x - rx * 0.85, y - ry * 0.62),
            (x, y - ry),
        ],
    )
    canvas.shadow(body.shape([jaw]), 0.1 * body.camera.head_px, 0, 0.14 * body.camera.head_px, 0.25)
    paint(canvas, body, [jaw], p.skin, 0.55)
    f = x + body.pose.yaw * rx * 0.35
    for s in (-1, 1):
        e = f + s * rx * 0.42
        paint(canvas, body, [ellipse(e, y + 0.01, 0.055, 0.028, 12)], (238, 234, 230), 0.1)
        paint(canvas, body, [ellipse(e, y + 0.01, 0.026, 0.028, 10)], (48, 34, 26), 0.1)
        line(
            canvas,
            body,
            smooth([(e - 0.08, y - 0.09), (e, y - 0.115), (e + 0.08, y - 0.09)]),
            0.018,
            0.5,
        )
        line(
            canvas,
            body,
            smooth([(e - 0.06, y - 0.012), (e, y - 0.03), (e + 0.06, y - 0.012)]),
            0.012,
            0.4,
        )
    line(
        canvas,
        body,
        smooth([(f + 0.02, y + 0.02), (f + 0.045, y + ry * 0.34), (f - 0.01, y + ry * 0.37)]),
        0.016,
        0.16,
    )
    lips = np.asarray(p.skin, np.float32) * np.array([0.86, 0.58, 0.58], np.float32)
    paint(canvas, body, [ellipse(f, y + ry * 0.6, 0.085, 0.026, 14)], lips, 0.1)
    _hair_front(canvas, body, x, y, rx, ry)
    _extra(canvas, body, x, f, y, rx, ry)


def _hair_front(canvas: Canvas, body: Body, x: float, y: float, rx: float, ry: float) -> None:
    p = body.person
    if p.hair == "bald":
        return
    top = 1.16 if p.hair != "buzz" else 1.03
    part = x + rx * (0.3 if p.mirrored else -0.3)
    cap = np.vstack(
        [
            smooth(
                [
                    (x - rx * 1.08, y + ry * 0.05),
                    (x - rx * 1.06, y - ry * 0.62),
                    (x, y - ry * top),
                    (x + rx * 1.06, y - ry * 0.62),
                    (x + rx * 1.08, y + ry * 0.05),
                ]
            ),
            smooth(
                [
                    (x + rx * 0.9, y - ry * 0.1),
                    (x + rx * 0.72, y - ry * 0.55),
                    (part, y - ry * 0.72),
                    (x - rx * 0.72, y - ry * 0.5),
                    (x - rx * 0.9, y - ry * 0.1),
                ]
            ),
        ]
    )
    paint(canvas, body, [cap], p.hair_rgb, 0.6)
    if p.hair in {"long", "wavy"}:
        for s in (-1, 1):
            w = 0.13 if p.hair == "wavy" else 0.09
            lock = [
                (x + s * rx * 1.0, y - ry * 0.2),
                (x + s * rx * 1.12, y + ry),
                (s * 0.42, 0.3),
                (s * 0.40, 0.55 + 0.5 * (p.face - 0.9)),
            ]
            paint(
                canvas,
                body,
                limb(lock, (w * 0.6, w, w * 1.2, w * 0.5), round_end=True),
                p.hair_rgb,
                0.6,
            )


def _extra(canvas: Canvas, body: Body, x: float, f: float, y: float, rx: float, ry: float) -> None:
    p = body.person
    if p.extra == "glasses":
        for s in (-1, 1):
            paint(
                canvas,
                body,
                [ellipse(f + s * rx * 0.44, y + 0.015, 0.125, 0.095, 18)],
                (28, 26, 28),
                0.4,
            )
        line(canvas, body, np.array([(f - rx * 0.9, y), (f + rx * 0.9, y)]), 0.014, 0.7)
    elif p.extra == "hat":
        crown = smooth(
            [
                (x - rx * 0.98, y - ry * 0.5),
                (x - rx * 0.85, y - ry * 1.3),
                (x, y - ry * 1.45),
                (x + rx * 0.85, y - ry * 1.3),
                (x + rx * 0.98, y - ry * 0.5),
            ]
        )
        paint(canvas, body, [crown], p.extra_rgb, 0.6)
        paint(canvas, body, [ellipse(x, y - ry * 0.55, rx * 1.75, ry * 0.15)], p.extra_rgb, 0.5)
    elif p.extra == "cap":
        crown = smooth(
            [
                (x - rx * 1.08, y - ry * 0.32),
                (x - rx * 0.98, y - ry * 0.9),
                (x, y - ry * 1.25),
                (x + rx * 0.98, y - ry * 0.9),
                (x + rx * 1.08, y - ry * 0.32),
            ]
        )
        paint(canvas, body, [crown], p.extra_rgb, 0.6)
        paint(canvas, body, [ellipse(f, y - ry * 0.36, rx * 0.95, ry * 0.13)], p.extra_rgb, 0.4)
    elif p.extra == "beanie":
        crown = path(
            [
                (x - rx * 1.12, y - ry * 0.25),
                (x - rx * 1.05, y - ry * 0.95),
                (x, y - ry * 1.4),
                (x + rx * 1.05, y - ry * 0.95),
                (x + rx * 1.12, y - ry * 0.25),
            ],
            [(x + rx * 0.9, y - ry * 0.38), (x, y - ry * 0.5), (x - rx * 0.9, y - ry * 0.38)],
        )
        paint(canvas, body, [crown], p.extra_rgb, 0.6)
