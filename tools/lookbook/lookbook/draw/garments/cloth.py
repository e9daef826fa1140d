"""Cloth: weave, folds and woven patterns from a cell of variants, laid on a patch and shaded."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import irfft2, rfft2
from scipy.ndimage import gaussian_filter

from lookbook.draw.canvas import Field, Patch
from lookbook.spec.cells import cell_rng
from lookbook.spec.photo import Camera, GarmentSpec

_TILE = 256


@dataclass(frozen=True)
class Variant:
    """What a cloth cell holds. Periods in heads; `angle` in radians; `duty` is the second color's part."""

    weave: str
    weave_period: float
    weave_depth: float
    stripe_angle: float
    period: float
    duty: float
    check: str
    dot_radius: float
    fold_depth: float
    folds: Field
    grain: Field


@lru_cache(maxsize=64)
def variant(cloth_id: int) -> Variant:
    """Return the variant of a cell (fold and grain tiles 256 x 256, mean 0, spread about 1; they wrap around)."""
    rng = cell_rng("cloth", cloth_id)
    along, across = rng.uniform(20, 34), rng.uniform(5, 9)
    folds = np.tanh(1.3 * _smooth_tile(rng, along, across))
    return Variant(
        weave=str(rng.choice(("smooth", "smooth", "rib", "twill", "knit", "slub"))),
        weave_period=float(rng.uniform(0.05, 0.08)),
        weave_depth=float(rng.uniform(0.03, 0.07)),
        stripe_angle=float(rng.choice((0.0, 0.0, 0.0, np.pi / 2, np.pi / 2, 0.6))),
        period=float(rng.uniform(0.17, 0.42)),
        duty=float(rng.uniform(0.24, 0.4)),
        check=str(rng.choice(("gingham", "windowpane", "tartan"))),
        dot_radius=float(rng.uniform(0.2, 0.3)),
        fold_depth=float(rng.uniform(0.05, 0.12)),
        folds=0.75 * folds + 0.5 * _smooth_tile(rng, 26, 26),
        grain=_smooth_tile(rng, 0.7, 0.7),
    )


def _smooth_tile(rng: np.random.Generator, down: float, across: float) -> Field:
    """Return Gaussian-filtered noise that wraps around, spread 1, filtered in the frequency domain."""
    wave = rfft2(rng.standard_normal((_TILE, _TILE), dtype=np.float32))
    fy, fx = np.fft.fftfreq(_TILE)[:, None], np.fft.rfftfreq(_TILE)[None]
    wave *= np.exp(-2 * np.pi**2 * ((fy * down) ** 2 + (fx * across) ** 2)).astype(np.float32)
    tile: Field = irfft2(wave, s=(_TILE, _TILE))
    tile /= tile.std()
    return tile


def pattern_tone(
    garment: GarmentSpec, u: Field, v: Field
) -> tuple[NDArray[np.uint8], Field | None]:
    """Return the index of the cloth color at (u, v) in heads, and a blend of the first two where threads mix."""
    c = variant(garment.cloth_id)
    if garment.pattern == "striped":
        phase = (np.cos(c.stripe_angle) * v + np.sin(c.stripe_angle) * u) / (c.period * 0.8) % 1
        return (phase < c.duty).astype(np.uint8), None
    if garment.pattern == "checked":
        a, b = u / c.period % 1, v / c.period % 1
        if c.check == "windowpane":
            return ((a < 0.17) | (b < 0.17)).astype(np.uint8), None
        line = 0.24 if c.check == "gingham" else 0.2
        threads = (a < line).astype(np.float32) + (b < line)
        tone = (threads >= 1).astype(np.uint8)
        if c.check == "tartan" and len(garment.colors) > 2:
            thin = (np.abs(a - 0.65) < 0.045) | (np.abs(b - 0.65) < 0.045)
            tone = np.where(thin, 2, tone).astype(np.uint8)
            return tone, None
        return tone, threads / np.float32(2)
    if garment.pattern == "dotted":
        k = c.period * 0.9
        row = np.floor(v / k)
        a = (u / k + 0.5 * (row % 2)) % 1 - 0.5
        b = v / k % 1 - 0.5
        return (a * a + b * b < c.dot_radius**2).astype(np.uint8), None
    return np.zeros(np.broadcast_shapes(u.shape, v.shape), np.uint8), None


def _tile(tile: Field, patch: Patch, camera: Camera, angle: float, offset: int) -> Field:
    """Return the tile under the patch, turned by `angle` (nearest of the pixels: tiles are smooth)."""
    step = _TILE / (2.6 * camera.head_px)
    x, y = patch.grid()
    x, y = (x - camera.x) * np.float32(step), (y - camera.y) * np.float32(step)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    i = (s * x + c * y).astype(np.int32) + offset * 37
    j = (c * x - s * y).astype(np.int32) + offset * 91
    under: Field = tile[i & (_TILE - 1), j & (_TILE - 1)]
    return under


def relief(patch: Patch, camera: Camera, depth: float) -> Field:
    """Return the light on a rounded body under this outline: about 1 in the middle, darker at the edge away from the light."""
    k = 4
    h, w = patch.alpha.shape
    small = Image.fromarray(patch.alpha).reduce(k)
    pad = np.pad(np.asarray(small), 3)
    radius = max(1.0, 0.2 * camera.head_px / k)
    round_ = gaussian_filter(pad, radius * 0.85, truncate=2.5)
    gy, gx = np.gradient(round_)
    light = -(gx * camera.light_x + gy * camera.light_y) * radius * 2.4
    shade = depth * (0.55 * light + 0.9 * (round_ - 0.92))
    inner = Image.fromarray(shade[3:-3, 3:-3].astype(np.float32))
    return 1 + np.asarray(inner.resize((w, h), Image.Resampling.BILINEAR))


def weave(garment: GarmentSpec, u: Field, v: Field) -> Field | None:
    """Return ribs, twill or knit at (u, v) in heads, in about [-1, 1]; None for a smooth cloth."""
    c = variant(garment.cloth_id)
    k = np.float32(2 * np.pi / c.weave_period)
    threads: Field | None = None
    if c.weave == "rib":
        threads = np.cos(k * u * 0.7) + 0 * v
    elif c.weave == "twill":
        threads = np.cos(k * (u + v))
    elif c.weave == "knit":
        threads = np.cos(k * (u * 0.6)) * np.cos(k * v * 0.6 + 1.5 * np.cos(k * u * 0.6))
    return threads


def dye(
    garment: GarmentSpec,
    patch: Patch,
    camera: Camera,
    angle: float,
    offset: int,
    pleats: float = 0.0,
    dim: float = 1.0,
) -> tuple[Field, NDArray[np.uint8]]:
    """Return the shaded cloth under a patch (H x W x 3) and the index of its colors before shading (H x W).

    `angle` turns the cloth with the limb that it covers, `offset` moves its folds, `pleats` is the depth of pleats,
    `dim` the light that reaches it. The shading's median over the patch is `dim`, so that the color stays what it is.
    """
    cell = variant(garment.cloth_id)
    x, y = patch.grid()
    head = np.float32(camera.head_px)
    x, y = (x - camera.x) / head, (y - camera.y) / head
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    folds = _tile(cell.folds, patch, camera, angle, offset)
    bend = np.float32(0.02) * folds
    u, v = c * x - s * y + bend, s * x + c * y + bend
    depth = camera.contrast
    shade = relief(patch, camera, 0.55 * depth) + np.float32(cell.fold_depth * depth) * folds
    threads = weave(garment, u, v)
    if threads is not None:
        shade += np.float32(cell.weave_depth) * threads
    shade += np.float32(0.016) * _tile(cell.grain, patch, camera, 0.0, offset)
    if pleats:
        wave = np.sin(u * np.float32(2 * np.pi / 0.21))
        shade += np.float32(pleats * depth) * (
            wave + 0.4 * np.sin(2 * u * np.float32(2 * np.pi / 0.21))
        )
    inside = shade[::3, ::3][patch.alpha[::3, ::3] > 0.9]
    if inside.size:
        shade *= np.float32(dim / float(np.median(inside)))
    tone, blend = pattern_tone(garment, u, v)
    rgb = np.array([k.rgb for k in garment.colors], np.float32)
    base = rgb[tone]
    if blend is not None and len(rgb) > 1:
        base = np.where((blend == 0.5)[..., None], 0.3 * rgb[0] + 0.7 * rgb[1], base)
    shade = np.clip(shade, 0.35, 1.5)[..., None]
    return base * shade + (shade - 1) * np.float32(14), tone
