"""`.run/report.html`: one page that a merchandiser can read, with nothing loaded from elsewhere.

Titles of products and names of sites come from outside, so the template escapes all that it prints.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader
from PIL import Image

from demo.report import Report
from photokit import mask, photo
from snsfashion.fashion.v1.fashion_pb2 import Garment, Product
from snsfashion_client.names import category_word, value_words

THUMBNAIL_PX = 220
OUTLINE = (255, 0, 90)

Photos = Callable[[str], bytes | None]
"""Bytes of a photo by its key in the blob store; None if it is gone."""


def write(path: Path, report: Report, photos: Photos) -> None:
    """Render the page into the file `path`."""
    environment = Environment(loader=PackageLoader("demo"), autoescape=True, trim_blocks=True)
    environment.filters.update(
        label=value_words,
        percent=lambda share: f"{share:.0%}",
        sparkline=sparkline,
        swatch=lambda family: f"#{report.family_rgb.get(family, 0x999999):06x}",
        hex=lambda rgb: f"#{rgb:06x}",
        category=category_word,
        price=_price,
    )
    page = environment.get_template("report.html.j2").render(
        report=report,
        evidence_image=lambda e: _thumbnail(photos(e.image.key), e.garment),
        outfit_image=lambda o: _thumbnail(photos(o.image.key), None),
    )
    path.write_text(page)


def sparkline(series: Sequence[float], window: int = 7, width: int = 150, height: int = 34) -> str:
    """Return daily shares as an inline SVG, the last `window` days shaded."""
    if len(series) < 2:
        return ""
    top = max(max(series), 0.01)
    step = width / (len(series) - 1)
    points = " ".join(
        f"{i * step:.1f},{height - 2 - share / top * (height - 4):.1f}"
        for i, share in enumerate(series)
    )
    start = max(len(series) - window - 0.5, 0) * step
    return (
        f'<svg class="spark" width="{width}" height="{height}" role="img" '
        f'aria-label="share a day, highest {top:.0%}">'
        f'<rect x="{start:.1f}" y="0" width="{width - start:.1f}" height="{height}"/>'
        f'<polyline points="{points}"/></svg>'
    )


def _price(product: Product) -> str:
    """Return the price of a product with its currency; "" if it is unknown."""
    micros = product.price_micros or product.price_cents * 10_000
    return f"{micros / 1e6:,.2f} {product.currency}" if micros else ""


def _thumbnail(data: bytes | None, garment: Garment | None) -> str:
    """Return a data URL of the photo, the garment outlined; "" if the photo is gone."""
    if data is None:
        return ""
    pixels = photo.decode(data).pixels.copy()
    if garment is not None and garment.mask.counts:
        shape = mask.decode(garment.mask)
        edge = shape ^ _eroded(shape, max(2, pixels.shape[1] // 150))
        pixels[edge] = OUTLINE
    image = Image.fromarray(pixels)
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX * 3 // 2), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()


def _eroded(
    shape: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], by: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    inner = shape.copy()
    for _ in range(by):
        padded = np.pad(inner, 1)
        inner &= padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return inner
