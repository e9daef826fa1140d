"""The color service's generation: the method that measured and the palette that named, in one number that only grows.

generation = method x 1,000,000 + number of the palette (ADR 0009). So the result of a newer method always supersedes;
with the same method, the result of the newer palette does.
"""

from __future__ import annotations

METHOD = 2
"""Grows with every change of how colors and patterns are measured or names are found.

0 is for results from before palettes had numbers, 1 for those that only know plain and patterned cloth.
"""
MAX_PALETTES = 1_000_000


def join(palette_number: int, method: int = METHOD) -> int:
    """Return the generation of what `method` measured and the palette with this number (from 1) named."""
    if not 0 < palette_number < MAX_PALETTES:
        raise ValueError(f"palette number {palette_number} is not in 1 to {MAX_PALETTES - 1}")
    return method * MAX_PALETTES + palette_number


def split(value: int) -> tuple[int, int]:
    """Return the method and the palette's number of a generation."""
    return divmod(value, MAX_PALETTES)
