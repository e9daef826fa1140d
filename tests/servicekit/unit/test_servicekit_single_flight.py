"""Callers that ask for the same key at the same time share one call."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from structlog.testing import capture_logs

from servicekit import single_flight, telemetry
from servicekit.single_flight import SingleFlight


class Readings:
    """A source that answers when the test lets it, and the results that a cache received."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.started = 0
        self.kept: list[tuple[str, int]] = []
        self.flights: SingleFlight[str, int] = SingleFlight(
            lambda key, value: self.kept.append((key, value))
        )

    async def read(self) -> int:
        self.started += 1
        number = self.started
        await self.gate.wait()
        return number


async def test_callers_share_one_reading_and_its_result_is_kept_once() -> None:
    readings = Readings()
    flights = [readings.flights.join("a", readings.read) for _ in range(3)]
    readings.gate.set()
    assert await asyncio.gather(*flights) == [1, 1, 1]
    assert readings.kept == [("a", 1)]
    assert await readings.flights.join("a", readings.read) == 2


async def test_after_forget_the_next_caller_reads_again_and_the_old_result_is_not_kept() -> None:
    readings = Readings()
    old = readings.flights.join("a", readings.read)
    await asyncio.sleep(0)
    readings.flights.forget("a")
    new = readings.flights.join("a", readings.read)
    readings.gate.set()
    assert [await old, await new] == [1, 2]
    assert readings.kept == [("a", 2)]


async def test_a_caller_that_gives_up_does_not_end_the_reading_for_the_others() -> None:
    readings = Readings()

    async def ask() -> int:
        return await asyncio.shield(readings.flights.join("a", readings.read))

    impatient, patient = asyncio.create_task(ask()), asyncio.create_task(ask())
    await asyncio.sleep(0)
    impatient.cancel()
    readings.gate.set()
    assert await patient == 1
    assert readings.started == 1


async def test_a_reading_that_fails_fails_for_all_who_wait_and_the_next_tries_again() -> None:
    readings = Readings()

    async def fail() -> int:
        raise ValueError("unreadable")

    first, second = (readings.flights.join("a", fail) for _ in range(2))
    for flight in (first, second):
        with pytest.raises(ValueError, match="unreadable"):
            await flight
    assert not readings.kept
    assert not list(readings.flights)


async def test_a_failure_that_no_caller_waits_for_is_one_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Another test may have configured the module's logger, which keeps its configuration.
    monkeypatch.setattr(single_flight, "_log", telemetry.log("single_flight"))
    reports: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(report))
    readings = Readings()

    async def fail() -> int:
        await readings.gate.wait()
        raise ConnectionError("the database is away")

    async def ask() -> int:
        return await asyncio.shield(readings.flights.join("a", fail))

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)
    asking.cancel()
    with capture_logs() as logs:
        readings.gate.set()
        await asyncio.wait({asking, *asyncio.all_tasks() - {asyncio.current_task()}})
        gc.collect()
    assert asking.cancelled()
    assert [line["error"] for line in logs] == ["ConnectionError('the database is away')"]
    assert reports == []
