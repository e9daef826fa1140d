"""What people did with what they were shown: by position, and by the weights of the answer, side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core.profile import Feedback
from recommender.evaluation.history import History
from recommender.evaluation.replay import GAINS
from snsfashion.recommender.v1.recommender_pb2 import FEEDBACK_KIND_SHOWN

_STEPS = 200
_SETTLED = 1e-6
# Of each outfit: as if it had been shown twice more, and liked as all of them are. Most are shown a few times only.
_PRIOR = 2.0
# An act far down would count for very many where hardly anybody looks.
_LEAST_EXAMINED = 0.05
_DRAWS = 2000


@dataclass(frozen=True)
class Impression:
    """An outfit in an answer that a person saw. `gain`: that of the greatest act on it, 0 for none."""

    user_id: str
    image_id: str
    weights_id: str
    position: int
    """From 1; 0 if unknown."""
    gain: float


@dataclass(frozen=True)
class Impressions:
    """What was shown. `implied`: how many of them nobody reported as shown, but only that something was done with them."""

    every: Sequence[Impression]
    implied: int


@dataclass(frozen=True)
class Estimate:
    """A mean and its 95% interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Group:
    """The people whose answers all had one set of weights."""

    weights_id: str
    people: int
    impressions: int
    acted: Estimate
    """Share of the impressions that something was done with."""
    gain: Estimate
    """Gain of an impression, as if every position were looked at as often as the first."""


@dataclass(frozen=True)
class Experiment:
    """The groups by their gain, the greatest first, and the first one's lead over each of the others, in the same order."""

    groups: Sequence[Group]
    leads: Sequence[Estimate]
    """Of the gains. An interval that lies above 0 means that the first is better."""
    mixed_people: int
    """Left out: their answers had more than one set of weights."""


def impressions(history: History) -> Impressions:
    """Return what was shown, each outfit of an answer once. An act without an impression implies one."""
    found: list[Impression] = []
    implied = 0
    for user, events in history.feedback.items():
        by_place: dict[tuple[str, str], list[Feedback]] = defaultdict(list)
        for event in events:
            by_place[event.recommendation_id, event.image_id].append(event)
        for (_, image_id), here in by_place.items():
            shown = any(event.kind == FEEDBACK_KIND_SHOWN for event in here)
            gain = max((GAINS.get(event.kind, 0.0) for event in here), default=0.0)
            if not shown and not gain:
                continue
            implied += not shown
            position = max(event.position for event in here)
            weights_id = max(event.weights_id for event in here)
            found.append(Impression(user, image_id, weights_id, position, gain))
    return Impressions(found, implied)


def examination(every: Sequence[Impression]) -> dict[int, float]:
    """Return how often each position is looked at, relative to the one that is looked at most: {position: (0, 1]}.

    The position-based model (Craswell et al. 2008): something is done with an outfit if its position is looked at and it appeals.
    Both by expectation-maximization (Wang et al. 2018), so that good outfits standing at the top do not count as attention.
    Outfits that stood in several places tell the two apart; exploration provides them.
    """
    known = [one for one in every if one.position]
    if not known:
        return {}
    cells = Counter((one.position, one.image_id) for one in known)
    acts = Counter((one.position, one.image_id) for one in known if one.gain)
    positions, place = np.unique([position for position, _ in cells], return_inverse=True)
    _, image = np.unique([name for _, name in cells], return_inverse=True)
    shown = np.array([*cells.values()], np.float64)
    acted = np.array([acts[cell] for cell in cells], np.float64)
    overall = acted.sum() / shown.sum()
    if not overall:
        return {int(position): 1.0 for position in positions}
    looked, appeal = np.full(len(positions), 0.5), np.full(image.max() + 1, min(2 * overall, 0.9))
    for _ in range(_STEPS):
        seen, liked = looked[place], appeal[image]
        passed = np.maximum(1 - seen * liked, 1e-12)
        was_seen = acted + (shown - acted) * seen * (1 - liked) / passed
        was_liked = acted + (shown - acted) * (1 - seen) * liked / passed
        before = looked
        looked = np.bincount(place, was_seen) / np.bincount(place, shown)
        mean = appeal.mean()
        appeal = (np.bincount(image, was_liked) + _PRIOR * mean) / (
            np.bincount(image, shown) + _PRIOR
        )
        if np.abs(looked - before).max() < _SETTLED:
            break
    return {
        int(position): float(part)
        for position, part in zip(positions, looked / looked.max(), strict=True)
    }


def compare(every: Sequence[Impression], looked: dict[int, float], seed: int = 0) -> Experiment:
    """Compare the sets of weights. `looked`: from `examination`; positions that are not known count as looked at.

    Intervals draw people with replacement (percentile bootstrap, Efron 1979): what one person does is not independent.
    """
    whose: dict[str, set[str]] = defaultdict(set)
    for one in every:
        whose[one.user_id].add(one.weights_id)
    mixed = {user for user, weights in whose.items() if len(weights) > 1}
    sums: dict[str, dict[str, NDArray[np.float64]]] = defaultdict(dict)
    for one in every:
        if one.user_id in mixed or not one.weights_id:
            continue
        person = sums[one.weights_id].setdefault(one.user_id, np.zeros(3))
        person += (1, one.gain > 0, one.gain / max(looked.get(one.position, 1.0), _LEAST_EXAMINED))
    random = np.random.default_rng(seed)
    drawn = []
    for weights_id, people in sorted(sums.items()):
        table = np.array([*people.values()])
        draws = random.multinomial(len(table), np.full(len(table), 1 / len(table)), _DRAWS) @ table
        total = table.sum(axis=0)
        gains = draws[:, 2] / draws[:, 0]
        acted = _estimate(total[1] / total[0], draws[:, 1] / draws[:, 0])
        gain = _estimate(total[2] / total[0], gains)
        drawn.append((Group(weights_id, len(table), int(total[0]), acted, gain), gains))
    drawn.sort(key=lambda entry: -entry[0].gain.mean)
    leads = [
        _estimate(drawn[0][0].gain.mean - group.gain.mean, drawn[0][1] - gains)
        for group, gains in drawn[1:]
    ]
    return Experiment([group for group, _ in drawn], leads, len(mixed))


def _estimate(mean: float, draws: NDArray[np.float64]) -> Estimate:
    low, high = np.percentile(draws, (2.5, 97.5))
    return Estimate(float(mean), float(low), float(high))
