"""How outfits are compared: the parts of a score, each spread over the catalog, with the weights that they have at a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core.catalog import Catalog
from recommender.core.score import (
    NOVELTY,
    PARTS,
    SHARED,
    STYLE,
    Moment,
    Person,
    Taste,
    Weights,
)
from recommender.core.why.common import Common

_BLOCK = 1 << 16
# Values that differ by less do not vary: they are float32.
_SAME = 1e-5


@dataclass(frozen=True)
class Key:
    """Whom a ranking is for: all people of one personal color who have a taste, or none, in one hemisphere."""

    weights: Weights
    personal_color: int
    has_taste: bool = True
    southern: bool = False

    @classmethod
    def of(cls, weights: Weights, person: Person, southern: bool = False) -> Key:
        """Return the key of a person."""
        return cls(weights, person.personal_color, person.has_taste, southern)


class Ranking:
    """The score of outfits for people with one key at a moment.

    Each shared part is spread so that the least and the greatest value among the outfits that are offered become 0 and 1. So a
    weight means the same for every part, however many rows trends has. A part that is the same for all outfits has no weight.
    """

    def __init__(self, catalog: Catalog, key: Key, moment: Moment) -> None:
        self.key = key
        self.moment = moment
        columns = catalog.columns
        self._offered = np.flatnonzero(columns.alive & columns.available)
        self.common = Common(catalog, self._offered, moment)
        self._raw = np.empty((len(self._offered), len(SHARED)), np.float32)
        for start in range(0, len(self._offered), _BLOCK):
            block = slice(start, start + _BLOCK)
            self._raw[block] = moment.raw(catalog, self._offered[block], key.personal_color)
        low = self._raw.min(axis=0, initial=1.0)
        high = self._raw.max(axis=0, initial=0.0)
        varies = np.ones(len(PARTS), np.bool_)
        varies[list(SHARED)] = high - low > _SAME
        varies[STYLE] = key.has_taste
        self._low, self._spread = low, np.where(high - low > _SAME, high - low, 1.0)
        self.weights = key.weights.relative(varies)
        """float64 (7,): of PARTS, before novelty is left out for those who have seen nothing."""
        self._shared = self.weights[list(SHARED)].astype(np.float32)

    def take_shared(self) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Return the rows that are offered and the shared score of each, and drop what is needed for it: to be called once."""
        offered, raw = self._offered, self._raw
        del self._offered, self._raw
        return offered, np.asarray(self._spread_out(raw) @ self._shared)

    def partial(
        self, catalog: Catalog, rows: NDArray[np.intp], taste: Taste
    ) -> NDArray[np.float64]:
        """Return scores that order `rows` as `parts` does, float64 (rows,): for outfits never shown, shared score and style only."""
        values = self._values(catalog, rows, taste)
        values[:, NOVELTY] -= 1
        return np.asarray(values @ self.weights)

    def parts(self, catalog: Catalog, rows: NDArray[np.intp], taste: Taste) -> NDArray[np.float64]:
        """Return the parts of the scores of `rows`, weight times value: float64 (rows, 7), columns as in PARTS. They add up to at most 1."""
        weights = self.weights.copy()
        if not len(taste.seen):
            weights[NOVELTY] = 0
        return self._values(catalog, rows, taste) * (weights / (weights.sum() or 1.0))

    def _values(
        self, catalog: Catalog, rows: NDArray[np.intp], taste: Taste
    ) -> NDArray[np.float64]:
        columns = catalog.columns
        result = np.empty((len(rows), len(PARTS)))
        raw = self.moment.raw(catalog, rows, self.key.personal_color)
        result[:, list(SHARED)] = self._spread_out(raw)
        result[:, STYLE] = taste.values(columns.style[rows], columns.garments[rows])
        result[:, NOVELTY] = taste.novelty(rows)
        return result

    def _spread_out(self, raw: NDArray[np.float32]) -> NDArray[np.float32]:
        # Clipped: an outfit that is newer than the ranking may lie outside.
        return np.asarray(((raw - self._low) / self._spread).clip(0, 1), dtype=np.float32)
