"""Each bad file is what it claims to be."""

import warnings
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from lookbook.draw.render import render
from lookbook.spec.sampling import sample_outfit
from lookbook.write import bad_files

PHOTO: NDArray[np.uint8] = render(sample_outfit(0, "run")).image


def opened(kind: str) -> Image.Image:
    return Image.open(BytesIO(bad_files.make(kind, PHOTO)[0]))


def difference(image: Image.Image) -> float:
    return float(np.abs(np.asarray(image, float) - PHOTO).mean())


def test_text_and_nothing_are_no_photos() -> None:
    for kind in ("text_named_jpg", "empty"):
        assert bad_files.make(kind, PHOTO)[1] == "image/jpeg"
        with pytest.raises(UnidentifiedImageError):
            opened(kind)
    assert bad_files.make("empty", PHOTO)[0] == b""


def test_a_truncated_jpeg_opens_and_does_not_load() -> None:
    with pytest.raises(OSError, match="truncated"):
        opened("truncated_jpeg").load()


def test_the_bomb_is_small_and_claims_144_megapixels() -> None:
    data, media_type = bad_files.make("png_bomb", PHOTO)
    assert len(data) < 50_000
    assert media_type == "image/png"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        assert opened("png_bomb").size == (12_000, 12_000)


def test_the_bomb_is_a_whole_png() -> None:
    image = Image.open(BytesIO(bad_files.png_bomb(PHOTO, side=64)))
    image.load()
    assert image.size == (64, 64)


def test_the_gif_has_three_frames() -> None:
    image = opened("animated_gif")
    assert image.format == "GIF"
    assert getattr(image, "n_frames", 1) == 3


def test_the_cmyk_jpeg_shows_the_photo_in_four_inks() -> None:
    image = opened("cmyk_jpeg")
    assert (image.format, image.mode) == ("JPEG", "CMYK")
    assert difference(image.convert("RGB")) < 6


def test_the_16_bit_png_has_16_bits_a_channel_and_shows_the_photo() -> None:
    data, _ = bad_files.make("png_16_bit", PHOTO)
    assert data[24] == 16
    assert difference(opened("png_16_bit").convert("RGB")) < 1


def test_the_rotated_photo_is_upright_only_by_its_exif() -> None:
    image = opened("exif_rotated")
    assert image.size == (PHOTO.shape[0], PHOTO.shape[1])
    assert difference(ImageOps.exif_transpose(image)) < 4


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'webp_bomb'"):
        bad_files.make("webp_bomb", PHOTO)


def test_every_kind_says_what_a_crawler_should_do() -> None:
    assert set(bad_files.KINDS.values()) == {"read", "skipped"}
    assert len(bad_files.KINDS) == 8
