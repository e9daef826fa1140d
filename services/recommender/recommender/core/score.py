"""The score: trend + style + personal color + freshness + novelty, each weight times a value in [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core.catalog import CATEGORY_MASK, NO_GARMENT, Catalog, Names
from recommender.core.profile import NOTHING_LEARNED, Learned
from recommender.core.trend_table import TrendTable
from snsfashion.fashion.v1 import fashion_pb2

PARTS = ("trend", "style", "personal_color", "freshness", "novelty")
"""Order of the columns of values and parts."""
TREND, STYLE, PERSONAL_COLOR, FRESHNESS, NOVELTY = range(len(PARTS))
PERSONAL_COLOR_CAP = 0.25
"""Personal color has no sound basis (Collin 1986): it is a preference and may not outweigh the rest."""
STYLES = len(fashion_pb2.Style.values())
"""Style numbers, with 0 for an outfit without one."""

# An outfit is half as fresh after two weeks: shops change their windows about that often.
_FRESH_HALF_LIFE_S = 14 * 86400.0
HOUR_S = 3600.0
# Value of a declared style, of a style if the person declared others, and if nobody declared any. The rest of the way to 0
# and to 1 is feedback's.
_DECLARED_STYLE = 0.75
_OTHER_STYLE = 0.25
_NO_STYLE_DECLARED = 0.5
_GREATEST_AFFINITY = 0.999


@dataclass(frozen=True)
class Weights:
    """Relative weights of the parts, each at least 0."""

    trend: float = 0.25
    style: float = 0.40
    personal_color: float = 0.15
    freshness: float = 0.10
    novelty: float = 0.10

    def scaled(self) -> NDArray[np.float64]:
        """Return float64 (5,) that adds up to 1, personal color at most PERSONAL_COLOR_CAP.

        Raise ValueError unless a weight other than that of personal color is above 0.
        """
        weights = np.array(astuple(self), dtype=np.float64)
        color, weights[PERSONAL_COLOR] = weights[PERSONAL_COLOR], 0
        others = weights.sum()
        if not others > 0:
            raise ValueError("a weight other than personal_color must be above 0")
        share = min(color / (color + others), PERSONAL_COLOR_CAP)
        weights = weights / others * (1 - share)
        weights[PERSONAL_COLOR] = share
        return np.asarray(weights)


@dataclass(frozen=True)
class Person:
    """The person who is recommended something: what they declare and what feedback taught."""

    styles: frozenset[int] = frozenset()
    personal_color: int = 0
    learned: Learned = NOTHING_LEARNED


class Moment:
    """What is the same for everybody at a time: trends and freshness."""

    def __init__(self, trends: TrendTable, now: float) -> None:
        """`now`: Unix time in seconds. Freshness is that of the full hour before, so that the order of a large catalog holds for an hour."""
        self.trends = trends
        self.hour = now // HOUR_S * HOUR_S
        """Unix time of the start of the hour."""
        self._values: tuple[Names | None, NDArray[np.float64]] = (None, np.zeros(1))

    def trend_values(self, families: Names) -> NDArray[np.float64]:
        """Return the value of each garment code in [0, 1], and 0 for NO_GARMENT, which is the last: float64 (codes + 1,)."""
        known, values = self._values
        # Every catalog numbers families in its own way, and goes on to number new ones.
        if known is not families or len(values) <= len(families) * (CATEGORY_MASK + 1):
            by_code = [
                self.trends.value(category, family)
                for family in list(families)
                for category in range(CATEGORY_MASK + 1)
            ]
            values = np.array([*by_code, 0.0])
            self._values = (families, values)
        return values

    def freshness(self, posted_at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return 1 for what is new, halved every two weeks. Times are Unix seconds."""
        age = np.maximum(self.hour - posted_at, 0.0)
        return np.asarray(0.5 ** (age / _FRESH_HALF_LIFE_S))


class Taste:
    """What a person prefers, as arrays: the value of the style part of any outfit.

    Log-odds add up: of the style, declared and learned, and the mean over the garments of those of the item and the color. An
    affinity of a is worth log-odds of log((1 + a) / (1 - a)), so that it alone gives (1 + a) / 2.
    """

    def __init__(self, person: Person, families: Names) -> None:
        self.person = person
        self._styles = _style_log_odds(person)
        self._garments = _garment_log_odds(person.learned, families)

    def values(
        self, styles: NDArray[np.integer], garments: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """Return the value of n outfits with these Style numbers (n,) and garment codes (n, width): float64 (n,) in [0, 1]."""
        log_odds = np.asarray(self._styles[styles])
        if self._garments is not None:
            log_odds = log_odds + _mean(self._garments, garments)
        return _probability(log_odds)

    def greatest(self) -> NDArray[np.float64]:
        """Return what no outfit of each Style number exceeds: float64 (7,)."""
        most = 0.0 if self._garments is None else self._garments.max()
        return _probability(self._styles + most)


def values(
    catalog: Catalog, rows: NDArray[np.intp], taste: Taste, moment: Moment
) -> NDArray[np.float64]:
    """Return the value of each part for each of `rows`, to the person with this `taste`: float64 (rows, 5) in [0, 1], columns as in PARTS."""
    columns = catalog.columns
    garments = columns.garments[rows]
    person = taste.person
    result = np.empty((len(rows), len(PARTS)))
    result[:, TREND] = _mean(moment.trend_values(catalog.families), garments)
    result[:, STYLE] = taste.values(columns.style[rows], garments)
    result[:, PERSONAL_COLOR] = columns.suitability[rows, person.personal_color]
    result[:, FRESHNESS] = moment.freshness(columns.posted_at[rows])
    result[:, NOVELTY] = _novelty(catalog, rows, person.learned.shown)
    return result


def shared_score(
    catalog: Catalog,
    rows: NDArray[np.intp],
    personal_color: int,
    weights: NDArray[np.float64],
    moment: Moment,
) -> NDArray[np.float32]:
    """Return the score of `rows` without the style part, for people of one personal color who have seen none: float32 (rows,).

    `weights`: scaled, float64 (5,).
    """
    columns = catalog.columns
    by_code = moment.trend_values(catalog.families)
    # This may run at the same time as `Catalog.put`: a code that is newer than `by_code` belongs to a row that is scored again anyway.
    trend = _mean(by_code, np.minimum(columns.garments[rows], len(by_code) - 1))
    result = weights[TREND] * trend
    result += weights[PERSONAL_COLOR] * columns.suitability[rows, personal_color]
    result += weights[FRESHNESS] * moment.freshness(columns.posted_at[rows])
    return np.asarray(result + weights[NOVELTY], dtype=np.float32)


def _mean(by_code: NDArray[np.float64], garments: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the mean over each outfit's garments. NO_GARMENT, -1, is the last code and must have 0."""
    worn = (garments != NO_GARMENT).sum(axis=1)
    return np.asarray(by_code[garments].sum(axis=1) / np.maximum(worn, 1))


def _style_log_odds(person: Person) -> NDArray[np.float64]:
    """Return the log-odds of each Style number, float64 (7,); entry 0 is an outfit without a style."""
    base = _OTHER_STYLE if person.styles else _NO_STYLE_DECLARED
    values = np.full(STYLES, base)
    values[list(person.styles)] = _DECLARED_STYLE
    values[0] = base
    log_odds = np.log(values / (1 - values))
    for style, affinity in person.learned.styles.items():
        log_odds[style] += _log_odds(affinity)
    return np.asarray(log_odds)


def _garment_log_odds(learned: Learned, families: Names) -> NDArray[np.float64] | None:
    """Return the log-odds of each garment code, and 0 for NO_GARMENT: float64 (codes + 1,). None if all are 0."""
    if not learned.categories and not learned.families:
        return None
    categories = np.zeros((1, CATEGORY_MASK + 1))
    for category, affinity in learned.categories.items():
        categories[0, category] = _log_odds(affinity)
    colors = np.zeros((len(families), 1))
    for family, affinity in learned.families.items():
        number = families.find(family)
        if number is not None:
            colors[number] = _log_odds(affinity)
    return np.append((categories + colors).ravel(), 0.0)


def _log_odds(affinity: float) -> float:
    # Far beyond what feedback reaches; keeps 1 and -1 finite.
    return 2 * math.atanh(max(-_GREATEST_AFFINITY, min(affinity, _GREATEST_AFFINITY)))


def _probability(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def _novelty(
    catalog: Catalog, rows: NDArray[np.intp], shown: Mapping[str, int]
) -> NDArray[np.float64]:
    """Return 1 for what was never shown, halved each time that it was."""
    result = np.ones(len(rows))
    times = {row: n for name, n in shown.items() if (row := catalog.row(name)) is not None}
    if times:
        seen = np.fromiter(times, np.intp, len(times))
        order = np.argsort(seen)
        seen, counts = seen[order], np.fromiter(times.values(), np.float64, len(times))[order]
        place = np.searchsorted(seen, rows).clip(max=len(seen) - 1)
        found = seen[place] == rows
        result[found] = 0.5 ** counts[place[found]]
    return result
