"""What is worn, as a value in [0, 1] for a garment, and what may be said of it: item x color, else the item or the color alone."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import TypeVar

K = TypeVar("K")

# A value that rises lies in [0.5, 1], whatever its share: what rises is what people come for. How much a steady value is worn
# moves it within [0, 0.3]: the most worn garments are in every shop, and may not stand beside what rises.
_RISING_FROM = 0.5
_MOST_WORN = 0.3
NEUTRAL = _MOST_WORN / 2
"""Value of what trends say nothing about, such as a withheld cell: that of the median row."""

# A steady value is worth a sentence if its share is this many times the median row's, in a list that is long enough to have one.
_WORN_A_LOT = 2.0
_LEAST_ROWS = 5


@dataclass(frozen=True)
class TrendRow:
    """One row of the trends service; shares in [0, 1], `rise` the lower bound of a log ratio."""

    share: float
    baseline_share: float
    rise: float
    rising: bool


class Level(Enum):
    """What a row is about."""

    ITEM_COLOR = 1
    ITEM = 2
    COLOR = 3


@dataclass(frozen=True)
class Told:
    """What may be said of a garment: that a row rises, or else that it is worn a lot."""

    level: Level
    row: TrendRow
    rises: bool
    value: float
    """That of `TrendTable.value`."""


class TrendTable:
    """Rows by category number, color family, or both."""

    def __init__(
        self,
        item_color: Mapping[tuple[int, str], TrendRow],
        item: Mapping[int, TrendRow],
        color: Mapping[str, TrendRow],
        lifts: Mapping[tuple[int, int], float] | None = None,
    ) -> None:
        """`lifts`: how much more often than by chance the second item is worn with the first; 1 is chance."""
        self._rows = (item_color, item, color)
        self.lifts = lifts or {}
        self._item_color = item_color
        self._item = item
        self._color = color
        self._told: dict[tuple[int, str], Told | None] = {}
        self._typical = {
            Level.ITEM_COLOR: _median_share(item_color.values()),
            Level.ITEM: _median_share(item.values()),
            Level.COLOR: _median_share(color.values()),
        }
        rising = [pair for pair, row in item_color.items() if row.rising]
        self._risen_items = {category for category, _ in rising}
        self._risen_colors = {family for _, family in rising}
        self._strongest_of_item: dict[int, float] = {}
        self._strongest_of_color: dict[str, float] = {}
        for (category, family), row in item_color.items():
            _raise_to(self._strongest_of_item, category, row.share)
            _raise_to(self._strongest_of_color, family, row.share)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TrendTable) and (self._rows, self.lifts) == (
            other._rows,
            other.lifts,
        )

    __hash__ = None  # type: ignore[assignment]

    def value(self, category: int, family: str) -> float:
        """Return the value of a garment in [0, 1]: the greatest of its item x color, its item and its color that rises, else of the most specific row."""
        rows = self._rows_of(category, family)
        rising = [
            _rise_value(row) for level, row in rows if self._rises(level, row, category, family)
        ]
        if rising:
            return max(rising)
        if not rows:
            return NEUTRAL
        level, _ = rows[0]
        return self._worn_value(level, self._worn_share(*rows[0], category, family))

    def explain(self, category: int, family: str) -> Told | None:
        """Return what may be said of a garment: what rises of it, or that it is worn a lot; None if there is nothing to say.

        Of what rises the most specific row is told, and one that is less specific only if it rises by itself.
        """
        pair = (category, family)
        if pair not in self._told:
            self._told[pair] = self._explain(category, family)
        return self._told[pair]

    def _explain(self, category: int, family: str) -> Told | None:
        rows = self._rows_of(category, family)
        for level, row in rows:
            if self._rises(level, row, category, family):
                return Told(level, row, True, self.value(category, family))
        for level, row in rows[:1]:
            counted = self._rows[level.value - 1]
            worn = self._worn_share(level, row, category, family)
            if len(counted) >= _LEAST_ROWS and worn >= _WORN_A_LOT * self._typical[level]:
                return Told(level, row, False, self.value(category, family))
        return None

    def _rows_of(self, category: int, family: str) -> list[tuple[Level, TrendRow]]:
        """Return what is known of a garment, the most specific first."""
        found = (
            (Level.ITEM_COLOR, self._item_color.get((category, family))),
            (Level.ITEM, self._item.get(category)),
            (Level.COLOR, self._color.get(family)),
        )
        return [(level, row) for level, row in found if row]

    def _rises(self, level: Level, row: TrendRow, category: int, family: str) -> bool:
        """Tell whether a row rises, and not because of a more specific one: red does not rise if only red trousers do."""
        if level is Level.ITEM:
            return row.rising and category not in self._risen_items
        if level is Level.COLOR:
            return row.rising and family not in self._risen_colors
        return row.rising

    def _worn_share(self, level: Level, row: TrendRow, category: int, family: str) -> float:
        """Return how much a row is worn without its strongest color or item: if all trousers are blue, red ones are not worn a lot."""
        if level is Level.ITEM:
            return max(row.share - self._strongest_of_item.get(category, 0.0), 0.0)
        if level is Level.COLOR:
            return max(row.share - self._strongest_of_color.get(family, 0.0), 0.0)
        return row.share

    def _worn_value(self, level: Level, share: float) -> float:
        """Return 0.15 for the share of the median row, and up to 0.3 the more it is worn."""
        typical = self._typical[level]
        worn = share / (share + typical) if share + typical > 0 else 0.5
        return _MOST_WORN * worn


def _raise_to(strongest: dict[K, float], key: K, share: float) -> None:
    strongest[key] = max(strongest.get(key, 0.0), share)


def _rise_value(row: TrendRow) -> float:
    """Return the value of what rises: a rise of r closes 1 - exp(-r) of the way from 0.5 to 1."""
    return 1 - (1 - _RISING_FROM) * math.exp(-max(row.rise, 0.0))


def _median_share(rows: Collection[TrendRow]) -> float:
    return median(row.share for row in rows) if rows else 0.0


NO_TRENDS = TrendTable({}, {}, {})
"""Every garment is neutral: what is used while trends are out of reach."""
