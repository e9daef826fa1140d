"""Bytes become RGB uint8 H x W x 3, or a BadPhoto that says why not. Nothing else can happen."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from photokit import photo
from photokit.photo import BadPhoto

# Pillow warns of damaged EXIF blocks and of bombs; that is what many of these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")

RED, GREEN, BLUE, WHITE = (250, 10, 10), (10, 200, 10), (10, 10, 250), (255, 255, 255)


def quarters(width: int = 96, height: int = 64) -> Image.Image:
    """Return red and green above, blue and white below: this shows channel order and rotation."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2], pixels[: height // 2, width // 2 :] = RED, GREEN
    pixels[height // 2 :, : width // 2], pixels[height // 2 :, width // 2 :] = BLUE, WHITE
    return Image.fromarray(pixels)


def file(image: Image.Image, format: str, **options: object) -> bytes:
    """Return the bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def corners(pixels: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """Return the colors near the four corners: top left, top right, bottom left, bottom right."""
    return [tuple(map(int, pixels[y, x])) for y in (8, -8) for x in (8, -8)]


def assert_near(actual: list[tuple[int, ...]], expected: list[tuple[int, ...]], by: int) -> None:
    assert np.abs(np.subtract(actual, expected)).max() <= by, actual


def bomb(side: int) -> bytes:
    """Return a valid PNG of `side` x `side` pixels in a few kilobytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("format", "media_type", "by"),
    [
        ("JPEG", "image/jpeg", 12),
        ("PNG", "image/png", 0),
        ("WEBP", "image/webp", 16),
        ("GIF", "image/gif", 0),
        ("MPO", "image/jpeg", 12),
    ],
)
def test_every_format_becomes_rgb(format: str, media_type: str, by: int) -> None:
    decoded = photo.decode(file(quarters(), format))
    assert decoded.media_type == media_type
    assert decoded.pixels.shape == (64, 96, 3)
    assert decoded.pixels.dtype == np.uint8
    assert decoded.pixels.flags.c_contiguous
    assert_near(corners(decoded.pixels), [RED, GREEN, BLUE, WHITE], by)


def test_cmyk_becomes_rgb() -> None:
    decoded = photo.decode(file(quarters().convert("CMYK"), "JPEG", quality=95))
    assert_near(corners(decoded.pixels), [RED, GREEN, BLUE, WHITE], 16)


def test_sixteen_bit_gray_is_scaled_not_clipped() -> None:
    ramp = np.repeat(np.linspace(0, 65535, 256).astype(np.uint16)[None, :], 64, axis=0)
    decoded = photo.decode(file(Image.fromarray(ramp), "PNG"))
    assert decoded.pixels.shape == (64, 256, 3)
    np.testing.assert_allclose(decoded.pixels[0, :, 0], np.arange(256), atol=1)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA"])
def test_other_modes_become_rgb(mode: str) -> None:
    assert photo.decode(file(quarters().convert(mode), "PNG")).pixels.shape == (64, 96, 3)


def test_transparency_becomes_white() -> None:
    image = quarters().convert("RGBA")
    image.putalpha(0)
    assert (photo.decode(file(image, "PNG")).pixels == 255).all()


def test_an_animation_shows_its_first_frame() -> None:
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "blue", "green")]
    data = file(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (photo.decode(data).pixels == (255, 0, 0)).all()


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [RED, GREEN, BLUE, WHITE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (8, [GREEN, WHITE, RED, BLUE]),
    ],
)
def test_exif_rotation_is_applied(orientation: int, expected: list[tuple[int, ...]]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = photo.decode(file(quarters(), "JPEG", exif=exif, quality=95)).pixels
    assert pixels.shape == ((64, 96, 3) if orientation in (1, 3) else (96, 64, 3))
    assert_near(corners(pixels), expected, 12)


def test_the_time_of_the_photo_is_read_from_exif() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2026:11:01 10:30:00"
    assert photo.decode(file(quarters(), "JPEG", exif=exif)).taken_at == "2026:11:01 10:30:00"
    assert photo.decode(file(quarters(), "JPEG")).taken_at is None


def test_a_photo_with_a_damaged_exif_block_is_decoded() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = bytearray(file(quarters(), "JPEG", exif=exif))
    start = data.index(b"Exif\0\0") + 6
    data[start : start + 8] = b"\xff" * 8
    assert photo.decode(bytes(data)).pixels.shape == (64, 96, 3)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"this is text, whatever its name says\n" * 20, "not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_an_image"),
        (file(quarters(), "TIFF"), "not_an_image"),
        (file(quarters(), "JPEG")[:-20], "truncated"),
        (file(quarters(), "PNG")[:-60], "truncated"),
        (file(quarters(), "JPEG")[:30], "not_an_image"),
        (file(quarters(31, 400), "PNG"), "too_small"),
        (bomb(12_000), "too_many_pixels"),
        (bomb(20_000), "too_many_pixels"),
        (bytes(photo.MAX_BYTES + 1), "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bytes_that_are_not_a_usable_photo_have_an_error_code(data: bytes, code: str) -> None:
    with pytest.raises(BadPhoto) as raised:
        photo.decode(data)
    assert raised.value.code == code
    assert str(raised.value)


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    """Run in a process without the memory for the 432 MB that it decodes to."""
    assert len(bomb(12_000)) < 25_000
    program = (
        "import resource, sys; from photokit import photo; data = sys.stdin.buffer.read();"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize();"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 100_000_000,) * 2)\n"
        "try: photo.decode(data)\n"
        "except photo.BadPhoto as error: print(error.code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=bomb(12_000), capture_output=True, check=False
    )
    assert done.stdout.split() == [b"too_many_pixels"], done.stderr.decode()


def test_the_limit_of_pixels_can_be_lowered() -> None:
    data = file(quarters(100, 100), "PNG")
    assert photo.decode(data, max_pixels=10_000).pixels.shape == (100, 100, 3)
    with pytest.raises(BadPhoto):
        photo.decode(data, max_pixels=9_999)


def test_damaged_files_give_a_photo_or_a_named_error() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = quarters(40, 40)
    files = [file(image, kind, exif=exif) for kind in ("JPEG", "PNG", "WEBP", "MPO")]
    files += [
        file(image, "GIF"),
        file(image.convert("P"), "PNG"),
        file(image.convert("I;16"), "PNG"),
    ]
    rng = random.Random(1)
    codes = set()
    for _ in range(1500):
        data = bytearray(rng.choice(files))
        for _ in range(rng.randint(1, 5)):
            data[rng.randrange(min(len(data), 300))] = rng.randrange(256)
        try:
            assert photo.decode(bytes(data)).pixels.dtype == np.uint8
        except BadPhoto as error:
            codes.add(error.code)
    assert {"not_an_image", "truncated"} <= codes


def test_the_perceptual_hash_ignores_size_and_jpeg_but_not_content() -> None:
    rng = np.random.default_rng(3)
    coarse = Image.fromarray(rng.integers(0, 256, (8, 6, 3), np.uint8))
    original = coarse.resize((480, 640), Image.Resampling.BICUBIC)
    again = photo.decode(file(original.resize((300, 400)), "JPEG", quality=70)).pixels
    other = Image.fromarray(rng.integers(0, 256, (8, 6, 3), np.uint8)).resize((480, 640))
    here = photo.phash(np.asarray(original))
    assert 0 <= here < 2**64
    assert (here ^ photo.phash(again)).bit_count() <= 4
    assert (here ^ photo.phash(np.asarray(other))).bit_count() >= 16
