"""Views without people: landscapes, buildings, screens, patterns and empty places."""

import numpy as np
from PIL import Image, ImageDraw

from lookbook.draw.canvas import Field
from lookbook.draw.scenes.backgrounds import noise, rgb, shade, to_field, to_image, vertical
from lookbook.draw.scenes.things import on_place

Rng = np.random.Generator
Rgb = tuple[int, int, int]


def landscape(rng: Rng, w: int, h: int) -> Field:
    """Paint hills or mountains under a sky, sometimes behind water."""
    warm = rng.random() < 0.35
    low: Rgb = (246, 196, 150) if warm else (214, 228, 240)
    a = vertical(w, h, [(0, (70, 120, 190) if not warm else (90, 90, 150)), (0.55, low), (1, low)])
    a += np.maximum(0, noise(rng, w, h, 50) + 0.3 * noise(rng, w, h, 14))[..., None] * rng.uniform(
        0, 60
    )
    x = np.arange(w)
    y = np.arange(h)[:, None]
    base = rgb(rng, 60, 150, 40)
    layers = int(rng.integers(2, 6))
    for i in range(layers):
        top = h * (0.42 + 0.42 * i / layers) + noise(rng, w, 2, int(rng.integers(18, 70)))[
            0
        ] * h * rng.uniform(0.04, 0.14)
        top = top + noise(rng, w, 2, 8)[0] * 3
        fade = 1 - i / layers
        c = np.array(base) * (1 - fade * 0.6) * rng.uniform(0.7, 1.1) + np.array(low) * fade * 0.55
        a[y > top[x]] = np.clip(c, 0, 255)
    if rng.random() < 0.35:
        water = int(h * rng.uniform(0.6, 0.8))
        a[water:] = a[water - 1 :: -1][: h - water] * 0.8 if water >= h - water else a[water:] * 0.8
        a[water:] += (noise(rng, w, h - water, 5) * 8)[..., None]
    return a + (noise(rng, w, h, 3) * 9)[..., None]


def building(rng: Rng, w: int, h: int) -> Field:
    """Paint one to five buildings with rows of windows."""
    im = to_image(vertical(w, h, [(0, rgb(rng, 130, 220, 30)), (1, rgb(rng, 190, 240, 10))]))
    d = ImageDraw.Draw(im)
    for _ in range(int(rng.integers(1, 6))):
        c = rgb(rng, 70, 220, 40)
        x, bw, top = (
            w * rng.uniform(-0.2, 0.8),
            w * rng.uniform(0.25, 0.7),
            h * rng.uniform(-0.1, 0.5),
        )
        lean = rng.uniform(-0.08, 0.08) * w
        d.polygon([(x, h), (x + bw, h), (x + bw + lean, top), (x + lean, top)], fill=c)
        rows, cols = int(rng.integers(5, 16)), int(rng.integers(3, 10))
        glass = shade(c, float(rng.choice((0.45, 0.6, 1.25))))
        for i in range(rows):
            for j in range(cols):
                u, v = (j + 0.2) / cols, (i + 0.25) / rows
                px, py = x + u * bw + lean * (1 - v), top + v * (h - top)
                d.rectangle([px, py, px + bw * 0.6 / cols, py + (h - top) * 0.5 / rows], fill=glass)
    return to_field(im) + (noise(rng, w, h, 3) * 4)[..., None]


def screen(rng: Rng, w: int, h: int) -> Field:
    """Paint a page of text and boxes, as a screenshot shows it."""
    dark = rng.random() < 0.3
    paper, ink = ((30, 32, 36), (210, 212, 216)) if dark else ((252, 252, 250), (60, 60, 66))
    im = Image.new("RGB", (w, h), paper)
    d = ImageDraw.Draw(im)
    accent = rgb(rng, 60, 200, 80)
    d.rectangle([0, 0, w, int(rng.integers(10, 34))], fill=accent)
    y, margin = 40.0, int(rng.integers(6, 26))
    while y < h - 8:
        kind = rng.random()
        if kind < 0.1:
            hh = rng.uniform(24, 80)
            d.rectangle([margin, y, w - margin, y + hh], fill=rgb(rng, 120, 230, 60))
            y += hh + 8
        elif kind < 0.2:
            d.rounded_rectangle(
                [margin, y, margin + rng.uniform(40, 90), y + 14], radius=4, fill=accent
            )
            y += 22
        else:
            size = 5 if kind > 0.85 else 3
            x, end = (
                float(margin),
                w - margin - (rng.uniform(0, 0.6) * w if rng.random() < 0.25 else 0),
            )
            while x < end:
                word = rng.uniform(5, 24)
                d.rectangle(
                    [x, y, min(x + word, end), y + size],
                    fill=ink if kind > 0.3 else shade(accent, 0.8),
                )
                x += word + 4
            y += size + rng.uniform(4, 7)
    return to_field(im)


def abstract(rng: Rng, w: int, h: int) -> Field:
    """Paint clouds, polygons, stripes or circles in random colors."""
    kind = rng.integers(4)
    if kind == 0:
        n = [noise(rng, w, h, int(rng.integers(20, 120))) for _ in range(3)]
        return np.stack([128 + 120 * k for k in n], -1).astype(np.float32)
    a = vertical(w, h, [(0, rgb(rng, 20, 240, 90)), (1, rgb(rng, 20, 240, 90))])
    im = to_image(a)
    d = ImageDraw.Draw(im)
    if kind == 1:
        for _ in range(int(rng.integers(6, 40))):
            p = rng.uniform(-0.1, 1.1, (int(rng.integers(3, 6)), 2)) * (w, h)
            d.polygon([tuple(q) for q in p.tolist()], fill=rgb(rng, 20, 240, 90))
    elif kind == 2:
        step, c = int(rng.integers(6, 40)), rgb(rng, 20, 240, 80)
        for i in range(-h, w + h, step * 2):
            d.line([(i, 0), (i + h * rng.choice((0.0, 0.0, 1.0)), h)], fill=c, width=step)
    else:
        for _ in range(int(rng.integers(10, 60))):
            x, y, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(5, 70)
            d.ellipse([x - r, y - r, x + r, y + r], fill=rgb(rng, 20, 240, 90))
    return to_field(im)


def place(rng: Rng, w: int, h: int) -> Field:
    """Paint an empty place, as it could be behind a person."""
    kinds = ("street", "park", "interior", "brick", "wall", "bokeh", "studio")
    return to_field(on_place(rng, w, h, kinds))
