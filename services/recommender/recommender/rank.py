"""The order: best scores first, but varied, and not too much of one author or product."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from recommender.catalog import NO_GARMENT, Catalog

MAX_PER_AUTHOR = 2
MAX_PER_PRODUCT = 1
VARIETY = 0.25
"""Part of maximal marginal relevance (Carbonell and Goldstein 1998) that goes to being unlike what stands above."""

# Variety chooses among this many of the best.
_POOL = 200
# Parts of the likeness of two outfits: the same garments in the same colours, the same garments, the same style.
_SAME_GARMENTS, _SAME_CATEGORIES, _SAME_STYLE = 0.5, 0.3, 0.2


def best(
    catalog: Catalog,
    rows: NDArray[np.intp],
    scores: NDArray[np.float64],
    k: int,
    variety: float = VARIETY,
) -> list[int]:
    """Positions in `rows` of at most k outfits, best first.

    `scores` has one entry in [0, 1] a row. Each next outfit is the one with the greatest
    (1 - variety) * score - variety * (likeness to the most alike outfit above it); variety 0 is the plain order of
    scores. Equal ones are ordered by image id. Caps are kept even if fewer than k outfits are left.
    """
    pool = _capped(catalog, rows, scores, max(_POOL, k))
    if variety == 0:
        return pool[:k]
    positions = np.array(pool, dtype=np.intp)
    relevance = (1 - variety) * scores[positions]
    alike = np.zeros(len(pool))
    left = np.ones(len(pool), np.bool_)
    chosen: list[int] = []
    while len(chosen) < min(k, len(pool)):
        # argmax takes the first of equals, and the pool is in order.
        pick = int(np.argmax(np.where(left, relevance - variety * alike, -np.inf)))
        chosen.append(pool[pick])
        left[pick] = False
        alike = np.maximum(alike, likeness(catalog, rows[positions], int(rows[pool[pick]])))
    return chosen


def likeness(catalog: Catalog, rows: NDArray[np.intp], other: int) -> NDArray[np.float64]:
    """How alike the outfits of `rows` and that of row `other` are: float64 (rows,) in [0, 1], 1 for the same."""
    columns = catalog.columns
    mine, theirs = columns.garments[rows], columns.garments[other]
    theirs = theirs[theirs != NO_GARMENT]
    shared = np.isin(mine, theirs).sum(axis=1)
    garments = shared / ((mine != NO_GARMENT).sum(axis=1) + len(theirs) - shared)
    bits, their_bits = columns.categories[rows], columns.categories[other]
    categories = np.bitwise_count(bits & their_bits) / np.bitwise_count(bits | their_bits)
    style = columns.style[rows] == columns.style[other]
    return np.asarray(
        _SAME_GARMENTS * garments + _SAME_CATEGORIES * categories + _SAME_STYLE * style
    )


def _capped(
    catalog: Catalog, rows: NDArray[np.intp], scores: NDArray[np.float64], size: int
) -> list[int]:
    """Positions of the best `size` outfits, best first, within the caps."""
    few = min(len(rows), 4 * size)
    while True:
        order = _top(catalog, rows, scores, few)
        pool = _within_caps(catalog, rows, order, size)
        if len(pool) == size or few == len(rows):
            return pool
        # The caps cost more than was taken: look at all.
        few = len(rows)


def _top(
    catalog: Catalog, rows: NDArray[np.intp], scores: NDArray[np.float64], n: int
) -> NDArray[np.intp]:
    """Positions of the best n and of all that equal the last of them, in order."""
    if n < len(rows):
        threshold = np.partition(scores, len(rows) - n)[len(rows) - n]
        positions = np.flatnonzero(scores >= threshold)
    else:
        positions = np.arange(len(rows))
    ties = catalog.columns.tie[rows[positions]]
    return np.asarray(positions[np.lexsort((ties, -scores[positions]))])


def _within_caps(
    catalog: Catalog, rows: NDArray[np.intp], order: NDArray[np.intp], size: int
) -> list[int]:
    authors: Counter[int] = Counter()
    products: Counter[int] = Counter()
    pool: list[int] = []
    for position in order.tolist():
        author = int(catalog.columns.author[rows[position]])
        product = int(catalog.columns.product[rows[position]])
        # 0 means unknown: nothing is capped by it.
        if (author and authors[author] == MAX_PER_AUTHOR) or (
            product and products[product] == MAX_PER_PRODUCT
        ):
            continue
        authors[author] += 1
        products[product] += 1
        pool.append(position)
        if len(pool) == size:
            break
    return pool
