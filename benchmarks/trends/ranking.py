"""Does the ranker find what rises? A part of `python -m benchmarks.trends`.

Nine weeks of 400 heavy-tailed series, five of which truly double in the last one, through the real counting; beside the
ranker that serves, three simple ones.
"""

from __future__ import annotations

import math
import sys
from datetime import date, timedelta
from typing import Any

import numpy as np
from rich.progress import track

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.core import ranking
from trends.core.counts import Counts, Span
from trends.core.observation import Observation, PhotoState, Stratum, Value, Worn
from trends.core.recount import Recount

SERIES, RISERS, BASELINE_WEEKS, FLOOD = 400, 5, 8, 100
SUNDAY = date(2026, 11, 22)
MONDAY = SUNDAY - timedelta(days=6)
SOCIAL = Stratum(fashion_pb2.SOURCE_KIND_SOCIAL, "instagram")
PAIRS = [(item, f"color {n:02}") for item in range(1, 14) for n in range(31)][:SERIES]


def rank_trials(trials: int) -> dict[str, Any]:
    """Measure recall@10 of the planted risers by ranker, the part of steady series flagged, and what a flood moves."""
    names = ("growth", "rising only", "growth ratio", "ratio, floor of 10", "z-score")
    hits = dict.fromkeys(names, 0)
    flagged, fallen, moved, moved_new, reached = 0, 0, 0, 0, 0
    for seed in track(range(trials), "ranking", disable=not sys.stderr.isatty()):
        rng = np.random.default_rng(seed)
        recount, risers = _world(rng)
        ranked, now, before = _ranked(recount)
        lists = {
            "growth": [_pair(row) for row in ranked.rows(ranked.by_growth())],
            "rising only": [_pair(row) for row in ranked.rows(ranked.by_rise())],
            "growth ratio": _best(_ratio(now, before)),
            "ratio, floor of 10": _best(np.where(now >= 10, _ratio(now, before), -1)),
            "z-score": _best((now - before / 8) / np.sqrt(now + before / 64 + 1e-9)),
        }
        for name, listed in lists.items():
            hits[name] += len(set(listed[:10]) & risers)
        flagged += len(set(lists["rising only"]) - risers)
        fallen += len(ranked.by_fall())
        orders = _orders(ranked)
        steady = [shown for shown in orders[0] if shown not in risers]
        pair = steady[rng.integers(len(steady))]
        # Of someone who has shown it that day already, and of someone new: one contributor-day more.
        moved += _orders(_flooded(recount, pair, _who_shows(recount, pair))) != orders
        after = _flooded(recount, pair, "someone new")
        moved_new += _moves(orders[0], _orders(after)[0])
        reached += (
            pair in _best(_ratio(now + FLOOD * np.array([p == pair for p in PAIRS]), before))[:10]
        )
    return {
        "trials": trials,
        "rankers": {name: round(n / RISERS / trials, 3) for name, n in hits.items()},
        "flagged": round(flagged / (SERIES - RISERS) / trials, 4),
        "flagged_as_falling": round(fallen / SERIES / trials, 4),
        "moved": moved,
        "moved_by_someone_new": round(moved_new / trials, 2),
        "in_top_10_if_posts_were_counted": round(reached / trials, 2),
    }


def _world(rng: np.random.Generator) -> tuple[Recount, set[tuple[int, str]]]:
    """Return nine weeks of posts with about three garments each, and what rises.

    Sizes of series are log-normal with a median of 5 people a week, the largest about a thousand; those that rise are drawn
    among the ones with at least 10. In this world the simple rankers do as they did in the study that this ranker was chosen
    by: growth ratio .007, with a floor .91.
    """
    size = rng.lognormal(math.log(5), 1.8, SERIES)
    risers = rng.choice(np.flatnonzero(size >= 10), RISERS, replace=False)
    recount = Recount()
    for week in range(BASELINE_WEEKS + 1):
        mean = size.copy()
        if week == BASELINE_WEEKS:
            mean[risers] *= 2
        shown = np.repeat(np.arange(SERIES), rng.poisson(mean))
        posts = len(shown) // 3
        garments: list[list[tuple[int, str]]] = [[] for _ in range(posts)]
        for series, post in zip(shown, rng.integers(0, posts, len(shown)), strict=True):
            garments[post].append(PAIRS[series])
        days = rng.integers(0, 7, posts)
        monday = SUNDAY - timedelta(days=6 + 7 * (BASELINE_WEEKS - week))
        recount.apply(
            _state(
                f"{week}-{n}", monday + timedelta(days=int(days[n])), tuple(worn), f"w{week}p{n}"
            )
            for n, worn in enumerate(garments)
        )
    return recount, {PAIRS[series] for series in risers}


def _state(
    name: str, day: date, garments: tuple[tuple[int, str], ...], contributor: str
) -> PhotoState:
    order = (1, 1, 1, 1)
    worn = tuple(Worn(*garment) for garment in garments)
    seen = Observation(SOCIAL, day, contributor, True, worn, 0, frozenset(), order, True)
    return PhotoState(f"instagram:{name}:0", "instagram", name, order, seen)


def _ranked(recount: Recount) -> tuple[ranking.Ranking, Any, Any]:
    counts = Counts()
    counts.put(recount.cells)
    start = SUNDAY - timedelta(days=6)
    window = Span(counts, counts.strata, start, SUNDAY)
    first = start - timedelta(days=7 * BASELINE_WEEKS)
    baseline = Span(counts, counts.strata, first, start - timedelta(days=1))
    ranked = ranking.rank_values(counts, window, baseline, trends_pb2.DIMENSION_ITEM_COLOR, 10)
    now, before = np.zeros(SERIES), np.zeros(SERIES)
    for i, (item, color) in enumerate(PAIRS):
        for target, span in ((now, window), (before, baseline)):
            place = counts.place(Value(trends_pb2.DIMENSION_ITEM_COLOR, item, color))
            target[i] = 0 if place is None else span.by_value[:, place].sum()
    return ranked, now, before


def _pair(row: ranking.RankedValue) -> tuple[int, str]:
    return row.value.category, row.value.color


def _ratio(now: Any, before: Any) -> Any:
    return now * BASELINE_WEEKS / np.maximum(before, 0.5)


def _best(score: Any) -> list[tuple[int, str]]:
    return [PAIRS[i] for i in np.argsort(-score, kind="stable")]


def _orders(ranked: ranking.Ranking) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    return (
        [_pair(row) for row in ranked.rows(ranked.by_share())],
        [_pair(row) for row in ranked.rows(ranked.by_rise())],
    )


def _moves(before: list[tuple[int, str]], after: list[tuple[int, str]]) -> int:
    """Return the most places that any value moved."""
    place = {pair: i for i, pair in enumerate(before)}
    return max(abs(place.get(pair, i) - i) for i, pair in enumerate(after))


def _who_shows(recount: Recount, pair: tuple[int, str]) -> str:
    return next(
        o.contributor
        for o in recount._counted.values()
        if Worn(*pair) in o.garments and o.day >= MONDAY
    )


def _flooded(recount: Recount, pair: tuple[int, str], author: str) -> ranking.Ranking:
    """Return the ranking after FLOOD posts of one author on one day; the recount is as before afterwards."""
    days = [o.day for o in recount._counted.values() if o.contributor == author]
    day = days[0] if days else SUNDAY
    posts = [_state(f"flood-{n}", day, (pair,), author) for n in range(FLOOD)]
    recount.apply(posts)
    ranked = _ranked(recount)[0]
    recount.apply([], [(post.site, post.post) for post in posts])
    return ranked
