"""Cells of variants (poses, backgrounds, cloths), dealt to the splits so that no two share one.

Every third cell belongs to `run`, the others to `train`. What a cell holds is drawn from a generator
seeded by the cell's kind and number alone, so both splits have the same distribution and no member in common.
"""

import zlib

import numpy as np

from lookbook.spec.photo import Split

CELLS = {"pose": 360, "cloth": 360, "background": 240, "scene": 480}
"""How many cells each kind has."""


def cell_split(cell: int) -> Split:
    """Return the split that owns a cell."""
    return "run" if cell % 3 == 2 else "train"


def draw_cell(rng: np.random.Generator, kind: str, split: Split) -> int:
    """Draw a cell of `kind` that belongs to `split`, uniformly."""
    block = int(rng.integers(CELLS[kind] // 3))
    return block * 3 + (2 if split == "run" else int(rng.integers(2)))


def cell_rng(kind: str, cell: int) -> np.random.Generator:
    """Return the generator that says what a cell holds."""
    return np.random.default_rng([zlib.crc32(kind.encode()), cell])


def photo_rng(split: Split, kind: str, seed: int) -> np.random.Generator:
    """Return the generator of one photo: seeds of two splits, or two kinds, never meet."""
    return np.random.default_rng([zlib.crc32(f"{split}:{kind}".encode()), seed])
