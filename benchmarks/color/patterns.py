"""How well patterns are told apart on rendered garments, and what it costs beside measuring their colors."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.bars import Bar
from color.core import pattern
from color.core.extract import extract
from lookbook.draw.render import render
from lookbook.spec.sampling import sample_outfit

SEED = 900_000
"""First seed of the outfits: no rule or threshold was chosen on these."""
OUTFITS = 300
NAMED = ("striped", "checked", "dotted")
"""What is said only where it is sure; all else is plain, or only patterned."""


def measure(*, quiet: bool) -> dict[str, Any]:
    """Return precision and recall with their support by pattern, the share of plain garments called patterned, and the cost."""
    told: Counter[tuple[str, str]] = Counter()
    colors_s = pattern_s = 0.0
    for seed in tqdm(range(SEED, SEED + OUTFITS), unit="outfit", desc="patterns", disable=quiet):
        photo = render(sample_outfit(seed, "run"))
        for garment in photo.garments:
            if not garment.mask.any():
                continue
            start = time.perf_counter()
            found = extract(photo.image, garment.mask)
            middle = time.perf_counter()
            labs = np.array([color.lab for color in found.colors])
            name = pattern.find(photo.image, garment.mask, labs).name.lower()
            colors_s += middle - start
            pattern_s += time.perf_counter() - middle
            told[garment.pattern, name] += 1
    plain = sum(n for (true, _), n in told.items() if true == "plain")
    kept = told["plain", "plain"]
    return {
        "garments": sum(told.values()),
        "by_pattern": {name: _row(told, name) for name in NAMED},
        "plain": plain,
        "plain_called_something_else": round(1 - kept / plain, 4),
        "cost": round(pattern_s / colors_s, 2),
    }


def _row(told: Counter[tuple[str, str]], name: str) -> dict[str, Any]:
    right = told[name, name]
    said = sum(n for (_, as_), n in told.items() if as_ == name)
    true = sum(n for (of, _), n in told.items() if of == name)
    return {
        "said": said,
        "precision": round(right / max(said, 1), 3),
        "shown": true,
        "recall": round(right / max(true, 1), 3),
    }


def bars(found: dict[str, Any]) -> list[Bar]:
    """Return what is asked: what is said holds. How much is found is told, and not asked."""
    rows = found["by_pattern"]
    said = sum(row["said"] for row in rows.values())
    right = sum(row["said"] * row["precision"] for row in rows.values())
    return [
        Bar.at_least(f"stripes, checks and dots that are right, of {said} said", 0.9, right / said)
    ]
