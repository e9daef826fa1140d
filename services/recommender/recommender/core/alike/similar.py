"""Outfits that are like one outfit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.core.catalog import NO_GARMENT, Catalog
from recommender.core.places.selection import (
    WITHOUT_SHARED_GARMENTS,
    Likeness,
    likeness_without_shared_garments,
    within_caps,
)

_MORE = 4


def find_similar(
    catalog: Catalog, row: int, allowed: NDArray[np.bool_], k: int
) -> list[tuple[int, float]]:
    """Return at most k rows of `allowed`, bool (rows,), and their likeness in [0, 1] to the outfit at `row`, most alike first.

    Without the outfit itself, other photos of its product, and more of one product or author than an answer may have. Equal ones are
    ordered by image id.
    """
    columns = catalog.columns
    mask = allowed.copy()
    mask[row] = False
    if columns.product[row]:
        mask &= columns.product != columns.product[row]
    # What shares no garment is at most half as alike: it is looked at only if too little shares one.
    codes = columns.garments[row]
    shares = np.zeros(len(mask), np.bool_)
    for code in codes[codes != NO_GARMENT]:
        shares[catalog.rows_with(code)] = True
    rows = np.flatnonzero(shares & mask)
    likeness = Likeness(catalog, np.append(rows, row)).to(len(rows))[:-1]
    found = _most_alike(catalog, rows, likeness, k)
    if len(found) == k and found[-1][1] > WITHOUT_SHARED_GARMENTS:
        return found
    others = np.flatnonzero(~shares & mask)
    apart = likeness_without_shared_garments(catalog, others, row)
    return _most_alike(catalog, np.append(rows, others), np.append(likeness, apart), k)


def _most_alike(
    catalog: Catalog, rows: NDArray[np.intp], likeness: NDArray[np.float64], k: int
) -> list[tuple[int, float]]:
    if not len(rows):
        return []
    few = min(len(rows), _MORE * k)
    while True:
        order = _first(likeness, catalog.columns.tie[rows], few)
        order = order[within_caps(catalog, rows[order])]
        if len(order) >= k or few == len(rows):
            return [(int(rows[n]), float(likeness[n])) for n in order[:k]]
        few = min(len(rows), _MORE * few)


def _first(likeness: NDArray[np.float64], ties: NDArray[np.uint64], n: int) -> NDArray[np.intp]:
    """Return the positions of the first n by likeness, equal ones by `ties`. Thousands may equal each other: few of them are sorted."""
    # From level to level: there are few, and numpy's partition takes ten times as long if nearly all values are equal.
    least = likeness.max()
    while np.count_nonzero(likeness >= least) < n:
        least = likeness[likeness < least].max()
    above = np.flatnonzero(likeness > least)
    equal = np.flatnonzero(likeness == least)
    missing = n - len(above)
    equal = equal[np.argpartition(ties[equal], missing - 1)[:missing]]
    found = np.append(above, equal)
    return found[np.lexsort((ties[found], -likeness[found]))]
