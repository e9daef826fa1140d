"""What feedback says about a person. A function of the stored events, so that no event can count twice."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snsfashion.recommender.v1.recommender_pb2 import (
    FEEDBACK_KIND_BOUGHT,
    FEEDBACK_KIND_CLICKED,
    FEEDBACK_KIND_DISLIKE_UNDONE,
    FEEDBACK_KIND_DISLIKED,
    FEEDBACK_KIND_LIKED,
    FEEDBACK_KIND_SHOWN,
)

# How many clicks an act is worth, for the outfit or against it. What was shown and left alone is one look without a click.
_WEIGHT: Mapping[int, float] = {
    FEEDBACK_KIND_SHOWN: 1.0,
    FEEDBACK_KIND_CLICKED: 1.0,
    FEEDBACK_KIND_LIKED: 2.0,
    FEEDBACK_KIND_BOUGHT: 3.0,
    FEEDBACK_KIND_DISLIKED: 4.0,
}
FEW_ACTS = 3
"""Acts up to which an answer is compared with the one without the last of them; of more, each says little by itself."""

# Taste drifts: an event weighs half as much after this.
_HALF_LIFE_S = 60 * 86400.0
# What is believed before the first event: about one look in ten ends in a click, and log-odds of tastes
# differ by about 1.2.
_CLICKS = -2.2
_VARIANCE = 1.5
_STEPS = 20


@dataclass(frozen=True)
class Feedback:
    """One thing that a person did with an outfit."""

    event_id: str
    image_id: str
    kind: int
    style: int
    """The outfit's style when it happened; 0 if it had none."""
    at: float
    """Unix time in seconds."""
    garments: tuple[tuple[int, str], ...] = ()
    """Category and color family of the outfit's garments when it happened; "" where no color was measured."""
    position: int = 0
    """Place of the outfit in the answer that it was seen in, from 1; 0 if unknown."""
    recommendation_id: str = ""
    """Of that answer; "" if unknown."""
    weights_id: str = ""
    """Of the weights of that answer; "" if unknown."""


@dataclass(frozen=True)
class Learned:
    """What events taught. An affinity of a, in (-1, 1), is worth log-odds of log((1 + a) / (1 - a))."""

    styles: Mapping[int, float] = field(default_factory=dict)
    """By Style number."""
    shown: Mapping[str, int] = field(default_factory=dict)
    """How often each outfit is known to have been shown."""
    disliked: frozenset[str] = frozenset()
    """Outfits that the person does not want to see."""
    categories: Mapping[int, float] = field(default_factory=dict)
    """By Category number."""
    families: Mapping[str, float] = field(default_factory=dict)
    """By color family."""
    bought: frozenset[str] = frozenset()
    """Outfits of which the person has bought something."""
    acts: int = 0
    """How many things the person did; being shown something is not one."""
    impressions: int = 0
    """How many events say that something was shown."""
    before: Learned | None = None
    """The same without the last act; None without acts, and with so many that one says little by itself."""


NOTHING_LEARNED = Learned()
"""Of a person without feedback."""


def learn(events: Iterable[Feedback], now: float) -> Learned:
    """Return what events teach. Neither their order nor repeated ones change it. `now`: Unix time in seconds."""
    unique = sorted({event.event_id: event for event in events}.values(), key=lambda e: e.event_id)
    valid = _without_undone(unique)
    if not valid:
        return NOTHING_LEARNED
    acts = [event for event in valid if event.kind != FEEDBACK_KIND_SHOWN]
    learned = _learned(valid, acts, now)
    if not 0 < len(acts) <= FEW_ACTS:
        return learned
    last = max(acts, key=lambda e: (e.at, e.event_id))
    others = [event for event in valid if event is not last]
    return replace(learned, before=_learned(others, [a for a in acts if a is not last], now))


def _without_undone(events: Sequence[Feedback]) -> list[Feedback]:
    """Return what still holds: no dislike that was taken back later, and no taking back."""
    undone: dict[str, float] = {}
    for event in events:
        if event.kind == FEEDBACK_KIND_DISLIKE_UNDONE:
            undone[event.image_id] = max(event.at, undone.get(event.image_id, -math.inf))
    return [
        event
        for event in events
        if event.kind != FEEDBACK_KIND_DISLIKE_UNDONE
        and not (
            event.kind == FEEDBACK_KIND_DISLIKED
            and event.at <= undone.get(event.image_id, -math.inf)
        )
    ]


def _learned(events: Sequence[Feedback], acts: Sequence[Feedback], now: float) -> Learned:
    shown = Counter(event.image_id for event in events if event.kind == FEEDBACK_KIND_SHOWN)
    # A person who clicked on an outfit has looked at it, even if nobody said that it was shown: the look counts like any other, or
    # callers who report clicks only would teach more than those who report all.
    implied: list[Feedback] = []
    for event in acts:
        if not shown[event.image_id]:
            shown[event.image_id] = 1
            if event.kind != FEEDBACK_KIND_DISLIKED:
                implied.append(replace(event, kind=FEEDBACK_KIND_SHOWN))
    affinities = _affinities([*events, *implied], now) if events else {}
    return Learned(
        {value: a for (name, value), a in affinities.items() if name == "style"},
        dict(shown),
        frozenset(e.image_id for e in acts if e.kind == FEEDBACK_KIND_DISLIKED),
        {value: a for (name, value), a in affinities.items() if name == "category"},
        {value: a for (name, value), a in affinities.items() if name == "family"},
        frozenset(e.image_id for e in acts if e.kind == FEEDBACK_KIND_BOUGHT),
        len(acts),
        len(events) - len(acts),
    )


def _affinities(events: Sequence[Feedback], now: float) -> dict[tuple[str, Any], float]:
    """Return the most probable tastes: a logistic regression of the acts on style, items and colors, normal priors.

    The log-odds of a click add up as in `score.Taste`: the style's, and the mean over the garments of the item's and the color's.
    So what hangs in every outfit, or is shown all the time, is not liked for that.
    """
    columns: dict[tuple[str, Any], int] = {}
    cells: list[tuple[int, int, float]] = []
    for row, event in enumerate(events):
        found: list[tuple[tuple[str, Any], float]] = []
        if event.style:
            found.append((("style", event.style), 1.0))
        share = 1 / max(len(event.garments), 1)
        found += [(("category", category), share) for category, _ in event.garments]
        found += [(("family", family), share) for _, family in event.garments if family]
        cells += [(row, columns.setdefault(name, len(columns)), part) for name, part in found]
    features = np.zeros((len(events), len(columns) + 1))
    for row, column, part in cells:
        features[row, column] += part
    kinds = np.array([event.kind for event in events])
    # The last column is the habit of clicking. A dislike says nothing about it: it counts from even odds.
    features[:, -1] = kinds != FEEDBACK_KIND_DISLIKED
    ages = np.maximum(now - np.array([event.at for event in events]), 0.0)
    weights = np.array([_weight(event) for event in events]) * 0.5 ** (ages / _HALF_LIFE_S)
    taken = ((kinds != FEEDBACK_KIND_SHOWN) & (kinds != FEEDBACK_KIND_DISLIKED)).astype(np.float64)
    prior = np.zeros(features.shape[1])
    prior[-1] = _CLICKS
    log_odds = _most_probable(features, taken, weights, prior)
    return {name: float(np.tanh(log_odds[column] / 2)) for name, column in columns.items()}


def _weight(event: Feedback) -> float:
    """Return how many clicks an event is worth.

    What stood far down and was left alone was perhaps not looked at: discounted as in nDCG (Jarvelin and Kekalainen 2002).
    """
    weight = _WEIGHT[event.kind]
    if event.kind == FEEDBACK_KIND_SHOWN and event.position > 1:
        return weight / math.log2(1 + event.position)
    return weight


def _most_probable(
    features: NDArray[np.float64],
    taken: NDArray[np.float64],
    weights: NDArray[np.float64],
    prior: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the maximum a posteriori of a logistic regression with priors N(prior, _VARIANCE), by Newton's method."""
    found = prior.copy()
    precision = np.eye(len(prior)) / _VARIANCE
    for _ in range(_STEPS):
        odds = 1 / (1 + np.exp(-(features @ found)))
        slope = features.T @ (weights * (taken - odds)) - (found - prior) / _VARIANCE
        curvature = (features * (weights * odds * (1 - odds))[:, None]).T @ features + precision
        # Far from the maximum a full step may overshoot.
        step = np.linalg.solve(curvature, slope).clip(-1, 1)
        found += step
        # The error of the next step would be the square of this.
        if np.abs(step).max() < 1e-6:
            break
    return found
