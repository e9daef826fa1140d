"""The color service's generation: the method that measured and the palette that named, in one number that only grows.

generation = method x 1,000,000 + number of the palette (ADR 0009). Whatever a newer method measured supersedes; of what
one method measured, the newer palette's names do.
"""

from __future__ import annotations

METHOD = 1
"""Grows with every change of how colours are measured or names are found. What came before palettes had numbers counts as 0."""
MAX_PALETTES = 1_000_000


def generation(palette_number: int, method: int = METHOD) -> int:
    """The generation of what `method` measured and the palette with this number (from 1) named."""
    if not 0 < palette_number < MAX_PALETTES:
        raise ValueError(f"palette number {palette_number} is not in 1 to {MAX_PALETTES - 1}")
    return method * MAX_PALETTES + palette_number


def split(value: int) -> tuple[int, int]:
    """The method and the palette's number of a generation."""
    return divmod(value, MAX_PALETTES)
