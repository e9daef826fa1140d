"""What feedback says about a person. A function of the stored events, so that no event can count twice."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SHOWN, CLICKED, LIKED, BOUGHT, DISLIKED = 1, 2, 3, 4, 5
"""FeedbackKind numbers of the contract."""

# How much an event says about its outfit's style. Being shown is the shop's act, not the person's.
_EVIDENCE = {CLICKED: 1.0, LIKED: 2.0, BOUGHT: 3.0, DISLIKED: -2.0}
# Taste drifts: an event weighs half as much after this.
_HALF_LIFE_S = 60 * 86400.0
# Evidence that makes an affinity of one half: about two likes and a click.
_HALF_EVIDENCE = 5.0


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


@dataclass(frozen=True)
class Learned:
    """What events taught."""

    styles: Mapping[int, float] = field(default_factory=dict)
    """Affinity in (-1, 1) by Style number."""
    shown: Mapping[str, int] = field(default_factory=dict)
    """How often each outfit is known to have been shown."""
    disliked: frozenset[str] = frozenset()
    """Outfits that the person does not want to see."""


NOTHING_LEARNED = Learned()
"""Of a person without feedback."""


def learn(events: Iterable[Feedback], now: float) -> Learned:
    """Derives a profile. Neither the order of `events` nor repeated ones change it. `now` is Unix time in seconds."""
    unique = {event.event_id: event for event in events}.values()
    evidence: dict[int, list[float]] = {}
    shown: Counter[str] = Counter()
    acted: set[str] = set()
    for event in unique:
        if event.kind == SHOWN:
            shown[event.image_id] += 1
            continue
        acted.add(event.image_id)
        if event.style:
            age = max(now - event.at, 0.0)
            evidence.setdefault(event.style, []).append(
                _EVIDENCE[event.kind] * 0.5 ** (age / _HALF_LIFE_S)
            )
    for image_id in acted:
        # Who clicked on an outfit has seen it, even if nobody said that it was shown.
        shown[image_id] = max(shown[image_id], 1)
    styles = {}
    for style, weights in sorted(evidence.items()):
        total = math.fsum(weights)
        styles[style] = total / (abs(total) + _HALF_EVIDENCE)
    return Learned(styles, dict(shown), frozenset(e.image_id for e in unique if e.kind == DISLIKED))
