"""What feedback says about a person. A function of the stored events, so that no event can count twice."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

SHOWN, CLICKED, LIKED, BOUGHT, DISLIKED = 1, 2, 3, 4, 5
"""FeedbackKind numbers of the contract."""

# How much an act says for or against what its outfit is and holds.
_EVIDENCE = {CLICKED: 1.0, LIKED: 2.0, BOUGHT: 3.0, DISLIKED: -2.0}
# Taste drifts: an event weighs half as much after this.
_HALF_LIFE_S = 60 * 86400.0
# Evidence that makes an affinity of one half: about two likes and a click.
_HALF_EVIDENCE = 5.0
# Who was shown little is not yet held to have passed by what was shown: as if this many more had been.
_SHOWN_BEFORE = 20.0


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
    """Category and colour family of the outfit's garments when it happened; "" where no colour was measured."""


@dataclass(frozen=True)
class Learned:
    """What events taught. Affinities lie in (-1, 1)."""

    styles: Mapping[int, float] = field(default_factory=dict)
    """By Style number."""
    shown: Mapping[str, int] = field(default_factory=dict)
    """How often each outfit is known to have been shown."""
    disliked: frozenset[str] = frozenset()
    """Outfits that the person does not want to see."""
    categories: Mapping[int, float] = field(default_factory=dict)
    """By Category number."""
    families: Mapping[str, float] = field(default_factory=dict)
    """By colour family."""


NOTHING_LEARNED = Learned()
"""Of a person without feedback."""

V = TypeVar("V", bound=Hashable)


def learn(events: Iterable[Feedback], now: float) -> Learned:
    """Derives a profile. Neither the order of `events` nor repeated ones change it. `now` is Unix time in seconds.

    The affinity to a style, category or colour is (for - against - expected) / (for + against + expected + 5): `for` and
    `against` add up what the person did with outfits that have it; `expected` is what a person without a preference
    would have done, given how often it was shown. So what hangs in every outfit is not liked for that.
    """
    unique = sorted({event.event_id: event for event in events}.values(), key=lambda e: e.event_id)
    weights = [0.5 ** (max(now - event.at, 0.0) / _HALF_LIFE_S) for event in unique]
    liked = math.fsum(
        w * _EVIDENCE[e.kind]
        for e, w in zip(unique, weights, strict=True)
        if e.kind not in (SHOWN, DISLIKED)
    )
    times = math.fsum(w for e, w in zip(unique, weights, strict=True) if e.kind == SHOWN)
    per_shown = liked / (times + _SHOWN_BEFORE)
    styles: _Evidence[int] = _Evidence(per_shown)
    categories: _Evidence[int] = _Evidence(per_shown)
    families: _Evidence[str] = _Evidence(per_shown)
    shown: Counter[str] = Counter()
    acted: set[str] = set()
    for event, weight in zip(unique, weights, strict=True):
        if event.kind == SHOWN:
            shown[event.image_id] += 1
        else:
            acted.add(event.image_id)
        if event.style:
            styles.add({event.style}, event.kind, weight)
        categories.add({category for category, _ in event.garments}, event.kind, weight)
        families.add({family for _, family in event.garments if family}, event.kind, weight)
    for image_id in acted:
        # Who clicked on an outfit has seen it, even if nobody said that it was shown.
        shown[image_id] = max(shown[image_id], 1)
    return Learned(
        styles.affinities(),
        dict(shown),
        frozenset(e.image_id for e in unique if e.kind == DISLIKED),
        categories.affinities(),
        families.affinities(),
    )


class _Evidence(dict[V, list[float]]):
    """By value: what speaks for it, what against it, and how often it was shown."""

    def __init__(self, per_shown: float) -> None:
        super().__init__()
        self._per_shown = per_shown

    def add(self, values: set[V], kind: int, weight: float) -> None:
        """One event with an outfit that has `values`."""
        for value in values:
            sums = self.setdefault(value, [0.0, 0.0, 0.0])
            if kind == SHOWN:
                sums[2] += weight
            elif kind == DISLIKED:
                sums[1] -= weight * _EVIDENCE[kind]
            else:
                sums[0] += weight * _EVIDENCE[kind]

    def affinities(self) -> dict[V, float]:
        """Of each value, in (-1, 1); values about which nothing was learned are left out."""
        result = {}
        for value, (liked, disliked, shown) in self.items():
            expected = self._per_shown * shown
            affinity = (liked - disliked - expected) / (
                liked + disliked + expected + _HALF_EVIDENCE
            )
            if affinity:
                result[value] = affinity
        return result
