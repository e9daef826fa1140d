"""Photos from bytes: they are checked, and then decoded to RGB uint8 H x W x 3."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError
from PIL.Image import DecompressionBombError, DecompressionBombWarning

from servicekit.errors import InvalidArgument

MAX_BYTES = 20_000_000
# A 17 KB PNG of 12000 x 12000 decodes to 432 MB: the limit is checked on the header.
MAX_PIXELS = 40_000_000
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    # What phones write for stereo and HDR; Pillow opens it as a JPEG. Its first frame is the photo.
    "MPO": "image/jpeg",
}

ImageFile.LOAD_TRUNCATED_IMAGES = False
# `decode` refuses much smaller bombs than Pillow warns about. (Not inside `decode`, since all threads share the filters.)
warnings.simplefilter("ignore", DecompressionBombWarning)


class BadPhoto(InvalidArgument):
    """Bytes that are not a usable photo. `code` is one of the codes of `decode`; the text is for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__("photo", text)
        self.code = code

    def __str__(self) -> str:
        return self.description


@dataclass(frozen=True)
class Photo:
    """A decoded photo. `pixels`: RGB uint8, H x W x 3, EXIF rotation applied, transparency on white."""

    pixels: NDArray[np.uint8]
    media_type: str
    taken_at: str | None
    """EXIF DateTimeOriginal, "YYYY:MM:DD HH:MM:SS" in the camera's local time, as found."""


def decode(data: bytes, max_pixels: int = MAX_PIXELS) -> Photo:
    """Decode a JPEG, PNG, WebP or the first frame of a GIF; 16-bit, CMYK, gray and palette photos become RGB.

    Raise BadPhoto with code `empty`, `too_large` (bytes), `not_an_image`, `too_many_pixels`, `too_small` or
    `truncated`.
    """
    if not data:
        raise BadPhoto("empty", "the file is empty")
    if len(data) > MAX_BYTES:
        raise BadPhoto("too_large", f"the file has {len(data)} bytes; the limit is {MAX_BYTES}")
    try:
        image = Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP", "GIF"])
    except (DecompressionBombWarning, DecompressionBombError) as error:
        raise BadPhoto("too_many_pixels", str(error)) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise BadPhoto("not_an_image", "the file is not a JPEG, PNG, WebP or GIF") from error
    with image:
        width, height = image.size
        if width * height > max_pixels:
            raise BadPhoto(
                "too_many_pixels",
                f"the photo has {width} x {height} pixels; the limit is {max_pixels}",
            )
        if min(width, height) < 32:
            raise BadPhoto(
                "too_small", f"the photo has {width} x {height} pixels; at least 32 x 32 are needed"
            )
        media_type = MEDIA_TYPES[image.format or ""]
        taken_at = _taken_at(image)
        try:
            image.load()
            pixels = _rgb(ImageOps.exif_transpose(image))
        except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
            raise BadPhoto("truncated", f"the file is damaged: {error}") from error
    return Photo(pixels, media_type, taken_at)


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode in ("I;16", "I;16B", "I;16L", "I"):
        # Pillow clips 16-bit gray at 255 instead of scaling it.
        gray = (np.asarray(image, dtype=np.int64).clip(0, 65535) >> 8).astype(np.uint8)
        return np.repeat(gray[:, :, None], 3, axis=2)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    return np.ascontiguousarray(np.asarray(image.convert("RGB"), dtype=np.uint8))


def _taken_at(image: Image.Image) -> str | None:
    try:
        value = image.getexif().get_ifd(0x8769).get(0x9003)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError):
        return None  # a damaged EXIF block must not lose the photo
    return value if isinstance(value, str) else None


def phash(pixels: NDArray[np.uint8]) -> int:
    """Return the 64-bit perceptual hash of RGB uint8 H x W x 3.

    Its bits are the signs of the lowest 8 x 8 DCT-II terms of the 32 x 32 gray photo against their median (Zauner 2010,
    "Implementation and benchmarking of perceptual image hash functions").
    """
    gray = Image.fromarray(pixels).convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    low = (_DCT @ np.asarray(gray, dtype=np.float64) @ _DCT.T).ravel()
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


_DCT = np.cos(np.pi * (2 * np.arange(32) + 1) * np.arange(8)[:, None] / 64)
