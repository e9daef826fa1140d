"""Things that are not clothes: cups and bottles, food, cars, animals, plants."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from lookbook.draw.canvas import Field
from lookbook.draw.scenes.backgrounds import (
    background,
    noise,
    rgb,
    shade,
    to_field,
    to_image,
    vertical,
)

Rng = np.random.Generator
Rgb = tuple[int, int, int]


def _table(rng: Rng, w: int, h: int) -> Image.Image:
    c = rgb(rng, 90, 220, 35)
    a = vertical(
        w,
        h,
        [
            (0, rgb(rng, 80, 230, 30)),
            (0.35, rgb(rng, 100, 230, 20)),
            (0.36, shade(c, 0.85)),
            (1, c),
        ],
    )
    if rng.random() < 0.5:
        a *= (1 + 0.12 * noise(rng, w, h, 4) * np.float32(0.6) + 0.08 * noise(rng, w, h, 60))[
            ..., None
        ]
    return to_image(a)


def still_life(rng: Rng, w: int, h: int) -> Field:
    """Paint cups, bottles, balls and boxes on a table."""
    im = _table(rng, w, h)
    d = ImageDraw.Draw(im)
    for y in np.sort(rng.uniform(0.5, 0.9, int(rng.integers(2, 6)))) * h:
        x, s, c = w * rng.uniform(0.1, 0.9), rng.uniform(20, 55), rgb(rng, 40, 230, 80)
        d.ellipse([x - s * 0.9, y - 5, x + s * 1.3, y + 8], fill=(70, 62, 58))
        kind = rng.integers(4)
        if kind == 0:
            d.ellipse(
                [x + s * 0.35, y - s * 0.85, x + s * 0.95, y - s * 0.25],
                outline=shade(c, 0.8),
                width=5,
            )
            d.polygon(
                [(x - s * 0.5, y - s), (x + s * 0.5, y - s), (x + s * 0.4, y), (x - s * 0.4, y)],
                fill=c,
            )
            d.ellipse([x - s * 0.5, y - s * 1.12, x + s * 0.5, y - s * 0.88], fill=shade(c, 0.6))
        elif kind == 1:
            d.rounded_rectangle([x - s * 0.3, y - s * 1.7, x + s * 0.3, y], radius=8, fill=c)
            d.rectangle([x - s * 0.11, y - s * 2.3, x + s * 0.11, y - s * 1.6], fill=shade(c, 0.8))
            d.rectangle(
                [x - s * 0.3, y - s * 1.1, x + s * 0.3, y - s * 0.5], fill=rgb(rng, 180, 250, 20)
            )
            d.line(
                [(x - s * 0.2, y - s * 1.5), (x - s * 0.2, y - s * 0.2)],
                fill=shade(c, 1.4),
                width=3,
            )
        elif kind == 2:
            d.ellipse([x - s * 0.6, y - s * 1.1, x + s * 0.6, y], fill=c)
            d.ellipse([x - s * 0.35, y - s * 0.9, x - s * 0.05, y - s * 0.6], fill=shade(c, 1.35))
        else:
            d.polygon(
                [
                    (x - s, y - s * 0.5),
                    (x + s * 0.7, y - s * 0.62),
                    (x + s, y - s * 0.1),
                    (x - s * 0.8, y),
                ],
                fill=c,
            )
            d.polygon(
                [
                    (x - s * 0.8, y),
                    (x + s, y - s * 0.1),
                    (x + s, y + s * 0.08),
                    (x - s * 0.8, y + s * 0.2),
                ],
                fill=shade(c, 0.7),
            )
    return to_field(im.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.2)))))


def food(rng: Rng, w: int, h: int) -> Field:
    """Paint a plate of food."""
    im = _table(rng, w, h)
    d = ImageDraw.Draw(im)
    cx, cy, r = (
        w * rng.uniform(0.4, 0.6),
        h * rng.uniform(0.5, 0.65),
        min(w, h) * rng.uniform(0.3, 0.42),
    )
    plate = rgb(rng, 190, 252, 15)
    squash = rng.uniform(0.6, 1.0)
    for k, f in ((1.05, 0.45), (1.0, 1.0), (0.72, 0.94), (0.7, 0.99)):
        d.ellipse(
            [cx - r * k, cy - r * k * squash, cx + r * k, cy + r * k * squash], fill=shade(plate, f)
        )
    for _ in range(int(rng.integers(12, 60))):
        a, q = rng.uniform(0, 2 * np.pi), r * 0.55 * np.sqrt(rng.random())
        x, y, s = cx + q * np.cos(a), cy + q * np.sin(a) * squash, rng.uniform(4, 18)
        c = (int(rng.integers(90, 240)), int(rng.integers(50, 190)), int(rng.integers(20, 90)))
        d.ellipse([x - s, y - s * 0.7, x + s, y + s * 0.7], fill=c, outline=shade(c, 0.7))
    return to_field(im.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.3)))))


def on_place(rng: Rng, w: int, h: int, kinds: tuple[str, ...]) -> Image.Image:
    """Paint an empty place to put a thing in."""
    return to_image(background(str(rng.choice(kinds)), rng, w, h))


def car(rng: Rng, w: int, h: int) -> Field:
    """Paint a car from the side."""
    im = on_place(rng, w, h, ("street", "wall", "park"))
    d = ImageDraw.Draw(im)
    c, s = rgb(rng, 20, 230, 90), min(w, h) * rng.uniform(0.3, 0.42)
    x, y = w * rng.uniform(0.4, 0.6), h * rng.uniform(0.6, 0.75)
    d.ellipse([x - s * 1.15, y + s * 0.3, x + s * 1.15, y + s * 0.5], fill=(50, 50, 52))
    d.polygon(
        [
            (x - s * 0.6, y - s * 0.1),
            (x - s * 0.4, y - s * 0.48),
            (x + s * 0.35, y - s * 0.48),
            (x + s * 0.65, y - s * 0.1),
        ],
        fill=shade(c, 0.9),
    )
    d.polygon(
        [
            (x - s * 0.5, y - s * 0.12),
            (x - s * 0.35, y - s * 0.42),
            (x + s * 0.3, y - s * 0.42),
            (x + s * 0.52, y - s * 0.12),
        ],
        fill=(60, 74, 86),
    )
    d.rounded_rectangle(
        [x - s * 1.1, y - s * 0.12, x + s * 1.1, y + s * 0.3], radius=max(2, int(s * 0.12)), fill=c
    )
    d.line(
        [(x - s * 1.05, y + s * 0.05), (x + s * 1.05, y + s * 0.05)], fill=shade(c, 1.3), width=3
    )
    for f in (-0.65, 0.65):
        for r, k in ((0.22, (24, 24, 26)), (0.12, (170, 172, 176))):
            d.ellipse(
                [x + (f - r) * s, y + (0.3 - r) * s, x + (f + r) * s, y + (0.3 + r) * s], fill=k
            )
    return to_field(im.filter(ImageFilter.GaussianBlur(0.6)))


def animal(rng: Rng, w: int, h: int) -> Field:
    """Paint a four-legged animal."""
    im = on_place(rng, w, h, ("park", "interior", "bokeh", "wall"))
    d = ImageDraw.Draw(im)
    fur: tuple[Rgb, ...] = (
        (40, 36, 34),
        (120, 84, 54),
        (190, 150, 104),
        (230, 222, 212),
        (140, 138, 136),
    )
    c = fur[int(rng.integers(len(fur)))]
    s, x, y = (
        min(w, h) * rng.uniform(0.2, 0.32),
        w * rng.uniform(0.4, 0.6),
        h * rng.uniform(0.55, 0.7),
    )
    flip = 1 if rng.random() < 0.5 else -1

    def blob(dx: float, dy: float, rx: float, ry: float, k: float = 1.0) -> None:
        cx, cy = x + flip * dx * s, y + dy * s
        d.ellipse([cx - rx * s, cy - ry * s, cx + rx * s, cy + ry * s], fill=shade(c, k))

    for dx in (-0.75, -0.5, 0.4, 0.65):
        blob(dx, 0.85, 0.12, 0.5, 0.8)
    blob(0, 0.3, 1.05, 0.52)
    blob(0, 0.18, 0.9, 0.35, 1.1)
    blob(-1.15, 0.0, 0.35, 0.1, 0.9)
    blob(1.0, -0.4, 0.48, 0.44)
    for e in (0.72, 1.22):
        p = [(e - 0.17, -0.62), (e + 0.17, -0.62), (e, -1.12)]
        d.polygon([(x + flip * a * s, y + b * s) for a, b in p], fill=shade(c, 0.7))
    blob(1.25, -0.25, 0.22, 0.17, 1.2)
    for e in (0.9, 1.15):
        blob(e, -0.48, 0.05, 0.06, 0.1)
    a = to_field(im.filter(ImageFilter.GaussianBlur(1.0)))
    return a + (noise(rng, w, h, 2) * 7)[..., None]


def plant(rng: Rng, w: int, h: int) -> Field:
    """Paint a potted plant."""
    im = on_place(rng, w, h, ("interior", "wall", "studio", "bokeh", "brick"))
    d = ImageDraw.Draw(im)
    x, y, s = (
        w * rng.uniform(0.35, 0.65),
        h * rng.uniform(0.75, 0.88),
        min(w, h) * rng.uniform(0.3, 0.5),
    )
    pot = rgb(rng, 80, 230, 50)
    green = (int(rng.integers(30, 110)), int(rng.integers(90, 170)), int(rng.integers(30, 90)))
    flower = rgb(rng, 100, 230, 90)
    for _ in range(int(rng.integers(10, 40))):
        a, r = rng.uniform(-1.2, 1.2), s * rng.uniform(0.6, 1.5)
        tip = np.array([x + np.sin(a) * r, y - s * 0.4 - np.cos(a) * r])
        root = np.array([x, y - s * 0.35])
        n = np.array([-(tip - root)[1], (tip - root)[0]]) * rng.uniform(0.06, 0.16)
        mid = root * 0.45 + tip * 0.55
        d.polygon(
            [tuple(p) for p in (root, mid + n, tip, mid - n)],
            fill=shade(green, float(rng.uniform(0.55, 1.35))),
        )
        if rng.random() < 0.2:
            d.ellipse([tip[0] - 9, tip[1] - 9, tip[0] + 9, tip[1] + 9], fill=flower)
    d.polygon(
        [
            (x - s * 0.36, y - s * 0.4),
            (x + s * 0.36, y - s * 0.4),
            (x + s * 0.26, y + s * 0.1),
            (x - s * 0.26, y + s * 0.1),
        ],
        fill=pot,
    )
    d.rectangle([x - s * 0.4, y - s * 0.45, x + s * 0.4, y - s * 0.34], fill=shade(pot, 0.85))
    return to_field(im.filter(ImageFilter.GaussianBlur(0.7)))
