"""docs/events.md says what the code does."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from servicekit import events, topology
from servicekit.consumer import MAX_DELIVERIES, backoff_s

TEXT = (Path(__file__).parents[3] / "docs" / "events.md").read_text()


def table(first_column: str, columns: int) -> list[list[str]]:
    """Rows of the table whose header starts so, without code marks."""
    lines = TEXT.splitlines()
    start = next(
        n
        for n, line in enumerate(lines)
        if line.startswith(f"| {first_column}") and line.count("|") == columns + 1
    )
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
    return rows


def test_streams_subjects_and_consumers_are_those_of_topology() -> None:
    documented = {
        (stream, subject, message, frozenset(re.split(", ", consumers)))
        for stream, subject, message, _, consumers in table("stream | subject", 5)
    }
    in_code = {
        (
            stream.name,
            subject,
            "DeadLetter" if subject == topology.DEAD else events.TYPES[subject].__name__,
            frozenset(d.service for d in topology.DURABLES if subject in d.subjects),
        )
        for stream in topology.STREAMS
        for subject in stream.subjects
    }
    assert documented == in_code


def test_how_long_streams_keep_is_that_of_topology() -> None:
    documented = {name: (kept, size) for name, kept, size in table("stream | kept", 3)}
    in_code = {
        stream.name: (
            f"{stream.max_age // timedelta(days=1)} days" if stream.max_age else "ever",
            f"{stream.max_bytes // 2**30} GiB",
        )
        for stream in topology.STREAMS
    }
    assert documented == in_code


def test_back_off_and_last_delivery_are_those_of_the_consumer() -> None:
    delays = [backoff_s(n) for n in range(1, MAX_DELIVERIES)]
    assert (delays[:3], max(delays)) == ([1, 2, 4], 60)
    assert f"on the {MAX_DELIVERIES}th failure" in TEXT
    assert f"`ACK_WAIT` ({topology.ACK_WAIT.total_seconds():.0f} s)" in TEXT
