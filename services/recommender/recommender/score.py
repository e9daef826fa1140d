"""The score: trend + style + personal colour + freshness + novelty, each weight times a value in [0, 1]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.catalog import CATEGORY_MASK, NO_GARMENT, Catalog
from recommender.profile import NOTHING_LEARNED, Learned
from recommender.trend_table import TrendTable

PARTS = ("trend", "style", "personal_color", "freshness", "novelty")
"""Order of the columns of values and parts."""
PERSONAL_COLOR_CAP = 0.25
"""Personal colour has no sound basis (Collin 1986): it is a preference and may not outweigh the rest."""

# An outfit is half as fresh after two weeks: shops change their windows about that often.
_FRESH_HALF_LIFE_S = 14 * 86400.0
# Value of a style if the person declared others, and if nobody declared any.
_OTHER_STYLE = 0.2
_NO_STYLE_DECLARED = 0.5
_STYLE_NUMBERS = 7


@dataclass(frozen=True)
class Weights:
    """Relative weights of the parts, each at least 0."""

    trend: float = 0.35
    style: float = 0.25
    personal_color: float = 0.20
    freshness: float = 0.10
    novelty: float = 0.10

    def scaled(self) -> NDArray[np.float64]:
        """float64 (5,) that adds up to 1, personal colour at most PERSONAL_COLOR_CAP.

        Raises ValueError unless a weight beside personal colour is above 0.
        """
        weights = np.array(astuple(self), dtype=np.float64)
        index = PARTS.index("personal_color")
        color, weights[index] = weights[index], 0
        others = weights.sum()
        if not others > 0:
            raise ValueError("a weight beside personal_color must be above 0")
        share = min(color / (color + others), PERSONAL_COLOR_CAP)
        weights = weights / others * (1 - share)
        weights[index] = share
        return np.asarray(weights)


@dataclass(frozen=True)
class Person:
    """For whom: what they declare and what feedback taught."""

    styles: frozenset[int] = frozenset()
    personal_color: int = 0
    learned: Learned = NOTHING_LEARNED


def style_values(person: Person) -> NDArray[np.float64]:
    """Value of each Style number to a person, float64 (7,) in [0, 1]; entry 0 is an outfit without a style.

    A declared style has 1, others 0.2; without a declaration all have 0.5. A learned affinity moves the value that
    part of the way to 1, or to 0 if it is negative.
    """
    base = _OTHER_STYLE if person.styles else _NO_STYLE_DECLARED
    values = np.full(_STYLE_NUMBERS, base)
    values[list(person.styles)] = 1.0
    values[0] = base
    for style, affinity in person.learned.styles.items():
        room = 1 - values[style] if affinity > 0 else values[style]
        values[style] += affinity * room
    return values


def freshness(posted_at: NDArray[np.float64], now: float) -> NDArray[np.float64]:
    """1 when new, halved every two weeks. Times are Unix seconds."""
    age = np.maximum(now - posted_at, 0.0)
    return np.asarray(0.5 ** (age / _FRESH_HALF_LIFE_S))


def values(
    catalog: Catalog, rows: NDArray[np.intp], person: Person, trends: TrendTable, now: float
) -> NDArray[np.float64]:
    """The value of each part for each of `rows`: float64 (rows, 5) in [0, 1], columns as in PARTS."""
    columns = catalog.columns
    result = np.empty((len(rows), len(PARTS)))
    result[:, 0] = _trend(catalog, rows, trends)
    result[:, 1] = style_values(person)[columns.style[rows]]
    result[:, 2] = columns.suitability[rows, person.personal_color]
    result[:, 3] = freshness(columns.posted_at[rows], now)
    result[:, 4] = _novelty(catalog, rows, person.learned.shown)
    return result


def _trend(catalog: Catalog, rows: NDArray[np.intp], trends: TrendTable) -> NDArray[np.float64]:
    """Mean value of an outfit's garments."""
    by_code = np.array(
        [
            [trends.value(category, family) for category in range(CATEGORY_MASK + 1)]
            for family in catalog.families
        ]
    ).ravel()
    codes = catalog.columns.garments[rows]
    worn = codes != NO_GARMENT
    total = np.where(worn, by_code[codes], 0.0).sum(axis=1)
    return np.asarray(total / worn.sum(axis=1))


def _novelty(
    catalog: Catalog, rows: NDArray[np.intp], shown: Mapping[str, int]
) -> NDArray[np.float64]:
    """1 if never shown, halved each time that it was."""
    result = np.ones(len(catalog.columns.alive))
    for image_id, times in shown.items():
        row = catalog.row(image_id)
        if row is not None:
            result[row] = 0.5**times
    return result[rows]
