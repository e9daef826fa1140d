"""What the shop promotes: outfits that get a higher score, or a fixed place, for a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core import filters
from recommender.core.catalog import Catalog
from recommender.core.filters import Filters


@dataclass(frozen=True)
class Promotion:
    """One promotion: of the outfits with these image ids, and of those that these filters select."""

    promotion_id: str
    image_ids: frozenset[str]
    selects: Filters | None
    """None: the image ids only."""
    starts_at: float
    """Unix time in seconds."""
    ends_at: float
    boost: float = 0.0
    """In [0, 1]: value of the boost part."""
    position: int = 0
    """Place that the best of its outfits gets, from 1; 0 for none."""

    def find(self, catalog: Catalog) -> NDArray[np.bool_]:
        """Return which outfits it promotes: bool (rows,)."""
        mask = np.zeros(len(catalog.columns.alive), np.bool_)
        if self.selects is not None:
            mask |= filters.find_matching(catalog, self.selects)
        mask[[row for name in self.image_ids if (row := catalog.row(name)) is not None]] = True
        return mask


class Promotions:
    """All promotions of the shop."""

    def __init__(self, every: Iterable[Promotion] = ()) -> None:
        self._every = sorted(every, key=lambda promotion: promotion.promotion_id)

    def active(self, now: float) -> list[Promotion]:
        """Return those that are on at a Unix time in seconds, by id."""
        return [one for one in self._every if one.starts_at <= now < one.ends_at]

    def strengths(
        self, catalog: Catalog, rows: NDArray[np.intp], now: float
    ) -> NDArray[np.float32]:
        """Return the strongest boost of each of `rows`, 0 for none: float32 (rows,) in [0, 1]."""
        result = np.zeros(len(rows), np.float32)
        for promotion in self.active(now):
            if promotion.boost:
                found = promotion.find(catalog)[rows]
                result[found] = np.maximum(result[found], promotion.boost)
        return result

    def pins(
        self, catalog: Catalog, allowed: NDArray[np.bool_], now: float
    ) -> Mapping[int, NDArray[np.bool_]]:
        """Return the outfits, bool (rows,), of which the best gets a place, by place from 1; of two promotions the first by id."""
        found: dict[int, NDArray[np.bool_]] = {}
        for promotion in self.active(now):
            if promotion.position and promotion.position not in found:
                candidates = promotion.find(catalog) & allowed
                if candidates.any():
                    found[promotion.position] = candidates
        return dict(sorted(found.items()))


NO_PROMOTIONS = Promotions()
"""Nothing is promoted."""
