"""Files that trip up readers of photos. Each function gives the bytes; `make` gives them with the claimed media type."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""RGB, H x W x 3."""

KINDS: dict[str, Literal["read", "skipped"]] = {
    "text_named_jpg": "skipped",
    "truncated_jpeg": "skipped",
    "png_bomb": "skipped",
    "empty": "skipped",
    "animated_gif": "skipped",
    "cmyk_jpeg": "read",
    "png_16_bit": "read",
    "exif_rotated": "read",
}
"""Kind of bad file -> what a crawler should do with it."""


def text_named_jpg(_: Pixels) -> bytes:
    """Return plain text that claims to be a JPEG."""
    return b"This is no photo.\n" * 40


def truncated_jpeg(image: Pixels) -> bytes:
    """Return a JPEG that stops in the middle of its data."""
    noisy = image if image.shape[0] > 8 else np.full((64, 64, 3), 127, np.uint8)
    data = _save(Image.fromarray(noisy), "JPEG", quality=90)
    return data[: len(data) // 2]


def png_bomb(_: Pixels, side: int = 12_000) -> bytes:
    """Return a PNG of a few dozen KB that decodes to side x side pixels."""
    row = b"\0" + b"\0" * (side // 8)
    packer = zlib.compressobj(9)
    data = b"".join([*(packer.compress(row) for _ in range(side)), packer.flush()])
    return _png(struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0), data)


def empty(_: Pixels) -> bytes:
    """Return no bytes at all."""
    return b""


def animated_gif(_: Pixels) -> bytes:
    """Return three frames that loop."""
    frames = [Image.new("RGB", (64, 64), (i, 255 - i, 90)) for i in (0, 90, 200)]
    return _save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)


def cmyk_jpeg(image: Pixels) -> bytes:
    """Return the photo in CMYK, the colors of print."""
    return _save(Image.fromarray(image).convert("CMYK"), "JPEG", quality=90)


def png_16_bit(image: Pixels) -> bytes:
    """Return the photo with 16 bits a channel."""
    height, width = image.shape[:2]
    wide = (image.astype(np.uint16) * 257).astype(">u2").reshape(height, -1)
    rows = b"".join(b"\0" + r.tobytes() for r in wide)
    return _png(struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0), zlib.compress(rows, 1))


def exif_rotated(image: Pixels) -> bytes:
    """Return the photo stored on its side, with the EXIF orientation that sets it upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = Image.fromarray(image).transpose(Image.Transpose.ROTATE_90)
    return _save(stored, "JPEG", quality=90, exif=exif)


_MAKERS: dict[str, tuple[Callable[[Pixels], bytes], str]] = {
    "text_named_jpg": (text_named_jpg, "image/jpeg"),
    "truncated_jpeg": (truncated_jpeg, "image/jpeg"),
    "png_bomb": (png_bomb, "image/png"),
    "empty": (empty, "image/jpeg"),
    "animated_gif": (animated_gif, "image/gif"),
    "cmyk_jpeg": (cmyk_jpeg, "image/jpeg"),
    "png_16_bit": (png_16_bit, "image/png"),
    "exif_rotated": (exif_rotated, "image/jpeg"),
}


def make(kind: str, image: Pixels) -> tuple[bytes, str]:
    """Return the bytes of a kind and the media type that they claim. `image` is what a readable kind shows.

    Raises:
        ValueError: unknown kind.
    """
    if kind not in _MAKERS:
        raise ValueError(f"bad file {kind!r}: must be one of {', '.join(KINDS)}")
    maker, media_type = _MAKERS[kind]
    return maker(image), media_type


def _save(image: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _png(header: bytes, data: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )
