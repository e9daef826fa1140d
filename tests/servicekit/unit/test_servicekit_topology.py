"""An event is declared once; streams, consumers and the types of handlers follow from that."""

from __future__ import annotations

from pathlib import Path

import pytest
from mypy import api

from servicekit import topology
from servicekit.topology import SUBJECTS

HANDLER = """
from collections.abc import Sequence
from servicekit import topology
from servicekit.consumer import Outcome, Subscription
from servicekit.events import Publication
from snsfashion.events.v1.events_pb2 import OutfitDescribed, PostErased

async def described(events: Sequence[OutfitDescribed]) -> Sequence[Outcome]:
    return []

async def erased(events: Sequence[PostErased]) -> Sequence[Outcome]:
    return []

Subscription(topology.DESCRIBED, described)
Subscription(topology.ERASED, erased)
Publication(topology.ERASED, PostErased())
"""


def test_subjects_streams_and_messages_are_told_apart_by_name() -> None:
    assert len(set(SUBJECTS)) == len(SUBJECTS)
    assert {subject.stream for subject in SUBJECTS} == set(topology.STREAMS)
    for stream in topology.STREAMS:
        assert all(subject.stream is stream for subject in topology.subjects_of(stream))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_is_found_by_the_name_of_a_message(subject: topology.Subject[object]) -> None:  # type: ignore[type-var]
    assert topology.find_subject(subject.replace("*", "color")) is subject


@pytest.mark.parametrize("name", ["", "sns.other.v1", "sns.image.crawled.v2", "sns.dead.a.b.v1"])
def test_what_was_never_declared_is_not_found(name: str) -> None:
    assert topology.find_subject(name) is None


def test_a_service_has_one_durable_for_each_stream_that_it_takes_from() -> None:
    for durable in topology.DURABLES:
        assert durable in topology.durables_of(durable.service)
        for subject in durable.subjects:
            assert durable.service in subject.consumers
    names = [(d.stream, d.service) for d in topology.DURABLES]
    assert len(set(names)) == len(names)


def test_dead_letters_go_to_the_subject_of_their_service() -> None:
    assert topology.dead_subject("color") == "sns.dead.color.v1"
    assert topology.find_subject("sns.dead.color.v1") is topology.DEAD


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("", ""),
        ("Subscription(topology.DESCRIBED, erased)", '"Subscription"'),
        ("Publication(topology.DESCRIBED, PostErased())", '"Publication"'),
    ],
)
def test_the_type_checker_refuses_an_event_on_the_subject_of_another(
    tmp_path: Path, line: str, refused: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(HANDLER + line + "\n")
    out, error, status = api.run(["--strict", "--config-file", "pyproject.toml", str(program)])
    assert status == bool(refused), out + error
    assert refused in out
