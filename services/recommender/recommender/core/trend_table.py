"""What is worn, as a value in [0, 1] for a garment: item x color, backing off to item and color."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from statistics import median

NEUTRAL = 0.5
"""Value of what trends say nothing about, such as a withheld cell: neither for nor against."""


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


class TrendTable:
    """Rows by category number, color family, or both."""

    def __init__(
        self,
        item_color: Mapping[tuple[int, str], TrendRow],
        item: Mapping[int, TrendRow],
        color: Mapping[str, TrendRow],
    ) -> None:
        self._rows = (item_color, item, color)
        self._item_color = item_color
        self._item = item
        self._color = color
        self._explained: dict[tuple[int, str], tuple[Level, TrendRow, float] | None] = {}
        self._typical = {
            Level.ITEM_COLOR: _median_share(item_color.values()),
            Level.ITEM: _median_share(item.values()),
            Level.COLOR: _median_share(color.values()),
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TrendTable) and self._rows == other._rows

    __hash__ = None  # type: ignore[assignment]

    def value(self, category: int, family: str) -> float:
        """Return the value of a garment in [0, 1]: that of its item x color, or else the mean of its item's and its color's."""
        if row := self._item_color.get((category, family)):
            return self._value(Level.ITEM_COLOR, row)
        item, color = self._item.get(category), self._color.get(family)
        values = (
            self._value(Level.ITEM, item) if item else NEUTRAL,
            self._value(Level.COLOR, color) if color else NEUTRAL,
        )
        return sum(values) / 2

    def explain(self, category: int, family: str) -> tuple[Level, TrendRow, float] | None:
        """Return the row that says most for a garment, with its value; None if trends say nothing about it."""
        pair = (category, family)
        if pair not in self._explained:
            self._explained[pair] = self._explain(category, family)
        return self._explained[pair]

    def _explain(self, category: int, family: str) -> tuple[Level, TrendRow, float] | None:
        if row := self._item_color.get((category, family)):
            return Level.ITEM_COLOR, row, self._value(Level.ITEM_COLOR, row)
        found = [
            (level, row, self._value(level, row))
            for level, row in (
                (Level.ITEM, self._item.get(category)),
                (Level.COLOR, self._color.get(family)),
            )
            if row
        ]
        return max(found, key=lambda entry: entry[2], default=None)

    def _value(self, level: Level, row: TrendRow) -> float:
        """Return 0.5 for the median row, toward 1 the more it is worn; a rise of r closes 1 - exp(-r) of what is left."""
        typical = self._typical[level]
        value = row.share / (row.share + typical) if row.share + typical > 0 else NEUTRAL
        if row.rising:
            value = 1 - (1 - value) * math.exp(-max(row.rise, 0.0))
        return value


def _median_share(rows: Collection[TrendRow]) -> float:
    return median(row.share for row in rows) if rows else 0.0


NO_TRENDS = TrendTable({}, {}, {})
"""Every garment is neutral: what is used while trends are out of reach."""
