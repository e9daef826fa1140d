"""The parts of a score for each outfit, each a value in [0, 1], and the weights that they have."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recommender.core import season
from recommender.core.catalog import CATEGORY_MASK, Catalog, Names
from recommender.core.places.promotions import NO_PROMOTIONS, Promotions
from recommender.core.profile import NOTHING_LEARNED, Learned
from recommender.core.trend_table import TrendTable
from snsfashion.fashion.v1 import fashion_pb2

PARTS = ("trend", "style", "personal_color", "freshness", "novelty", "season", "boost")
"""Order of the columns of values and parts."""
TREND, STYLE, PERSONAL_COLOR, FRESHNESS, NOVELTY, SEASON, BOOST = range(len(PARTS))
SHARED = (TREND, PERSONAL_COLOR, FRESHNESS, SEASON, BOOST)
"""The parts that are the same for all people with one personal color, in one hemisphere."""
PERSONAL_COLOR_CAP = 0.25
"""Personal color has no sound basis (Collin 1986): it is a preference and may not outweigh the rest."""
BOOST_SHARE = 0.2
"""Part of a score that the strongest promotion gives."""
STYLES = len(fashion_pb2.Style.values())
"""Style numbers, with 0 for an outfit without one."""

# An outfit is half as fresh after two weeks: shops change their windows about that often.
_FRESH_HALF_LIFE_S = 14 * 86400.0
# Of an outfit whose date nobody knows.
_UNKNOWN_FRESHNESS = 0.5
HOUR_S = 3600.0
# Value of a declared style, of a style if the person declared others, and if nobody declared any: nearly as far apart as the
# values of the other parts, which are spread from 0 to 1. The rest of the way is feedback's.
_DECLARED_STYLE = 0.9
_OTHER_STYLE = 0.1
_NO_STYLE_DECLARED = 0.5
_GREATEST_AFFINITY = 0.999


@dataclass(frozen=True)
class Weights:
    """Relative weights of the parts, each at least 0.

    With the defaults the style decides among what does not rise, and 7 of 10 places that could show a riser do; with .30 and .45
    half of them do. Chosen on the look-book's worlds 201 to 203, which `make bench-answers` does not ask by itself.
    """

    trend: float = 0.35
    style: float = 0.40
    personal_color: float = 0.10
    freshness: float = 0.05
    novelty: float = 0.05
    season: float = 0.05

    @property
    def id(self) -> str:
        """What stands for the weights in answers and feedback: 8 hex digits."""
        return _weights_id(self)

    def check(self) -> None:
        """Raise ValueError unless a weight other than that of personal color is above 0."""
        if not sum(astuple(self)) > self.personal_color:
            raise ValueError("a weight other than personal_color must be above 0")

    def relative(self, varies: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the weights of PARTS, float64 (7,), of which all but novelty's add up to 1, or to 0 if nothing else varies.

        `varies`, bool (7,): parts that are the same for all outfits have no weight. Personal color has at most
        PERSONAL_COLOR_CAP of what the score is without novelty; if there is nothing else, of the score.
        """
        weights = np.array([*astuple(self), 0.0], dtype=np.float64)
        weights[~varies] = 0
        without_novelty = np.arange(len(PARTS)) != NOVELTY
        others = np.delete(weights, [PERSONAL_COLOR, NOVELTY]).sum() or weights[NOVELTY]
        most = others * PERSONAL_COLOR_CAP / (1 - PERSONAL_COLOR_CAP)
        weights[PERSONAL_COLOR] = min(weights[PERSONAL_COLOR], most)
        if varies[BOOST]:
            rest = weights[without_novelty].sum()
            weights[BOOST] = rest * BOOST_SHARE / (1 - BOOST_SHARE) or 1.0
        # Weights that are nothing beside novelty's would make it infinite.
        if weights[without_novelty].sum() <= 1e-9 * weights[NOVELTY]:
            weights[without_novelty] = 0
        return np.asarray(weights / (weights[without_novelty].sum() or weights[NOVELTY] or 1.0))


@lru_cache(maxsize=64)
def _weights_id(weights: Weights) -> str:
    return hashlib.blake2b(repr(astuple(weights)).encode(), digest_size=4).hexdigest()


@dataclass(frozen=True)
class Person:
    """The person who is recommended something: what they declare and what feedback taught."""

    styles: frozenset[int] = frozenset()
    personal_color: int = 0
    learned: Learned = NOTHING_LEARNED

    @property
    def has_taste(self) -> bool:
        """Whether one style or garment is worth more to them than another."""
        learned = self.learned
        return bool(self.styles or learned.styles or learned.categories or learned.families)


class Moment:
    """What is the same for everybody at a time in one hemisphere: trends, freshness, season and promotions."""

    def __init__(
        self,
        trends: TrendTable,
        now: float,
        southern: bool = False,
        promotions: Promotions = NO_PROMOTIONS,
    ) -> None:
        """`now`: Unix time in seconds. Freshness is that of the full hour before, so that the order of a large catalog holds for an hour."""
        self.trends = trends
        self.hour = now // HOUR_S * HOUR_S
        """Unix time of the start of the hour."""
        self.southern = southern
        self.promotions = promotions
        self._values: tuple[Names | None, NDArray[np.float64]] = (None, np.zeros(1))
        self._seasons: tuple[Names | None, NDArray[np.float64]] = (None, np.zeros(0))

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

    def _season_values(self, labels: Names) -> NDArray[np.float64]:
        """Return the value of each season label: float64 (labels,)."""
        known, values = self._seasons
        if known is not labels or len(values) < len(labels):
            values = season.values(list(labels), self.hour, self.southern)
            self._seasons = (labels, values)
        return values

    def freshness(self, posted_at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return 1 for what is new, halved every two weeks, and 0.5 where no date is known (NaN). Times are Unix seconds."""
        age = np.maximum(self.hour - posted_at, 0.0)
        return np.where(np.isnan(age), _UNKNOWN_FRESHNESS, np.exp2(-age / _FRESH_HALF_LIFE_S))

    def raw(
        self, catalog: Catalog, rows: NDArray[np.intp], personal_color: int
    ) -> NDArray[np.float32]:
        """Return the SHARED parts of `rows` for one personal color, before they are spread: float32 (rows, 5) in [0, 1]."""
        columns = catalog.columns
        by_code = self.trend_values(catalog.families)
        # This may run at the same time as `Catalog.put`: a code that is newer than `by_code` belongs to a row that is scored again anyway.
        codes = np.minimum(columns.garments[rows], len(by_code) - 1)
        by_season = self._season_values(catalog.seasons)
        seasons = np.minimum(columns.season[rows], len(by_season) - 1)
        result = np.empty((len(rows), len(SHARED)), np.float32)
        # The garment that is most in trend makes the outfit; what is worn with it does not take that back.
        result[:, 0] = by_code[codes].max(axis=1)
        result[:, 1] = columns.suitability[rows, personal_color]
        result[:, 2] = self.freshness(columns.posted_at[rows])
        result[:, 3] = by_season[seasons]
        result[:, 4] = self.promotions.strengths(catalog, rows, self.hour)
        return result


class Taste:
    """What a person prefers, as arrays: the value of the style part of any outfit.

    Log-odds add up: of the style, declared and learned, and the mean over the garments of those of the item and the color. An
    affinity of a is worth log-odds of log((1 + a) / (1 - a)), so that it alone gives (1 + a) / 2.
    """

    def __init__(self, person: Person, catalog: Catalog) -> None:
        self.person = person
        self._styles = _style_log_odds(person)
        self._garments = _garment_log_odds(person.learned, catalog.families)
        self.seen, self._times = _seen(catalog, person.learned.shown)
        """Rows of outfits that were shown to the person, ascending: intp (seen,)."""

    def values(
        self, styles: NDArray[np.integer], garments: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """Return the value of n outfits with these Style numbers (n,) and garment codes (n, width): float64 (n,) in [0, 1]."""
        log_odds = np.asarray(self._styles[styles])
        if self._garments is not None:
            log_odds = log_odds + _mean(self._garments, garments)
        return _probability(log_odds)

    def of_styles(self) -> NDArray[np.float64]:
        """Return the value of each Style number by itself: float64 (7,)."""
        return _probability(self._styles)

    def greatest(self) -> NDArray[np.float64]:
        """Return what no outfit of each Style number exceeds: float64 (7,)."""
        most = 0.0 if self._garments is None else self._garments.max()
        return _probability(self._styles + most)

    def novelty(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return 1 for what was never shown, halved each time that it was: float64 (rows,)."""
        result = np.ones(len(rows))
        if len(self.seen):
            place = np.minimum(np.searchsorted(self.seen, rows), len(self.seen) - 1)
            found = self.seen[place] == rows
            result[found] = 0.5 ** self._times[place[found]]
        return result


def _seen(
    catalog: Catalog, shown: Mapping[str, int]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the rows of what was shown, ascending, and how often."""
    times = {row: n for name, n in shown.items() if (row := catalog.row(name)) is not None}
    rows = np.fromiter(times, np.intp, len(times))
    order = np.argsort(rows)
    return rows[order], np.fromiter(times.values(), np.float64, len(times))[order]


def _mean(by_code: NDArray[np.float64], garments: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the mean over each outfit's garments. NO_GARMENT, -1, is the last code and must have 0."""
    worn = (garments >= 0).sum(axis=1)
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
