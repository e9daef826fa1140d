"""Outfits that are like one outfit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.core.catalog import NO_GARMENT, Catalog
from recommender.core.places.selection import (
    WITHOUT_SHARED_GARMENTS,
    Likeness,
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
    sharing = np.unique(np.concatenate([catalog.rows_with(c) for c in codes[codes != NO_GARMENT]]))
    found = _most_alike(catalog, row, sharing[mask[sharing]], k)
    if len(found) == k and found[-1][1] > WITHOUT_SHARED_GARMENTS:
        return found
    return _most_alike(catalog, row, np.flatnonzero(mask), k)


def _most_alike(
    catalog: Catalog, row: int, rows: NDArray[np.intp], k: int
) -> list[tuple[int, float]]:
    if not len(rows):
        return []
    columns = catalog.columns
    likeness = Likeness(catalog, np.append(rows, row)).to(len(rows))[:-1]
    few = min(len(rows), _MORE * k)
    while True:
        # All that equal the last of the best, so that ties are settled by image id.
        least = np.partition(likeness, len(rows) - few)[len(rows) - few]
        found = np.flatnonzero(likeness >= least)
        order = found[np.lexsort((columns.tie[rows[found]], -likeness[found]))]
        order = order[within_caps(catalog, rows[order])]
        if len(order) >= k or few == len(rows):
            return [(int(rows[n]), float(likeness[n])) for n in order[:k]]
        few = min(len(rows), _MORE * few)
