"""Photos as they are served: a spec and the file that carries it."""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lookbook.draw.render import render
from lookbook.spec.photo import PhotoSpec
from lookbook.write import bad_files


@dataclass(frozen=True)
class Photo:
    """A photo of a post or product. `bad` names a kind of `bad_files`; without it the file is a plain JPEG.

    `spec` is None only where a bad file shows nothing.
    """

    spec: PhotoSpec | None
    quality: int
    bad: str | None = None

    @property
    def expected(self) -> Literal["read", "skipped"]:
        """What a crawler should do with the file."""
        return "read" if self.bad is None else bad_files.KINDS[self.bad]


def jpeg_quality(spec: PhotoSpec) -> int:
    """Return the JPEG quality of a photo, 80 to 95."""
    return 80 + (spec.seed * 7 + spec.width) % 16


def plain_photo(spec: PhotoSpec) -> Photo:
    """Return the photo of `spec` as a plain JPEG."""
    return Photo(spec=spec, quality=jpeg_quality(spec))


def jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    """Return RGB H x W x 3 as JPEG; the same input gives the same bytes."""
    out = BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=quality)
    return out.getvalue()


@lru_cache(maxsize=64)
def encode(photo: Photo) -> tuple[bytes, str]:
    """Return the file's bytes and the media type it claims; the last 64 are kept. Takes about 60 ms."""
    image = render(photo.spec).image if photo.spec is not None else np.zeros((1, 1, 3), np.uint8)
    if photo.bad is not None:
        return bad_files.make(photo.bad, image)
    return jpeg(image, photo.quality), "image/jpeg"
