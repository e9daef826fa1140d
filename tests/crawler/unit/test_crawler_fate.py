from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from crawler.core.fate import Death, Facts, Outcome, better, decide
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.crawler.v1.crawler_pb2 import Fate

DESCRIBED = Outcome((1, 1, 1, 1), crawler_pb2.FATE_DESCRIBED, garments=2)
REJECTED = Outcome((1, 1, 0, 0), crawler_pb2.FATE_REJECTED, reason="not a fashion photo")


def death(service: str, event_id: str = "d", provenance: int = 1) -> Death:
    return Death(event_id, service, "boom", provenance)


def fate(**facts: object) -> str:
    return Fate.Name(decide(Facts(**facts))[0]).removeprefix("FATE_").lower()  # type: ignore[arg-type]


def test_a_photo_waits_until_something_is_known() -> None:
    assert fate() == "waiting"


def test_a_newer_rejection_removes_an_older_outfit() -> None:
    newer = replace(REJECTED, order=(1, 2, 0, 0))
    assert better(DESCRIBED, newer) == newer
    assert better(newer, DESCRIBED) == newer


def test_a_new_revision_waits_for_its_own_outcome() -> None:
    assert fate(outcome=DESCRIBED, revision=2) == "waiting"
    assert fate(outcome=replace(DESCRIBED, order=(2, 1, 1, 1)), revision=2) == "described"


def test_what_a_producer_gave_up_is_dead_until_an_outcome_shows_that_the_retry_worked() -> None:
    for service in ("classifier", "segmenter", "color"):
        dead = frozenset({death(service)})
        assert decide(Facts(deaths=dead)) == (crawler_pb2.FATE_DEAD, f"{service}: boom")
        assert fate(deaths=dead, outcome=DESCRIBED) == "described"


def test_what_a_reader_of_outcomes_gave_up_stays_dead_until_it_is_retried() -> None:
    for service in ("trends", "recommender", "crawler"):
        dead = frozenset({death(service)})
        assert fate(deaths=dead, outcome=DESCRIBED) == "dead"
        assert fate(deaths=dead, outcome=DESCRIBED, retried=frozenset({"d"})) == "described"
    again = frozenset({death("trends"), death("trends", "e")})
    assert fate(deaths=again, outcome=DESCRIBED, retried=frozenset({"d"})) == "dead"


def test_a_death_of_a_newer_revision_is_not_undone_by_an_older_outcome() -> None:
    newer = frozenset({death("color", provenance=2)})
    assert fate(outcome=DESCRIBED, revision=2, deaths=newer) == "dead"


def test_an_expired_photo_is_gone_unless_it_was_worked_on() -> None:
    assert fate(expired=True) == "gone"
    assert fate(expired=True, deaths=frozenset({death("segmenter")})) == "gone"
    assert fate(expired=True, outcome=DESCRIBED) == "described"
    assert fate(expired=True, outcome=DESCRIBED, revision=2) == "described"


def test_erased_is_final() -> None:
    facts = Facts(erased=True, expired=True, outcome=DESCRIBED, deaths=frozenset({death("trends")}))
    assert decide(facts) == (crawler_pb2.FATE_ERASED, "")


def found(provenance: int, classifier: int, segmenter: int) -> Outcome:
    """Return what the pipeline finds at these generations, always the same."""
    if not segmenter:
        return Outcome((provenance, classifier, 0, 0), crawler_pb2.FATE_REJECTED)
    garments = (provenance + classifier + segmenter) % 2
    return Outcome(
        (provenance, classifier, segmenter, segmenter),
        crawler_pb2.FATE_DESCRIBED if garments else crawler_pb2.FATE_EMPTY,
        garments,
    )


outcomes = st.builds(found, st.integers(1, 2), st.integers(1, 2), st.integers(0, 2))
deaths = st.builds(
    death,
    st.sampled_from(["classifier", "segmenter", "color", "trends", "recommender", "crawler"]),
    st.sampled_from("abc"),
    st.integers(1, 2),
)
events = st.one_of(
    outcomes, deaths, st.tuples(st.just("retried"), st.sampled_from("abc")), st.just("expired")
)


def told(facts: Facts, event: object) -> Facts:
    """Apply one thing that the ledger learns, as it does."""
    match event:
        case Outcome():
            return replace(facts, outcome=better(facts.outcome, event))
        case Death():
            return replace(facts, deaths=facts.deaths | {event})
        case ("retried", str(letter)):
            return replace(facts, retried=facts.retried | {letter})
        case _:
            return replace(facts, expired=True)


@given(st.lists(events, max_size=8), st.data())
def test_neither_order_nor_duplicates_change_the_fate(
    history: list[object], data: st.DataObject
) -> None:
    repeated = history + data.draw(st.lists(st.sampled_from(history))) if history else []
    shuffled = data.draw(st.permutations(repeated))
    one, other = Facts(revision=2), Facts(revision=2)
    for event in history:
        one = told(one, event)
    for event in shuffled:
        other = told(other, event)
    assert one == other
    assert decide(one) == decide(other)
