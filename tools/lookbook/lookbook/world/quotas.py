"""Exact weekly quotas of garments: three item-color pairs rise in the last week, everything else holds still."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lookbook.spec.colors import NAMES

RISE_FROM, RISE_TO = 0.08, 0.40
"""Share of a week's fashion photos that shows a rising pair: in weeks 1 to 3, and in week 4."""

WEEKS = 4

ITEM_SHARES: dict[int, float] = {
    1: 0.43, 2: 0.23, 5: 0.12, 6: 0.11,
    7: 0.06, 8: 0.43, 9: 0.40,
    10: 0.04, 11: 0.03, 12: 0.02, 13: 0.02,
    3: 0.07, 4: 0.14,
}  # fmt: skip
"""Share of a week's fashion photos that shows each category, in every week. A rising pair needs an item of 40%."""

TOPS, BOTTOMS, DRESSES, OUTERWEAR = (1, 2, 5, 6), (8, 9, 7), (10, 11, 12, 13), (4, 3)

RISING_ITEMS = (1, 8, 9)
"""Short sleeve top, trousers, skirt: told apart by form most surely."""

RISING_COLORS = ("red", "green", "blue", "purple")
"""Families that lie far from every other."""

STEADY_COLORS = tuple(
    n
    for n in NAMES
    if n not in {*RISING_COLORS, "ivory", "charcoal", "hot pink", "mint", "khaki", "denim"}
)

Pair = tuple[int, str]
"""Category and color family."""


@dataclass(frozen=True)
class Quotas:
    """`weeks[w]` says how many of week w's photos show each pair; `photos` is the number a week."""

    photos: int
    risers: tuple[Pair, Pair, Pair]
    weeks: tuple[Mapping[Pair, int], ...]


def apportion(total: int, shares: Sequence[float]) -> list[int]:
    """Return whole numbers that sum to `total` in proportion to `shares` (largest remainders)."""
    exact = np.asarray(shares, float) / max(1e-9, float(np.sum(shares))) * total
    counts = np.floor(exact).astype(int)
    for i in np.argsort(counts - exact, kind="stable")[: total - int(counts.sum())]:
        counts[i] += 1
    return [int(c) for c in counts]


def quotas(rng: np.random.Generator, photos: int) -> Quotas:
    """Return quotas of four weeks of `photos` fashion photos each.

    What a riser gains is taken evenly from the other colors of its category, so that no other pair moves much.

    Raises:
        ValueError: fewer than 5 photos a week.
    """
    if photos < 5:
        raise ValueError(f"photos {photos}: a week needs at least 5 fashion photos")
    colors = [str(c) for c in rng.permutation(RISING_COLORS)[:3]]
    one, two, three = zip(RISING_ITEMS, colors, strict=True)
    risers = (one, two, three)
    low, high = max(1, round(RISE_FROM * photos)), round(RISE_TO * photos)
    items = _items(photos, high)
    palettes = {c: _palette(rng, items[c]) for c in items}
    weeks = []
    for week in range(WEEKS):
        pairs: dict[Pair, int] = {}
        for category, count in items.items():
            riser = next((r for r in risers if r[0] == category), None)
            if riser is not None:
                pairs[riser] = high if week == WEEKS - 1 else low
                count -= pairs[riser]
            pool = palettes[category]
            for color, n in zip(pool, apportion(count, [1.0] * len(pool)), strict=True):
                if n:
                    pairs[category, color] = n
        weeks.append(pairs)
    return Quotas(photos, risers, tuple(weeks))


def _items(photos: int, high: int) -> dict[int, int]:
    """Return how many photos of a week show each category: a dress, or a top and a bottom; some with outerwear."""
    dresses = max(1, round(photos * sum(ITEM_SHARES[c] for c in DRESSES)))
    both = photos - dresses
    out: dict[int, int] = {}
    for group, total in ((TOPS, both), (BOTTOMS, both), (DRESSES, dresses)):
        counts = apportion(total, [ITEM_SHARES[c] for c in group])
        out.update(zip(group, counts, strict=True))
    for c in OUTERWEAR:
        out[c] = round(photos * ITEM_SHARES[c])
    _at_least(out, TOPS, 1, high)
    spare = both - 2 * high
    if spare >= 0:
        out[8] = max(out[8], high)
        out[9] = max(out[9], high)
        out[7] = both - out[8] - out[9]
        if out[7] < 0:
            out[8 if out[8] > high else 9] += out[7]
            out[7] = 0
    return out


def _at_least(out: dict[int, int], group: Sequence[int], item: int, least: int) -> None:
    """Move counts within a group until `item` has `least`."""
    while out[item] < least:
        other = max((c for c in group if c != item), key=lambda c: out[c])
        out[other] -= 1
        out[item] += 1


def _palette(rng: np.random.Generator, count: int) -> list[str]:
    """Return the steady colors of a category: more of them the more often it is worn."""
    n = int(np.clip(count // 4, 1, 6))
    return [str(c) for c in rng.permutation(STEADY_COLORS)[:n]]
