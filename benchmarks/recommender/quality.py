"""How good the recommender's order is for simulated people, whose tastes are known.

For each world, people use the ranking for some weeks: they are shown ten outfits a visit, click, and the ranking learns. It sees
what a shop would: the outfits, which style a person says they prefer, their personal color if they say one, what is worn
on the street, and the clicks. Then its order, the most popular one, a random one and the oracle's (by the true probability of a
click) are compared by nDCG@10 over the outfits that the person has not been shown yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from rich.progress import Progress
from rich.table import Table

from benchmarks.bars import Bar
from benchmarks.recommender.people import FAMILIES, World
from benchmarks.recommender.shop import MICROS_IN_A_CENT
from recommender.core import profile
from recommender.core.catalog import Catalog
from recommender.core.filters import Filters
from recommender.core.outfit import Garment, GarmentColor, Outfit
from recommender.core.profile import Feedback
from recommender.core.ranking import Key
from recommender.core.recommend import Plan, recommend
from recommender.core.score import Moment, Person, Weights
from recommender.core.shortlist import Shortlist
from recommender.core.trend_table import TrendRow, TrendTable
from recommender.evaluation import metrics
from snsfashion.recommender.v1.recommender_pb2 import (
    FEEDBACK_KIND_CLICKED,
    FEEDBACK_KIND_DISLIKED,
    FEEDBACK_KIND_LIKED,
    FEEDBACK_KIND_SHOWN,
)

OUTFITS, PEOPLE, VISITS, K = 3000, 300, 15, 10
DAYS_BETWEEN_VISITS = 2
STREET_LOOKS = 5000
ORDERS = ("ours", "popular", "perfectly popular", "random", "oracle")
"""Popular: opened most in the same feedback that the ranking learned from. Perfectly: by the true mean over all people."""
MIN_GAP_CLOSED, MIN_COVERAGE = 0.4, 0.3

NOW = 1_800_000_000.0
DAY = 86400.0
# Personal colors of the contract for what people say of themselves: spring, summer; nothing.
_KINDS = {
    "opened": FEEDBACK_KIND_CLICKED,
    "liked": FEEDBACK_KIND_LIKED,
    "disliked": FEEDBACK_KIND_DISLIKED,
}
_PERSONAL_COLORS = {1: 1, -1: 2, 0: 0}


def measure(seeds: Sequence[int] | range, progress: Progress) -> dict[str, Any]:
    """Measure all worlds, and return each with mean and spread over them."""
    task = progress.add_task("simulated people", total=len(seeds) * VISITS)
    worlds = [_world(seed, progress, task) for seed in seeds]
    progress.remove_task(task)
    names = [name for name in worlds[0] if name != "seed"]
    values = {name: np.array([world[name] for world in worlds]) for name in names}
    return {
        "outfits": OUTFITS,
        "people": PEOPLE,
        "visits": VISITS,
        "worlds": worlds,
        "mean": {name: round(float(v.mean()), 3) for name, v in values.items()},
        "spread": {name: round(float(v.std()), 3) for name, v in values.items()},
    }


def bars(result: dict[str, Any]) -> Iterator[Bar]:
    """Yield what is asked of the mean over the worlds."""
    mean = result["mean"]
    yield Bar.at_least(
        "simulated people: part of the gap from most popular to oracle closed",
        MIN_GAP_CLOSED,
        mean["gap_closed"],
    )
    yield Bar.at_least(
        "simulated people: share of the catalog shown to someone", MIN_COVERAGE, mean["coverage"]
    )


def table(result: dict[str, Any]) -> Table:
    """Return the table that is printed."""
    found = Table(
        title=f"{result['people']} simulated people, {result['outfits']} outfits, {len(result['worlds'])} worlds"
    )
    for column in ("", "mean", "spread"):
        found.add_column(column, justify="right" if column else "left")
    for name, value in result["mean"].items():
        found.add_row(name, f"{value:.3f}", f"{result['spread'][name]:.3f}")
    return found


def _world(seed: int, progress: Progress, task: Any) -> dict[str, float]:
    world = World(seed, OUTFITS, PEOPLE)
    index = Catalog()
    outfits = [_outfit(world, n) for n in range(OUTFITS)]
    for outfit in outfits:
        index.put(outfit, b"")
    trends = _trends(world)
    events: list[list[Feedback]] = [[] for _ in range(PEOPLE)]
    shown: set[int] = set()
    for visit in range(VISITS + 1):
        now = NOW + visit * DAYS_BETWEEN_VISITS * DAY
        moment = Moment(trends, now)
        lists = {
            (color, taste): Shortlist(index, Key(Weights(), color, taste), moment)
            for color in set(_PERSONAL_COLORS.values())
            for taste in (False, True)
        }
        if visit == VISITS:
            break
        for number, history in enumerate(events):
            person = _person(world, number, history, now)
            shortlist = lists[person.personal_color, person.has_taste]
            rows = recommend(index, shortlist, person, Filters(), Plan(K, now)).rows
            shown.update(rows)
            acts = [(row, FEEDBACK_KIND_SHOWN) for row in rows]
            acts += [(row, _KINDS[act]) for row, act in world.reactions(number, rows)]
            history += [_event(outfits[row], number, visit, kind, now) for row, kind in acts]
        progress.advance(task)
    # What everybody opened.
    popular = np.zeros(OUTFITS)
    for event in (
        event for history in events for event in history if event.kind == FEEDBACK_KIND_CLICKED
    ):
        popular[index.row(event.image_id)] += 1
    random = np.random.default_rng(seed)
    ndcg: dict[str, list[float]] = {name: [] for name in ORDERS}
    for number, history in enumerate(events):
        person = _person(world, number, history, now)
        new = np.array([one.image_id not in person.learned.shown for one in outfits])
        old = frozenset(person.learned.shown)
        asked = Filters(exclude_image_ids=old)
        shortlist = lists[person.personal_color, person.has_taste]
        ours = recommend(index, shortlist, person, asked, Plan(K, now)).rows
        relevance = world.relevance[number]
        for name, order in (
            ("ours", ours),
            ("popular", _first(-popular, new)),
            ("perfectly popular", _first(-world.relevance.mean(axis=0), new)),
            ("random", _first(random.random(OUTFITS), new)),
            ("oracle", _first(-relevance, new)),
        ):
            ndcg[name].append(metrics.ndcg(relevance[order].tolist(), relevance[new].tolist(), K))
    found = {f"ndcg@{K} {name}": float(np.mean(values)) for name, values in ndcg.items()}
    oracle = found[f"ndcg@{K} oracle"]

    def closed(low: float) -> float:
        return (found[f"ndcg@{K} ours"] - low) / (oracle - low)

    return {
        "seed": seed,
        **found,
        "gap_closed": closed(found[f"ndcg@{K} popular"]),
        "gap_closed from perfectly popular": closed(found[f"ndcg@{K} perfectly popular"]),
        "coverage": len(shown) / OUTFITS,
        "clicks a visit": sum(e.kind == FEEDBACK_KIND_CLICKED for h in events for e in h)
        / PEOPLE
        / VISITS,
    }


def _first(order: np.ndarray[Any, Any], allowed: np.ndarray[Any, Any]) -> list[int]:
    found: list[int] = [n for n in np.argsort(order).tolist() if allowed[n]][:K]
    return found


def _outfit(world: World, number: int) -> Outfit:
    one = world.outfits[number]
    garments = tuple(
        Garment(category, (GarmentColor(FAMILIES[family][1], FAMILIES[family][0], "", 1.0),))
        for category, family in one.garments
    )
    return Outfit(
        f"shop:{number}:0",
        "shop",
        garments,
        one.style,
        NOW - one.age_days * DAY,
        product_id=str(number),
        price_micros=one.price_cents * MICROS_IN_A_CENT,
        currency="EUR",
    )


def _trends(world: World) -> TrendTable:
    """Return shares of looks, as the trends service counts them."""
    looks = [set(look) for look in world.worn(STREET_LOOKS)]
    pairs = Counter(garment for look in looks for garment in look)
    items = Counter(item for look in looks for item in {c for c, _ in look})
    colors = Counter(color for look in looks for color in {f for _, f in look})

    def row(count: int) -> TrendRow:
        return TrendRow(count / STREET_LOOKS, count / STREET_LOOKS, 0.0, False)

    # No count of fewer than five leaves the trends service.
    return TrendTable(
        {(c, FAMILIES[f][0]): row(n) for (c, f), n in pairs.items() if n >= 5},
        {c: row(n) for c, n in items.items() if n >= 5},
        {FAMILIES[f][0]: row(n) for f, n in colors.items() if n >= 5},
    )


def _person(world: World, number: int, history: list[Feedback], now: float) -> Person:
    return Person(
        frozenset((world.favorite_style[number],)),
        _PERSONAL_COLORS[world.temperature[number]],
        profile.learn(history, now),
    )


def _event(outfit: Outfit, person: int, visit: int, kind: int, now: float) -> Feedback:
    return Feedback(
        f"{person}-{visit}-{outfit.image_id}-{kind}",
        outfit.image_id,
        kind,
        outfit.style,
        now,
        tuple((g.category, g.family) for g in outfit.garments),
    )
