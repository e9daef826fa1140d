"""What feedback says about a person. A function of the stored events, so that no event can count twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snsfashion.recommender.v1.recommender_pb2 import (
    FEEDBACK_KIND_BOUGHT,
    FEEDBACK_KIND_CLICKED,
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


NOTHING_LEARNED = Learned()
"""Of a person without feedback."""


def learn(events: Iterable[Feedback], now: float) -> Learned:
    """Return what events teach. Neither their order nor repeated ones change it. `now`: Unix time in seconds."""
    unique = sorted({event.event_id: event for event in events}.values(), key=lambda e: e.event_id)
    if not unique:
        return NOTHING_LEARNED
    shown = Counter(event.image_id for event in unique if event.kind == FEEDBACK_KIND_SHOWN)
    for event in unique:
        # A person who clicked on an outfit has seen it, even if nobody said that it was shown.
        shown[event.image_id] = max(shown[event.image_id], 1)
    affinities = _affinities(unique, now)
    return Learned(
        {value: a for (name, value), a in affinities.items() if name == "style"},
        dict(shown),
        frozenset(e.image_id for e in unique if e.kind == FEEDBACK_KIND_DISLIKED),
        {value: a for (name, value), a in affinities.items() if name == "category"},
        {value: a for (name, value), a in affinities.items() if name == "family"},
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
    weights = np.array([_WEIGHT[event.kind] for event in events]) * 0.5 ** (ages / _HALF_LIFE_S)
    taken = ((kinds != FEEDBACK_KIND_SHOWN) & (kinds != FEEDBACK_KIND_DISLIKED)).astype(np.float64)
    prior = np.zeros(features.shape[1])
    prior[-1] = _CLICKS
    log_odds = _most_probable(features, taken, weights, prior)
    return {name: float(np.tanh(log_odds[column] / 2)) for name, column in columns.items()}


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
        if np.abs(step).max() < 1e-9:
            break
    return found
