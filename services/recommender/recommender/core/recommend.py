"""Which outfits a person is recommended: filters, scores and places put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender.core import filters
from recommender.core.catalog import Catalog
from recommender.core.filters import Filters, Passed
from recommender.core.places import exploration, selection
from recommender.core.places.restraint import restrained
from recommender.core.score import Person, Taste
from recommender.core.shortlist import Shortlist


@dataclass(frozen=True)
class Plan:
    """How an answer is made beside the scores."""

    length: int
    now: float
    """Unix time in seconds, at which promotions must be on that give a place."""
    variety: float = selection.VARIETY
    exploration: float = 0.0
    """Part of the places, in [0, 0.5]."""
    answer_id: str = ""
    """The same one gives the same exploration."""


@dataclass(frozen=True)
class Recommended:
    """An answer: `rows` of the catalog in order, and the parts of their scores, float64 (rows, 7) as in score.PARTS."""

    rows: list[int]
    parts: NDArray[np.float64]
    passed: Passed
    explored: frozenset[int] = frozenset()
    """Rows that are there to be learned about."""
    pinned: frozenset[int] = frozenset()
    """Rows that a promotion gave their place."""

    @property
    def candidates(self) -> int:
        """Outfits that passed the filters."""
        return int(np.count_nonzero(self.passed.mask))


def recommend(
    catalog: Catalog,
    shortlist: Shortlist,
    person: Person,
    asked: Filters,
    plan: Plan,
    before: Person | None = None,
) -> Recommended:
    """Return outfits for `person`. `shortlist` must have been sorted for their key. `before`: the person without their last act.

    Raise ValueError if the catalog no longer knows what changed since the shortlist was sorted.
    """
    passed = filters.apply(catalog, asked, person.learned)
    taste = Taste(person, catalog)
    rows = _best(catalog, shortlist, taste, passed, plan)
    if before is not None:
        earlier = Taste(before, catalog)
        rows = restrained(rows, _best(catalog, shortlist, earlier, passed, plan))
    explored: frozenset[int] = frozenset()
    if plan.exploration:
        fits = _fitting(catalog, passed, taste, rows)
        rows, explored = exploration.explore(
            rows, catalog.columns, fits, plan.exploration, plan.answer_id
        )
    pinned: frozenset[int] = frozenset()
    promotions = shortlist.ranking.moment.promotions
    for place, mask in promotions.pins(catalog, passed.mask, plan.now).items():
        if place <= plan.length:
            candidates = np.flatnonzero(mask)
            best = candidates[np.argmax(shortlist.ranking.partial(catalog, candidates, taste))]
            rows = _placed(rows, int(best), place, plan.length)
            pinned |= {int(best)}
    parts = shortlist.ranking.parts(catalog, np.array(rows, np.intp), taste)
    return Recommended(rows, parts, passed, explored & set(rows), pinned & set(rows))


def without_last_act(person: Person) -> Person | None:
    """Return the person without their last act; None if they did nothing, or so much that one act says little."""
    learned = person.learned
    if learned.before is None:
        return None
    # What they don't want to see, have seen or have bought stays known.
    earlier = replace(
        learned.before, shown=learned.shown, disliked=learned.disliked, bought=learned.bought
    )
    return replace(person, learned=earlier)


def _best(
    catalog: Catalog, shortlist: Shortlist, taste: Taste, passed: Passed, plan: Plan
) -> list[int]:
    changed = catalog.changed_since(shortlist.version)
    if changed is None:
        raise ValueError(f"the shortlist is of version {shortlist.version}, too old")
    rows = shortlist.best(catalog, taste, passed.mask, changed)
    # Replicas number colors, and so add up, in different orders: what is equal must be equal for all of them.
    scores = shortlist.ranking.parts(catalog, rows, taste).sum(axis=1).round(9)
    chosen = selection.select(catalog, rows, scores, plan.length, plan.variety)
    return [int(row) for row in rows[chosen]]


def _fitting(
    catalog: Catalog, passed: Passed, taste: Taste, rows: list[int]
) -> Callable[[NDArray[np.intp]], NDArray[np.bool_]]:
    """Return which rows may be explored: never shown, and of a style that is worth as much as those that the person declared.

    If they declared none, as much as most of `rows` have. What rises may be in another style, so `rows` alone would not tell.
    """
    styles = catalog.columns.style
    worth = taste.of_styles()
    declared = list(taste.person.styles)
    least = float(
        worth[declared].min() if declared else np.median(worth[styles[rows]] if rows else 0.0)
    )

    def fits(some: NDArray[np.intp]) -> NDArray[np.bool_]:
        likely = passed.mask[some] & (worth[styles[some]] >= least)
        return np.asarray(likely & (taste.novelty(some) == 1))

    return fits


def _placed(rows: list[int], row: int, place: int, length: int) -> list[int]:
    others = [other for other in rows if other != row]
    return [*others[: place - 1], row, *others[place - 1 :]][:length]
