"""From a week's quotas to outfits: every garment of the quotas is worn exactly once."""

from collections.abc import Mapping

import numpy as np

from lookbook.world.quotas import BOTTOMS, DRESSES, OUTERWEAR, TOPS, Pair, Quotas

Outfit = tuple[Pair, ...]
"""What one person wears: outerwear first, then top or dress, then bottom."""

_UNDER = frozenset({1, 2, 6, 10, 11, 13})
"""Categories that can be told apart under outerwear."""


def outfits(rng: np.random.Generator, quotas: Quotas, week: int) -> list[Outfit]:
    """Return the outfits of a week in random order, one for each photo. No outfit has one color twice where that is possible."""
    pairs = quotas.weeks[week]
    tops, bottoms, dresses, outer = (
        _pile(rng, pairs, group) for group in (TOPS, BOTTOMS, DRESSES, OUTERWEAR)
    )
    _part(tops, bottoms)
    inner: list[Outfit] = [(t, b) for t, b in zip(tops, bottoms, strict=True)]
    inner += [(d,) for d in dresses]
    # A rising pair is best seen without a coat over it, so coats go first to those who wear no rising top.
    able = [i for i in rng.permutation(len(inner)) if inner[i][0][0] in _UNDER]
    able.sort(key=lambda i: inner[i][0] in quotas.risers)
    for coat in outer:
        free = [i for i in able if coat[1] not in {c for _, c in inner[i]}] or able
        inner[free[0]] = (coat, *inner[free[0]])
        able.remove(free[0])
    return [inner[i] for i in rng.permutation(len(inner))]


def _pile(
    rng: np.random.Generator, pairs: Mapping[Pair, int], group: tuple[int, ...]
) -> list[Pair]:
    pile = [pair for pair, n in pairs.items() if pair[0] in group for _ in range(n)]
    return [pile[i] for i in rng.permutation(len(pile))]


def _part(tops: list[Pair], bottoms: list[Pair]) -> None:
    """Swap bottoms so that no top meets one of its own color."""
    for i, top in enumerate(tops):
        if bottoms[i][1] != top[1]:
            continue
        for j in range(len(tops)):
            if bottoms[j][1] != top[1] and bottoms[i][1] != tops[j][1]:
                bottoms[i], bottoms[j] = bottoms[j], bottoms[i]
                break
