"""What is behind people: studio, wall, brick, street, park, interior, bokeh. Drawn at half size, so they are a little soft."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from lookbook.draw.canvas import Field

Rng = np.random.Generator
Rgb = tuple[int, int, int]


def noise(rng: Rng, w: int, h: int, cell: int) -> Field:
    """Return smooth noise in about [-1, 1], H x W, with bumps of `cell` pixels."""
    small = rng.uniform(-1, 1, (h // cell + 3, w // cell + 3)).astype(np.float32)
    return np.asarray(Image.fromarray(small).resize((w, h), Image.Resampling.BICUBIC))


def rgb(rng: Rng, low: int, high: int, spread: int = 25) -> Rgb:
    """Return a random color near a random gray."""
    m = rng.integers(low, high)
    r, g, b = np.clip(m + rng.integers(-spread, spread + 1, 3), 0, 255)
    return int(r), int(g), int(b)


def shade(c: Rgb, k: float) -> Rgb:
    """Make a color darker or lighter."""
    r, g, b = (int(min(255, max(0, v * k))) for v in c)
    return r, g, b


def vertical(w: int, h: int, stops: list[tuple[float, Rgb]]) -> Field:
    """Return a vertical gradient through (position, color) stops, H x W x 3."""
    y = np.linspace(0, 1, h)
    at = [s[0] for s in stops]
    cols = [np.interp(y, at, [s[1][i] for s in stops]) for i in range(3)]
    return np.repeat(np.stack(cols, -1)[:, None].astype(np.float32), w, axis=1)


def to_image(a: Field) -> Image.Image:
    """Turn float values into an 8-bit picture."""
    return Image.fromarray(np.clip(a, 0, 255).astype(np.uint8))


def to_field(im: Image.Image) -> Field:
    """Turn a picture into float values."""
    return np.asarray(im, np.float32).copy()


def _studio(rng: Rng, w: int, h: int) -> Field:
    c = rgb(rng, 140, 248, 14)
    horizon = rng.uniform(0.68, 0.9)
    a = vertical(
        w,
        h,
        [(0, shade(c, 0.97)), (horizon - 0.12, c), (horizon, shade(c, 0.88)), (1, shade(c, 1.02))],
    )
    x = np.linspace(-1, 1, w, dtype=np.float32)[None, :, None]
    y = np.linspace(-1, 1, h, dtype=np.float32)[:, None, None]
    spot = (x - np.float32(rng.uniform(-0.5, 0.5))) ** 2 + (y + np.float32(0.3)) ** 2
    return a * (1.06 - np.float32(rng.uniform(0.05, 0.16)) * spot)


def _floor(a: Field, horizon: int, c: Rgb) -> Field:
    h, w = a.shape[:2]
    a[horizon:] = vertical(w, h - horizon, [(0, shade(c, 0.8)), (1, c)])
    return a


def _wall(rng: Rng, w: int, h: int) -> Field:
    c = rgb(rng, 90, 230, 45)
    a = np.full((h, w, 3), c, np.float32)
    a += (noise(rng, w, h, 40) * rng.uniform(4, 14) + noise(rng, w, h, 6) * rng.uniform(1, 6))[
        ..., None
    ]
    horizon = int(h * rng.uniform(0.75, 0.93))
    _floor(a, horizon, rgb(rng, 70, 190, 15))
    a[horizon:] += (noise(rng, w, h - horizon, 4) * 5)[..., None]
    im = to_image(a)
    d = ImageDraw.Draw(im)
    kind = rng.integers(4)
    if kind == 0:
        step = int(rng.integers(24, 60))
        for x in range(int(rng.integers(step)), w, step):
            d.line([(x, 0), (x, horizon)], fill=shade(c, 0.88), width=2)
    elif kind == 1:
        x, y = int(w * rng.uniform(-0.1, 0.7)), int(h * rng.uniform(0.05, 0.2))
        d.rectangle(
            [x, y, x + int(w * 0.35), horizon], fill=shade(c, 0.7), outline=shade(c, 0.5), width=3
        )
    elif kind == 2:
        d.polygon(
            [(0, 0), (w * rng.uniform(0.3, 0.8), 0), (0, h * rng.uniform(0.4, 0.9))],
            fill=shade(c, 0.85),
        )
    return to_field(im)


def _brick(rng: Rng, w: int, h: int) -> Field:
    palette: tuple[Rgb, ...] = (
        (150, 74, 56),
        (176, 108, 82),
        (196, 180, 164),
        (120, 96, 88),
        (224, 218, 210),
    )
    c = palette[int(rng.integers(len(palette)))]
    bw, bh = int(rng.integers(18, 32)), int(rng.integers(7, 12))
    y, x = np.mgrid[:h, :w]
    row = y // bh
    xs = x + (row % 2) * (bw // 2)
    col = xs // bw
    tone = rng.uniform(0.82, 1.14, (h // bh + 2, w // bw + 3))[row, col]
    joint = (y % bh < 1.5) | (xs % bw < 1.5)
    a: Field = np.asarray(c, np.float32) * tone[..., None].astype(np.float32)
    a[joint] = shade(rgb(rng, 150, 200, 8), 0.95)
    a += (noise(rng, w, h, 30) * 10 + noise(rng, w, h, 3) * 5)[..., None]
    horizon = int(h * rng.uniform(0.8, 1.0))
    if horizon < h - 2:
        _floor(a, horizon, rgb(rng, 90, 160, 10))
    return a


def _street(rng: Rng, w: int, h: int) -> Field:
    sky = vertical(
        w, h, [(0, rgb(rng, 150, 215, 20)), (0.5, rgb(rng, 205, 245, 8)), (1, (200, 200, 200))]
    )
    im = to_image(sky)
    d = ImageDraw.Draw(im)
    vx, vy = w * rng.uniform(0.3, 0.7), h * rng.uniform(0.36, 0.52)
    ground = rgb(rng, 95, 165, 10)
    d.polygon([(0, h), (w, h), (w, vy), (0, vy)], fill=ground)
    d.polygon([(vx - 4, vy), (vx + 4, vy), (w * 0.95, h), (w * 0.25, h)], fill=shade(ground, 0.72))
    for side in (0, 1):
        x = 0.0 if side == 0 else float(w)
        while (x < vx - 14) if side == 0 else (x > vx + 14):
            nxt = x + (vx - x) * rng.uniform(0.25, 0.45)
            c = rgb(rng, 80, 210, 35)
            top = rng.uniform(-0.5, 0.6)
            k0, k1 = abs(x - vx) / (w / 2), abs(nxt - vx) / (w / 2)
            y0, y1 = vy - k0 * vy * (1 - top), vy - k1 * vy * (1 - top)
            b0, b1 = vy + k0 * (h - vy) * 0.62, vy + k1 * (h - vy) * 0.62
            d.polygon([(x, y0), (nxt, y1), (nxt, b1), (x, b0)], fill=c)
            rows, cols = int(rng.integers(4, 9)), int(rng.integers(2, 5))
            for i in range(rows):
                for j in range(cols):
                    u0, u1 = (j + 0.25) / cols, (j + 0.75) / cols
                    v0, v1 = (i + 0.2) / rows, (i + 0.7) / rows
                    corners = []
                    for u, v in ((u0, v0), (u1, v0), (u1, v1), (u0, v1)):
                        t, b = y0 + (y1 - y0) * u, b0 + (b1 - b0) * u
                        corners.append((x + (nxt - x) * u, t + (b - t) * v))
                    d.polygon(corners, fill=shade(c, float(rng.choice((0.5, 0.65, 1.2)))))
            x = nxt
    for _ in range(int(rng.integers(0, 4))):
        x, s = w * rng.uniform(0, 1), rng.uniform(0.3, 1.0)
        y = vy + (h - vy) * 0.35 * s
        c = rgb(rng, 30, 200, 70)
        d.rounded_rectangle([x - 36 * s, y - 22 * s, x + 36 * s, y], radius=6, fill=c)
        d.rounded_rectangle(
            [x - 22 * s, y - 36 * s, x + 22 * s, y - 20 * s], radius=5, fill=shade(c, 0.6)
        )
    a = to_field(im.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 2.2)))))
    return a + (noise(rng, w, h, 3) * 4)[..., None]


def _park(rng: Rng, w: int, h: int) -> Field:
    a = vertical(w, h, [(0, rgb(rng, 180, 240, 12)), (0.6, (190, 215, 190)), (1, (120, 150, 80))])
    horizon = int(h * rng.uniform(0.5, 0.7))
    green = (int(rng.integers(70, 120)), int(rng.integers(110, 160)), int(rng.integers(45, 85)))
    _floor(a, horizon, green)
    im = to_image(a)
    d = ImageDraw.Draw(im)
    for _ in range(int(rng.integers(3, 8))):
        x, base = w * rng.uniform(0, 1), horizon + rng.uniform(-4, 20)
        height = h * rng.uniform(0.35, 0.8)
        t = rng.uniform(3, 9)
        d.polygon(
            [
                (x - t, base),
                (x + t, base),
                (x + t * 0.6, base - height),
                (x - t * 0.6, base - height),
            ],
            fill=(84, 64, 48),
        )
    for _ in range(int(rng.integers(120, 260))):
        x, y = rng.uniform(-10, w + 10), rng.uniform(-0.1, 0.92) * horizon
        r = rng.uniform(6, 26)
        d.ellipse(
            [x - r, y - r * 0.7, x + r, y + r * 0.7],
            fill=shade(green, float(rng.uniform(0.45, 1.35))),
        )
    if rng.random() < 0.6:
        c = rgb(rng, 150, 200, 10)
        x = w * rng.uniform(0.2, 0.8)
        d.polygon(
            [
                (x - 6, horizon),
                (x + 6, horizon),
                (w * rng.uniform(0.7, 1.1), h),
                (w * rng.uniform(-0.1, 0.3), h),
            ],
            fill=c,
        )
    a = to_field(im.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 3)))))
    return a + (noise(rng, w, h, 3) * 9)[..., None]


def _interior(rng: Rng, w: int, h: int) -> Field:
    c = rgb(rng, 150, 235, 22)
    a = vertical(w, h, [(0, shade(c, 0.92)), (1, c)])
    horizon = int(h * rng.uniform(0.7, 0.85))
    wood = (int(rng.integers(120, 185)), int(rng.integers(90, 130)), int(rng.integers(60, 95)))
    _floor(a, horizon, wood)
    im = to_image(a)
    d = ImageDraw.Draw(im)
    for i in range(-8, 9):
        d.line([(w / 2 + i * w * 0.09, horizon), (w / 2 + i * w * 0.26, h)], fill=shade(wood, 0.8))
    for _ in range(int(rng.integers(2, 6))):
        x, y = w * rng.uniform(-0.1, 0.9), h * rng.uniform(0.05, 0.4)
        fw, fh = w * rng.uniform(0.12, 0.35), h * rng.uniform(0.1, 0.3)
        kind = rng.integers(3)
        if kind == 0:
            d.rectangle(
                [x, y, x + fw, y + fh], fill=rgb(rng, 60, 220, 60), outline=shade(c, 0.4), width=3
            )
        elif kind == 1:
            d.rectangle(
                [x, y, x + fw, y + fh * 1.4], fill=(236, 242, 248), outline=(250, 250, 250), width=4
            )
            d.line([(x + fw / 2, y), (x + fw / 2, y + fh * 1.4)], fill=(250, 250, 250), width=3)
        else:
            s = rgb(rng, 50, 170, 35)
            d.rectangle([x, horizon - fh, x + fw, horizon + 6], fill=s)
            for k in range(3):
                d.line(
                    [(x, horizon - fh * k / 3), (x + fw, horizon - fh * k / 3)],
                    fill=shade(s, 0.6),
                    width=2,
                )
    if rng.random() < 0.5:
        x, s = w * rng.uniform(0, 0.8), rgb(rng, 60, 200, 40)
        d.rounded_rectangle(
            [x, horizon - h * 0.12, x + w * 0.4, horizon + h * 0.08], radius=9, fill=s
        )
        d.rounded_rectangle(
            [x, horizon - h * 0.2, x + w * 0.4, horizon - h * 0.05], radius=9, fill=shade(s, 0.85)
        )
    a = to_field(im.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.4, 1.8)))))
    return a * (1 + 0.07 * noise(rng, w, h, 60))[..., None]


def _bokeh(rng: Rng, w: int, h: int) -> Field:
    a = vertical(
        w, h, [(0, rgb(rng, 40, 200, 40)), (0.5, rgb(rng, 60, 210, 40)), (1, rgb(rng, 50, 180, 30))]
    )
    im = to_image(a)
    d = ImageDraw.Draw(im, "RGBA")
    for _ in range(int(rng.integers(15, 60))):
        x, y, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(4, 26)
        d.ellipse(
            [x - r, y - r, x + r, y + r], fill=(*rgb(rng, 120, 250, 60), int(rng.integers(40, 150)))
        )
    return to_field(im.filter(ImageFilter.GaussianBlur(float(rng.uniform(3, 9)))))


_PAINTERS: dict[str, Callable[[Rng, int, int], NDArray[np.float32]]] = {
    "studio": _studio,
    "wall": _wall,
    "brick": _brick,
    "street": _street,
    "park": _park,
    "interior": _interior,
    "bokeh": _bokeh,
}


def background(kind: str, rng: Rng, width: int, height: int) -> Field:
    """Paint a background of a kind, float32 H x W x 3 in 0-255."""
    w, h = width // 2 + 1, height // 2 + 1
    small = to_image(_PAINTERS[kind](rng, w, h))
    return to_field(small.resize((width, height), Image.Resampling.BILINEAR))
