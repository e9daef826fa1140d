"""Whether the top 10 from shortlists is that of scoring every outfit, at a size that tests don't reach.

Every outfit is scored in float64 and all are sorted; the unit tests show that the score itself is right:
they compute it by hand.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from rich.progress import Progress

from benchmarks.recommender import load
from benchmarks.recommender.shop import CATEGORIES, FAMILIES, SITE, outfits
from recommender import messages, requests
from recommender.core import filters, profile
from recommender.core.catalog import Catalog
from recommender.core.places import selection
from recommender.core.profile import Feedback
from recommender.core.ranking import Key
from recommender.core.recommend import Plan, recommend
from recommender.core.score import Moment, Person, Taste, Weights
from recommender.core.shortlist import Shortlist
from recommender.core.trend_table import TrendRow, TrendTable

OUTFITS, REQUESTS, K = 100_000, 200, 10


def measure(progress: Progress) -> dict[str, Any]:
    """Compare the two for random people, filters and weights, on a catalog that goes on changing after the lists were sorted."""
    task = progress.add_task("exactness", total=REQUESTS)
    now = datetime.now(UTC)
    random_ = random.Random(7)
    index = Catalog()
    for outfit in outfits(OUTFITS, now):
        index.put(messages.outfit(outfit, SITE, ""), b"")
    moment = Moment(_trends(random_), now.timestamp())
    equal = 0
    for _ in range(REQUESTS):
        person = _person(random_, now.timestamp())
        weights = Weights(*(random_.random() for _ in range(6)))
        shortlist = Shortlist(index, Key.of(weights, person), moment)
        for outfit in outfits(random_.randrange(50), now):
            index.put(messages.outfit(outfit, SITE, ""), b"")
        asked = requests.query(load.request(random_), now).filters
        found = recommend(index, shortlist, person, asked, Plan(K, now.timestamp()))
        rows = filters.apply(index, asked, person.learned).rows
        parts = shortlist.ranking.parts(index, rows, Taste(person, index))
        scores = parts.sum(axis=1).round(9)
        equal += found.rows == rows[selection.select(index, rows, scores, K)].tolist()
        progress.advance(task)
    progress.remove_task(task)
    return {"outfits": OUTFITS, "requests": REQUESTS, "k": K, "equal": equal}


def _trends(random_: random.Random) -> TrendTable:
    def row() -> TrendRow:
        return TrendRow(random_.random() / 5, 0.01, random_.random(), random_.random() < 0.1)

    return TrendTable(
        {(c, f): row() for c in CATEGORIES for f in FAMILIES if random_.random() < 0.5},
        {c: row() for c in CATEGORIES},
        {f: row() for f in FAMILIES},
    )


def _person(random_: random.Random, now: float) -> Person:
    events = [
        Feedback(
            str(n),
            f"{SITE}:look-{random_.randrange(OUTFITS)}:0",
            random_.randint(1, 5),
            random_.randint(1, 6),
            now - random_.random() * 90 * 86400,
            ((random_.choice(CATEGORIES), random_.choice(sorted(FAMILIES))),),
        )
        for n in range(random_.choice((0, 10, 100)))
    ]
    styles = frozenset(random_.sample(range(1, 7), random_.randint(0, 2)))
    return Person(styles, random_.randint(0, 14), profile.learn(events, now))
