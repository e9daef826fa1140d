"""The person under and around the clothes: skin, shoes, bag."""

import numpy as np

from lookbook.draw.body import Body
from lookbook.draw.canvas import Canvas, Field
from lookbook.draw.garments.cloth import relief
from lookbook.draw.outline import Points, Shape, limb, path, shift, smooth, symmetric


def paint(
    canvas: Canvas, body: Body, shape: Shape, rgb: object, depth: float = 0.5, soft: float = 0.0
) -> None:
    """Paint a plain rounded thing (skin, hair, leather) that belongs to no garment. `shape` in body units."""
    patch = canvas.patch(body.shape(shape), soft)
    if patch is None:
        return
    shade = relief(patch, body.camera, depth * body.camera.contrast)[..., None]
    color: Field = np.asarray(rgb, np.float32) * shade + (shade - 1) * np.float32(14)
    canvas.lay(patch, color)


def line(canvas: Canvas, body: Body, points: Points, width: float, strength: float) -> None:
    """Paint a soft dark (or light, if negative) line over whatever is there."""
    patch = canvas.line(body.to_pixels(points), 2 * width * body.camera.head_px, 0.6)
    if patch is not None:
        canvas.darken(patch, strength)


def paint_legs(canvas: Canvas, body: Body) -> None:
    """Paint bare legs and shoes."""
    k = body.person.limb
    for i in (0, 1):
        widths = np.array([0.34, 0.29, 0.2, 0.21, 0.115]) * k
        paint(canvas, body, limb(body.legs[i], widths, round_end=True), body.person.skin, 0.6)
    for i in (0, 1):
        _shoe(canvas, body, i)


def _shoe(canvas: Canvas, body: Body, side: int) -> None:
    p = body.person
    knee, ankle = body.legs[side][1], body.legs[side][2]
    s = -1 if side == 0 else 1
    out = s * 0.1 + body.pose.yaw * 0.16
    heel = shift(ankle, 0, 0.06)
    toe = shift(ankle, out, 0.42)
    if p.shoe == "heel":
        paint(
            canvas,
            body,
            limb([ankle, shift(heel, out * 0.4, 0.12)], (0.1, 0.1), round_end=True),
            p.skin,
        )
        paint(
            canvas,
            body,
            limb([shift(heel, out * 0.3, 0.16), toe], (0.12, 0.13, 0.08), round_end=True),
            p.shoe_rgb,
        )
    elif p.shoe == "sandal":
        paint(canvas, body, limb([heel, toe], (0.11, 0.15, 0.13), round_end=True), p.skin)
        for f in (0.3, 0.75):
            at = heel + (toe - heel) * f
            paint(
                canvas,
                body,
                limb([shift(at, -0.15, 0), shift(at, 0.15, 0.03)], (0.035, 0.035)),
                p.shoe_rgb,
            )
    else:
        if p.shoe == "boot":
            top = knee + (ankle - knee) * 0.55
            paint(
                canvas,
                body,
                limb([top, shift(ankle, 0, 0.05)], (0.22, 0.2, 0.16), round_end=True),
                p.shoe_rgb,
            )
        width = 0.17 if p.shoe in {"sneaker", "boot"} else 0.14
        paint(
            canvas,
            body,
            limb([heel - (0, 0.04), toe], (width * 0.8, width, width * 0.92), round_end=True),
            p.shoe_rgb,
        )
        if p.shoe == "sneaker":
            sole = [shift(toe, -width, 0.02), shift(toe, 0, 0.15), shift(toe, width, 0.02)]
            paint(canvas, body, limb(smooth(sole), (0.035, 0.035)), (232, 230, 226))
            line(
                canvas,
                body,
                np.stack([shift(heel, out * 0.2, 0.08), shift(heel, out * 0.7, 0.2)]),
                0.06,
                -0.35,
            )


def paint_torso(canvas: Canvas, body: Body) -> None:
    """Paint neck, shoulders and trunk."""
    k = body.turn
    ys = np.array([0.1, 0.35, 0.62, 0.95, 1.3, 1.55, 1.85, 2.2, 2.6])
    side = smooth(np.stack([body.half(ys), ys], axis=1), 4)
    right = np.vstack(
        [
            smooth([(0.0, -0.2), (0.19 * k, -0.24), (0.24 * k, -0.12), (0.45 * k, -0.03)]),
            side,
            [(0.0, 2.75)],
        ]
    )
    paint(canvas, body, [symmetric(right)], body.person.skin, 0.5)
    cx = body.center
    for s in (-1, 1):
        line(
            canvas,
            body,
            smooth([(cx + s * 0.07, 0.1), (s * 0.35, 0.04), (s * 0.62, 0.02)]),
            0.02,
            0.1,
        )


def paint_arm(canvas: Canvas, body: Body, side: int, from_elbow: bool) -> None:
    """Paint a bare arm with its hand, or the forearm and hand alone."""
    k = body.person.limb
    joints = body.arms[side]
    shoulder, elbow, wrist, tips = joints
    hidden_hand = body.pose.arms[side].kind in {"pocket", "behind"}
    if from_elbow:
        shape = limb([elbow, wrist], np.array([0.125, 0.12, 0.085]) * k)
    else:
        shape = limb([shoulder, elbow, wrist], np.array([0.18, 0.155, 0.13, 0.115, 0.085]) * k)
    if not hidden_hand:
        shape += limb([wrist, tips], np.array([0.085, 0.115, 0.115, 0.07]) * k, round_end=True)
        d = (tips - wrist) / max(1e-6, float(np.hypot(*(tips - wrist))))
        n = np.array([-d[1], d[0]]) * (1 if side == 0 else -1)
        thumb = wrist + d * 0.12
        shape += limb([thumb, thumb + d * 0.16 - n * 0.12], (0.045, 0.035), round_end=True)
    paint(canvas, body, shape, body.person.skin, 0.55)
    if body.pose.arms[side].kind == "phone":
        at = tips
        paint(
            canvas,
            body,
            [
                np.array(
                    [
                        shift(at, -0.13, -0.3),
                        shift(at, 0.13, -0.3),
                        shift(at, 0.13, 0.14),
                        shift(at, -0.13, 0.14),
                    ]
                )
            ],
            (30, 30, 34),
        )


def paint_bag(canvas: Canvas, body: Body) -> None:
    """Paint a bag in front of the clothes: shoulder bag, cross-body bag or tote."""
    p = body.person
    s = 1 if body.pose.yaw >= 0 else -1
    arm = body.pose.arms[1 if s > 0 else 0]
    if p.bag == "none" or (p.bag == "tote" and arm.kind not in {"down", "out"}):
        return
    k = body.turn
    hip = float(body.half(2.2))
    if p.bag == "crossbody":
        paint(
            canvas,
            body,
            limb([(-s * 0.5 * k, -0.02), (0.1 * s, 1.0), (s * hip * 0.9, 1.95)], (0.028, 0.028)),
            p.bag_rgb,
            0.3,
        )
        at, w, h = (s * hip * 0.95, 2.1), 0.3, 0.22
    elif p.bag == "shoulder":
        x = s * p.shoulder * k * 0.82
        paint(
            canvas,
            body,
            limb([(x, 0.02), (x * 1.12, 0.6), (x * 1.2, 1.2)], (0.03, 0.03)),
            p.bag_rgb,
            0.3,
        )
        at, w, h = (x * 1.22, 1.4), 0.3, 0.24
    else:
        hand = body.arms[1 if s > 0 else 0][3]
        at, w, h = (float(hand[0]) + 0.04 * s, float(hand[1]) + 0.62), 0.36, 0.42
        paint(
            canvas,
            body,
            limb(
                smooth(
                    [(at[0] - 0.18, at[1] - h * 0.9), tuple(hand), (at[0] + 0.18, at[1] - h * 0.9)]
                ),
                (0.025, 0.025),
            ),
            p.bag_rgb,
            0.3,
        )
    x, y = at
    shape = path(
        [(x - w, y + h * 0.8), (x - w * 0.97, y), (x - w * 0.85, y - h)],
        [(x + w * 0.85, y - h), (x + w * 0.97, y), (x + w, y + h * 0.8)],
        [(x + w * 0.8, y + h), (x - w * 0.8, y + h)],
    )
    canvas.shadow(body.shape([shape]), 0.12 * body.camera.head_px, 2, 3, 0.3)
    paint(canvas, body, [shape], p.bag_rgb, 0.7)
    line(
        canvas, body, np.array([(x - w * 0.8, y - h * 0.3), (x + w * 0.8, y - h * 0.3)]), 0.014, 0.3
    )
