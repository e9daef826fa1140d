"""What goes with a garment or an outfit: items that are worn with it, in colors that go together, in the style."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fashion import lab
from fashion.words import FAMILIES
from recommender.core.alike.harmony import harmony
from recommender.core.catalog import CATEGORY_BITS, CATEGORY_MASK, Catalog
from recommender.core.trend_table import NO_TRENDS

_TOP, _OUTER, _BOTTOM = frozenset((1, 2, 5, 6)), frozenset((3, 4)), frozenset((7, 8, 9))
_DRESS = frozenset((10, 11, 12, 13))
_NEUTRAL = 0.5
_LABS = {
    family.name: lab.from_rgb(np.frombuffer(family.rgb.to_bytes(3, "big"), np.uint8))
    for family in FAMILIES
}


@dataclass(frozen=True)
class Wanted:
    """What is there, as (category, color family), and what is wanted with it."""

    garments: Sequence[tuple[int, str]]
    style: int = 0
    """Style number; 0 for any."""
    categories: frozenset[int] = frozenset()
    """The only items that are proposed; empty for all that fit."""


@dataclass(frozen=True)
class Completion:
    """An outfit at `row` with a garment, by its code, that goes with what is there; the parts are in [0, 1]."""

    row: int
    code: int
    worn_together: float
    harmony: float
    style: float

    @property
    def score(self) -> float:
        """The mean of the parts."""
        return (self.worn_together + self.harmony + self.style) / 3


def find_completions(
    catalog: Catalog,
    wanted: Wanted,
    allowed: NDArray[np.bool_],
    k: int,
    lifts: Mapping[tuple[int, int], float] = NO_TRENDS.lifts,
) -> list[Completion]:
    """Return at most k outfits of `allowed`, bool (rows,), each for another item in another color, best first.

    What is worn together is what people wear (`lifts`, of TrendTable); where they say nothing, what the outfits of the catalog show.
    Equal ones are ordered by image id.
    """
    columns = catalog.columns
    free = _free_categories({category for category, _ in wanted.garments}, wanted.categories)
    together = _worn_together(catalog, [category for category, _ in wanted.garments], lifts)
    harmonies = _harmonies(catalog, [family for _, family in wanted.garments])
    worth = {
        code: float(together[code & CATEGORY_MASK] + harmonies[code >> CATEGORY_BITS])
        for code in catalog.codes
        if code & CATEGORY_MASK in free
    }
    # Outfits of the style first: of one garment, those come before the others.
    groups = [(_NEUTRAL, allowed)]
    if wanted.style:
        of_style = columns.style == wanted.style
        groups = [(1.0, allowed & of_style), (0.0, allowed & ~of_style)]
    found: dict[int, Completion] = {}
    for style, mask in groups:
        best = sorted((one.score for one in found.values()), reverse=True)
        left = max((w for code, w in worth.items() if code not in found), default=0.0)
        if len(best) >= k and best[k - 1] > (left + style) / 3:
            break  # none of what is left can come among the best
        for code, row in _first_of_best(catalog, mask, worth, found, k).items():
            category, family = code & CATEGORY_MASK, code >> CATEGORY_BITS
            found[code] = Completion(
                row, code, float(together[category]), float(harmonies[family]), style
            )
    ranked = sorted(
        found.values(), key=lambda one: (-round(one.score, 9), int(columns.tie[one.row]))
    )
    return ranked[:k]


def _first_of_best(
    catalog: Catalog,
    mask: NDArray[np.bool_],
    worth: Mapping[int, float],
    without: Container[int],
    k: int,
) -> dict[int, int]:
    """Return the first outfit of `mask` by image id for each of the k garment codes that are worth most, of those that it has."""
    ties = catalog.columns.tie
    found: dict[int, int] = {}
    names = list(catalog.families)
    # Replicas number colors in different orders: equal ones are ordered by name.
    order = sorted(
        worth, key=lambda c: (-round(worth[c], 9), c & CATEGORY_MASK, names[c >> CATEGORY_BITS])
    )
    for code in order:
        if len(found) == k:
            break
        having = catalog.rows_with(code) if code not in without else np.empty(0, np.intp)
        having = having[mask[having]]
        if len(having):
            found[code] = int(having[np.argmin(ties[having])])
    return found


def _free_categories(worn: Collection[int], asked: Collection[int]) -> frozenset[int]:
    """Return what can be worn in addition: no second top, and neither top nor bottom with a dress."""
    free = set(_TOP | _OUTER | _BOTTOM | _DRESS)
    for slot in (_TOP, _OUTER, _BOTTOM, _DRESS):
        if slot & set(worn):
            free -= slot
    if _DRESS & set(worn):
        free -= _TOP | _BOTTOM
    elif set(worn) & (_TOP | _BOTTOM):
        free -= _DRESS
    return frozenset(free & set(asked) if asked else free)


def _worn_together(
    catalog: Catalog, worn: Sequence[int], lifts: Mapping[tuple[int, int], float]
) -> NDArray[np.float64]:
    """Return by category how often it is worn with each of the items against how often at all, the mean over them: (16,) in [0, 1].

    A lift of x becomes x / (1 + x): 0.5 is chance. Both counts of the catalog have one more, so that rare items are near chance.
    """
    columns = catalog.columns
    # Of 8,192 combinations of items few occur, so these are counted, not the outfits.
    outfits = np.bincount(columns.categories[columns.alive])
    combinations = np.flatnonzero(outfits)
    times = outfits[combinations]
    has = (combinations >> np.arange(CATEGORY_MASK + 1)[:, None]) & 1
    shares = has @ times / max(times.sum(), 1)
    result = np.zeros(CATEGORY_MASK + 1)
    for category in worn:
        together = has @ (times * has[category])
        lift = (together + 1) / (shares * (times @ has[category]) + 1)
        for other in range(len(lift)):
            lift[other] = lifts.get((category, other), lift[other])
        result += lift / (1 + lift)
    return result / max(len(worn), 1)


def _harmonies(catalog: Catalog, worn: Sequence[str]) -> NDArray[np.float64]:
    """Return by number of a color family how well it goes with the families that are there, the mean over them: (families,) in [0, 1].

    By the typical color of a family; a family of a palette of one's own has none, and is neutral.
    """
    names = list(catalog.families)
    known = [n for n, name in enumerate(names) if name in _LABS]
    result = np.full(len(names), _NEUTRAL)
    mine = [_LABS[name] for name in worn if name in _LABS]
    if known and mine:
        colors = np.array([_LABS[names[n]] for n in known])
        result[known] = np.mean([harmony(one, colors) for one in mine], axis=0)
    return result
