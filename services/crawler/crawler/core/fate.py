"""What became of a photo: a function of all that is known, whatever order it became known in."""

from __future__ import annotations

from dataclasses import dataclass

from servicekit.events import Order, supersedes
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.crawler.v1.crawler_pb2 import Fate

# These services lead to an outcome: if an outcome arrives after one of them gave up, it has succeeded after all. The
# others consume outcomes: if one of them gave up, that stays true until its dead letter is retried.
_PRODUCERS = frozenset({"classifier", "segmenter", "color"})


@dataclass(frozen=True)
class Outcome:
    """What the pipeline found."""

    order: Order
    fate: Fate.ValueType
    garments: int = 0
    reason: str = ""


@dataclass(frozen=True, order=True)
class Death:
    """A consumer gave up an event of the photo. `provenance` is the revision in that event."""

    event_id: str
    service: str
    reason: str
    provenance: int


@dataclass(frozen=True)
class Facts:
    """All that decides a fate."""

    revision: int = 1
    """Revision of the provenance as it is now."""
    outcome: Outcome | None = None
    deaths: frozenset[Death] = frozenset()
    retried: frozenset[str] = frozenset()
    """Event ids of dead letters that an operator has sent again."""
    expired: bool = False
    erased: bool = False


def better(one: Outcome | None, other: Outcome) -> Outcome:
    """Return the outcome with the greater tuple."""
    return other if one is None or supersedes(other.order, one.order) else one


def decide(facts: Facts) -> tuple[Fate.ValueType, str]:
    """Return the fate and why. Erased, then lost by a consumer of outcomes, then the outcome, then gone, dead, waiting.

    An outcome of an older provenance than the present one still waits for its successor, unless the photo expired.
    """
    if facts.erased:
        return crawler_pb2.FATE_ERASED, ""
    open_deaths = sorted(d for d in facts.deaths if d.event_id not in facts.retried)
    lost = [d for d in open_deaths if d.service not in _PRODUCERS]
    if lost:
        return crawler_pb2.FATE_DEAD, _reason(lost[0])
    outcome = facts.outcome
    reached = outcome.order[0] if outcome else -1
    stuck = [d for d in open_deaths if d.service in _PRODUCERS and d.provenance > reached]
    if outcome and (facts.expired or (reached >= facts.revision and not stuck)):
        return outcome.fate, outcome.reason
    if facts.expired:
        return crawler_pb2.FATE_GONE, "the photo expired before it was worked on"
    if stuck:
        return crawler_pb2.FATE_DEAD, _reason(stuck[0])
    return crawler_pb2.FATE_WAITING, ""


def _reason(death: Death) -> str:
    return f"{death.service}: {death.reason}"
