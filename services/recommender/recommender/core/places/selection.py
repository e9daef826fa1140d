"""Which of the outfits are shown, in which order: best scores first, but varied, and not too much of one author or product."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from recommender.core.catalog import NO_GARMENT, Catalog

MAX_PER_AUTHOR = 2
MAX_PER_PRODUCT = 1
VARIETY = 0.25
"""Part of maximal marginal relevance (Carbonell and Goldstein 1998) that counts how different an outfit is from those above it."""

POOL = 100
"""Variety chooses among this many of the best."""
# Parts of the likeness of two outfits: the same garments in the same colors, the same garments, the same style.
_SAME_GARMENTS, _SAME_CATEGORIES, _SAME_STYLE = 0.5, 0.3, 0.2
WITHOUT_SHARED_GARMENTS = _SAME_CATEGORIES + _SAME_STYLE
"""The greatest likeness of outfits that have no garment in the same color in common."""


def select(
    catalog: Catalog,
    rows: NDArray[np.intp],
    scores: NDArray[np.float64],
    k: int,
    variety: float = VARIETY,
) -> list[int]:
    """Return the positions in `rows` of at most k outfits, best first.

    `scores` has one entry in [0, 1] a row. Each next outfit is the one with the greatest
    (1 - variety) * score - variety * (likeness to the most alike outfit above it); variety 0 is the plain order of
    scores. Equal ones are ordered by image id. Caps are kept even if fewer than k outfits are left.
    """
    pool = _capped(catalog, rows, scores, POOL)
    if variety == 0:
        return pool[:k]
    positions = np.array(pool, dtype=np.intp)
    relevance = (1 - variety) * scores[positions]
    likeness = Likeness(catalog, rows[positions])
    alike = np.zeros(len(pool))
    chosen: list[int] = []
    while len(chosen) < min(k, len(pool)):
        # argmax takes the first of equals, and the pool is in order.
        pick = int(np.argmax(relevance - variety * alike))
        chosen.append(pool[pick])
        relevance[pick] = -np.inf
        alike = np.maximum(alike, likeness.to(pick))
    return chosen


class Likeness:
    """How alike outfits are: the same garments in the same colors, the same garments, the same style."""

    def __init__(self, catalog: Catalog, rows: NDArray[np.intp]) -> None:
        columns = catalog.columns
        # Width first, so that what is compared is adjacent in memory.
        self._garments = np.ascontiguousarray(columns.garments[rows].T)
        self._worn = (self._garments != NO_GARMENT).sum(axis=0)
        self._categories = columns.categories[rows]
        self._styles = columns.style[rows]

    def to(self, position: int) -> NDArray[np.float64]:
        """Return the likeness of each outfit to the one at `position` of `rows`: float64 (rows,) in [0, 1], 1 for the same."""
        theirs = self._garments[: self._worn[position], position]
        shared = (self._garments == theirs[:, None, None]).sum(axis=(0, 1))
        garments = shared / (self._worn + len(theirs) - shared)
        return np.asarray(
            _SAME_GARMENTS * garments
            + _likeness_of_kind(
                self._categories, self._categories[position], self._styles == self._styles[position]
            )
        )


def likeness_without_shared_garments(
    catalog: Catalog, rows: NDArray[np.intp], row: int
) -> NDArray[np.float64]:
    """Return what `Likeness` gives for rows that share no garment in the same color with `row`: float64 (rows,)."""
    columns = catalog.columns
    same_style = columns.style[rows] == columns.style[row]
    return _likeness_of_kind(columns.categories[rows], columns.categories[row], same_style)


def _likeness_of_kind(
    categories: NDArray[np.uint16], theirs: np.uint16, same_style: NDArray[np.bool_]
) -> NDArray[np.float64]:
    shared = np.bitwise_count(categories & theirs) / np.bitwise_count(categories | theirs)
    return np.asarray(_SAME_CATEGORIES * shared + _SAME_STYLE * same_style)


def _capped(
    catalog: Catalog, rows: NDArray[np.intp], scores: NDArray[np.float64], size: int
) -> list[int]:
    """Return the positions of the best `size` outfits, best first, within the caps."""
    few = min(len(rows), size + size // 4)
    while True:
        order = _top(catalog, rows, scores, few)
        order = order[within_caps(catalog, rows[order])]
        if len(order) >= size or few == len(rows):
            found: list[int] = order[:size].tolist()
            return found
        # The caps cost more than was taken: look at more.
        few = min(len(rows), 4 * few)


def within_caps(catalog: Catalog, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which of `rows`, best first, stay: bool (rows,)."""
    columns = catalog.columns
    known = columns.product[rows]
    known = known[known != 0]
    if not columns.author[rows].any() and len(np.unique(known)) == len(known):
        return np.ones(len(rows), np.bool_)
    authors: Counter[int] = Counter()
    products: Counter[int] = Counter()
    stays = np.ones(len(rows), np.bool_)
    pairs = zip(columns.author[rows].tolist(), columns.product[rows].tolist(), strict=True)
    for position, (author, product) in enumerate(pairs):
        # 0 means unknown: nothing is capped by it.
        if (author and authors[author] == MAX_PER_AUTHOR) or (
            product and products[product] == MAX_PER_PRODUCT
        ):
            stays[position] = False
            continue
        authors[author] += 1
        products[product] += 1
    return stays


def _top(
    catalog: Catalog, rows: NDArray[np.intp], scores: NDArray[np.float64], n: int
) -> NDArray[np.intp]:
    """Return the positions of the best n and of all that equal the last of them, in order."""
    if n < len(rows):
        threshold = np.partition(scores, len(rows) - n)[len(rows) - n]
        positions = np.flatnonzero(scores >= threshold)
    else:
        positions = np.arange(len(rows))
    ties = catalog.columns.tie[rows[positions]]
    return np.asarray(positions[np.lexsort((ties, -scores[positions]))])
