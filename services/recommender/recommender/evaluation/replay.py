"""Feedback played again: what would have been recommended at a time, judged by what people did after it.

The ranking is the one that serves. It sees feedback from before the split only, and outfits that were posted by then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.core import profile
from recommender.core.catalog import Catalog
from recommender.core.filters import Filters
from recommender.core.places import selection
from recommender.core.profile import Feedback
from recommender.core.ranking import Key
from recommender.core.recommend import Plan, recommend
from recommender.core.score import Moment, Person, Weights
from recommender.core.shortlist import Shortlist
from recommender.core.trend_table import TrendTable
from recommender.evaluation import metrics
from recommender.evaluation.history import Declared, History
from snsfashion.recommender.v1.recommender_pb2 import (
    FEEDBACK_KIND_BOUGHT,
    FEEDBACK_KIND_CLICKED,
    FEEDBACK_KIND_LIKED,
)

GAINS: Mapping[int, float] = {
    FEEDBACK_KIND_CLICKED: 1.0,
    FEEDBACK_KIND_LIKED: 2.0,
    FEEDBACK_KIND_BOUGHT: 3.0,
}
"""What an act is worth; of several on one outfit the greatest counts."""
RANKERS = ("recommender", "trend only", "most popular", "random")
_ONLY_TREND = Weights(trend=1, style=0, personal_color=0, freshness=0, novelty=0, season=0)


@dataclass(frozen=True)
class Judged:
    """One person's list by one ranker: image ids best first, and how good they turned out to be."""

    user_id: str
    personal_color: int
    shown: list[str]
    ndcg: float
    hit: float
    diversity: float


@dataclass(frozen=True)
class Result:
    """What came out, by ranker."""

    judged: Mapping[str, list[Judged]]
    popularity: Mapping[str, float]
    """Positive acts before the split, by image id, of all outfits that could be recommended."""
    split: float
    """Unix time in seconds."""


def replay(
    history: History,
    split: float,
    k: int,
    trends: TrendTable,
    seed: int = 0,
    tick: Callable[[], object] = lambda: None,
) -> Result:
    """Rank outfits at `split` (Unix time in seconds) for everyone who clicked, liked or bought something then or later.

    `tick` is called once for each person. Outfits that a person had already been shown may be recommended again, to every ranker.
    """
    index = Catalog()
    for outfit in history.outfits:
        if outfit.posted_at <= split and outfit.available:
            index.put(outfit, b"")
    before = {
        user: [event for event in events if event.at < split]
        for user, events in history.feedback.items()
    }
    popularity = Counter(dict.fromkeys(index.image_ids, 0.0))
    for events in before.values():
        for event in events:
            if event.kind in GAINS and event.image_id in popularity:
                popularity[event.image_id] += 1
    random = np.random.default_rng(seed)
    order = np.argsort(-np.array([popularity[name] for name in index.image_ids]), kind="stable")
    moment = Moment(trends, split)
    lists: dict[Key, Shortlist] = {}

    def ranked(person: Person, weights: Weights) -> list[int]:
        key = Key.of(weights, person)
        if key not in lists:
            lists[key] = Shortlist(index, key, moment)
        return recommend(
            index, lists[key], person, Filters(include_bought=True), Plan(k, split)
        ).rows

    judged: dict[str, list[Judged]] = {name: [] for name in RANKERS}
    for user, events in history.feedback.items():
        gains = _gains(events, split, index)
        if not gains:
            continue
        tick()
        declared = history.declared.get(user, Declared())
        person = Person(
            declared.styles,
            declared.personal_color,
            profile.learn(before[user], moment.hour),
        )
        found = {
            "recommender": ranked(person, Weights()),
            "trend only": ranked(Person(), _ONLY_TREND),
            "most popular": order[:k].tolist(),
            "random": random.permutation(len(index.image_ids))[:k].tolist(),
        }
        for name, rows in found.items():
            judged[name].append(_judged(user, declared, index, rows, gains, k))
    return Result(judged, popularity, split)


def _gains(events: Sequence[Feedback], split: float, index: Catalog) -> dict[str, float]:
    gains: dict[str, float] = {}
    for event in events:
        if event.at >= split and index.row(event.image_id) is not None and event.kind in GAINS:
            gains[event.image_id] = max(gains.get(event.image_id, 0.0), GAINS[event.kind])
    return gains


def _judged(
    user: str,
    declared: Declared,
    index: Catalog,
    rows: list[int],
    gains: Mapping[str, float],
    k: int,
) -> Judged:
    shown = [index.image_ids[row] for row in rows]
    ranked = [gains.get(name, 0.0) for name in shown]
    likeness = selection.Likeness(index, np.array(rows, dtype=np.intp))
    return Judged(
        user,
        declared.personal_color,
        shown,
        metrics.ndcg(ranked, gains.values(), k),
        metrics.hit(ranked, k),
        metrics.diversity(np.array([likeness.to(n) for n in range(len(rows))])),
    )


def summary(result: Result, seed: int = 0) -> dict[str, dict[str, object]]:
    """Return, by ranker, means over people with 95% intervals, the catalog's coverage, popularity bias, and by personal color."""
    random = np.random.default_rng(seed)
    found: dict[str, dict[str, object]] = {}
    for name, judged in result.judged.items():
        lists = [one.shown for one in judged]
        ndcg = [one.ndcg for one in judged]
        colors = sorted({one.personal_color for one in judged})
        found[name] = {
            "people": len(judged),
            "ndcg": _mean(ndcg),
            "ndcg_interval": metrics.interval(ndcg, random),
            "hit_rate": _mean([one.hit for one in judged]),
            "coverage": metrics.coverage(lists, len(result.popularity)),
            "diversity": _mean([one.diversity for one in judged]),
            "popularity_bias": metrics.popularity_bias(
                (image for one in lists for image in one), result.popularity
            ),
            "ndcg_by_personal_color": {
                color: {
                    "people": sum(one.personal_color == color for one in judged),
                    "ndcg": _mean([one.ndcg for one in judged if one.personal_color == color]),
                }
                for color in colors
            },
        }
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
