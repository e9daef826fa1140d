"""The best outfits for a person without scoring every outfit, and yet exactly.

All of a score but the style part and what the person has seen is the same for everybody with one personal color (and one
set of weights). So a shortlist holds all outfits of each style, sorted by that shared score once for all. What a person's
taste can add to an outfit of a style has an upper bound; as soon as the shared score of the next outfit plus the bound falls
below the n-th best score that has been seen, nothing that follows can be among the best n: the threshold algorithm (Fagin,
Lotem and Naor, "Optimal aggregation algorithms for middleware", 2001), with one list a style.

Outfits that changed after the list was sorted, and those that the person has seen, are scored one by one in addition.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.core.catalog import Catalog
from recommender.core.places.selection import POOL, within_caps
from recommender.core.ranking import Key, Ranking
from recommender.core.score import STYLE, STYLES, Moment, Taste

# Fewer candidates than this are scored outright.
_FEW = 4096
# Outfits of each style that are looked at first.
_FIRST = 256
# Shared scores are float32 sums of numbers up to 1: this is far above their error.
_SLACK = 1e-5


class Shortlist:
    """Outfits by shared score. Built once and never changed: safe to build in a thread while the catalog changes."""

    def __init__(self, catalog: Catalog, key: Key, moment: Moment) -> None:
        self.version = catalog.version
        """Of the catalog: rows that changed later must not be taken from here."""
        self.ranking = Ranking(catalog, key, moment)
        offered, shared = self.ranking.take_shared()
        styles = catalog.columns.style[offered]
        self._rows: list[NDArray[np.int32]] = []
        self._falling: list[NDArray[np.float32]] = []
        """Minus the shared score, ascending, in the order of `_rows`."""
        for style in range(STYLES):
            members = np.flatnonzero(styles == style)
            falling = -shared[members]
            order = np.argsort(falling)
            self._rows.append(offered[members[order]].astype(np.int32))
            self._falling.append(falling[order])

    def best(
        self,
        catalog: Catalog,
        taste: Taste,
        mask: NDArray[np.bool_],
        changed: NDArray[np.intp],
        size: int = POOL,
    ) -> NDArray[np.intp]:
        """Return rows of `mask`, bool (rows,), among them the best `size` that the caps of `selection` allow and all that equal them.

        `changed`: rows that changed after `version`. The person whose `taste` it is must have the key of the ranking.
        """
        if np.count_nonzero(mask) <= _FEW:
            return np.flatnonzero(mask)
        # What the list does not know as this person would see it, each once.
        special = np.union1d(changed, taste.seen)
        special = special[mask[special]]
        rest = mask.copy()
        rest[special] = False
        special_scores = self.ranking.partial(catalog, special, taste)
        walk = _Walk(self._rows, self._falling, taste, float(self.ranking.weights[STYLE]))
        wanted = size + size // 4
        while True:
            walk.look_for_the_best(catalog, rest, special_scores, wanted)
            rows = np.concatenate((special, walk.rows))
            scores = np.concatenate((special_scores, walk.scores))
            if len(rows) <= wanted:
                return rows  # all that there are
            threshold = _nth(scores, wanted)
            top = np.flatnonzero(scores >= threshold - _SLACK)
            order = top[np.argsort(-scores[top])]
            # Near the threshold the order is not sure: count what is safely above it.
            sure = order[scores[order] > threshold + _SLACK][:wanted]
            if within_caps(catalog, rows[sure]).sum() >= size or walk.ended:
                return np.asarray(rows[top] if not walk.ended else rows)
            wanted *= 4


class _Walk:
    """How far down each style's list has been looked, and what was found."""

    def __init__(
        self,
        rows: list[NDArray[np.int32]],
        falling: list[NDArray[np.float32]],
        taste: Taste,
        weight: float,
    ) -> None:
        self._lists = list(zip(rows, falling, strict=True))
        self._taste = taste
        self._weight = weight
        self._bounds = weight * taste.greatest()
        self._looked = [0] * STYLES
        self.rows = np.empty(0, np.intp)
        self.scores = np.empty(0)

    @property
    def ended(self) -> bool:
        """Whether every outfit has been looked at."""
        return all(
            looked == len(rows) for looked, (rows, _) in zip(self._looked, self._lists, strict=True)
        )

    def look_for_the_best(
        self, catalog: Catalog, mask: NDArray[np.bool_], beside: NDArray[np.float64], n: int
    ) -> None:
        """Continue until no outfit that is left can be among the best n of those found and `beside`."""
        step = _FIRST
        while True:
            scores = np.concatenate((self.scores, beside))
            threshold = _nth(scores, n) if len(scores) >= n else -np.inf
            # float32 as the list is: else numpy would convert all of the list.
            depths = (self._bounds - threshold + _SLACK).astype(np.float32)
            ends = [
                int(falling.searchsorted(depth, side="right"))
                for depth, (_, falling) in zip(depths, self._lists, strict=True)
            ]
            if all(end <= looked for end, looked in zip(ends, self._looked, strict=True)):
                return
            self._look(catalog, mask, ends, step)
            step *= 4

    def _look(self, catalog: Catalog, mask: NDArray[np.bool_], ends: list[int], step: int) -> None:
        rows, shared = [], []
        for style, (listed, falling) in enumerate(self._lists):
            start = self._looked[style]
            stop = min(ends[style], start + step)
            if stop > start:
                rows.append(listed[start:stop])
                shared.append(falling[start:stop])
                self._looked[style] = stop
        found = np.concatenate(rows)
        kept = mask[found]
        found = found[kept]
        columns = catalog.columns
        taste = self._taste.values(columns.style[found], columns.garments[found])
        self.rows = np.concatenate((self.rows, found))
        self.scores = np.concatenate(
            (self.scores, self._weight * taste - np.concatenate(shared)[kept])
        )


def _nth(scores: NDArray[np.float64], n: int) -> float:
    """Return the n-th greatest."""
    return float(np.partition(scores, len(scores) - n)[len(scores) - n])
