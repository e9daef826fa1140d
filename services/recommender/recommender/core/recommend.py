"""Which outfits a person is recommended: filters, scores and selection put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core import filters, score, selection
from recommender.core.catalog import Catalog
from recommender.core.filters import Filters
from recommender.core.score import Person, Taste
from recommender.core.shortlist import Shortlist


@dataclass(frozen=True)
class Recommended:
    """An answer: `rows` of the catalog, best first, and the parts of their scores, float64 (rows, 5) as in score.PARTS."""

    rows: list[int]
    parts: NDArray[np.float64]
    relaxed: tuple[str, ...]
    """Filters that had to be relaxed, in order."""
    candidates: int
    """Outfits that passed the filters."""


def recommend(
    catalog: Catalog,
    shortlist: Shortlist,
    person: Person,
    asked: Filters,
    k: int,
    variety: float = selection.VARIETY,
) -> Recommended:
    """Return the best k outfits for `person`. `shortlist` must have been sorted for their personal color.

    Raise ValueError if the catalog no longer knows what changed since the shortlist was sorted.
    """
    changed = catalog.changed_since(shortlist.version)
    if changed is None:
        raise ValueError(f"the shortlist is of version {shortlist.version}, too old")
    passed = filters.apply(catalog, asked, person.learned.disliked)
    taste = Taste(person, catalog.families)
    rows = shortlist.best(catalog, taste, passed.mask, changed)
    parts = shortlist.key.weights.scaled() * score.values(catalog, rows, taste, shortlist.moment)
    # Replicas number colors, and so add up, in different orders: what is equal must be equal for all of them.
    chosen = selection.select(catalog, rows, parts.sum(axis=1).round(9), k, variety)
    return Recommended(
        rows[chosen].tolist(), parts[chosen], passed.relaxed, int(np.count_nonzero(passed.mask))
    )
