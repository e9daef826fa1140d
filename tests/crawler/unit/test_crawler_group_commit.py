from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from crawler.storage.group_commit import GroupCommit


class Database:
    """Keeps what was written; `gate` holds writes up."""

    def __init__(self) -> None:
        self.writes: list[dict[str, int]] = []
        self.gate = asyncio.Event()
        self.broken = False

    async def write(self, changes: Mapping[str, int]) -> dict[str, int]:
        self.writes.append(dict(changes))
        await self.gate.wait()
        if self.broken:
            raise OSError("the disk is full")
        return {key: 10 * change for key, change in changes.items()}


async def begin(
    commit: GroupCommit[int, int], *changes: tuple[str, int]
) -> list[asyncio.Task[int | None]]:
    """Start one caller for each change, and return when all of them wait."""
    callers = [asyncio.create_task(commit.change(key, change)) for key, change in changes]
    for _ in range(5):
        await asyncio.sleep(0)
    return callers


async def test_what_gathers_during_a_write_is_written_together() -> None:
    database = Database()
    commit = GroupCommit[int, int](database.write)
    callers = await begin(commit, *((key, number) for number, key in enumerate("abcd")))
    database.gate.set()
    assert await asyncio.gather(*callers) == [0, 10, 20, 30]
    assert database.writes == [{"a": 0}, {"b": 1, "c": 2, "d": 3}]


async def test_two_changes_of_one_key_follow_each_other() -> None:
    database = Database()
    commit = GroupCommit[int, int](database.write)
    callers = await begin(commit, ("a", 1), ("b", 2), ("b", 3), ("b", 4))
    database.gate.set()
    assert await asyncio.gather(*callers) == [10, 20, 30, 40]
    assert database.writes == [{"a": 1}, {"b": 2}, {"b": 3}, {"b": 4}]


async def test_a_failed_write_fails_for_all_that_it_was_for_and_not_for_later_ones() -> None:
    database = Database()
    database.broken = True
    commit = GroupCommit[int, int](database.write)
    callers = await begin(commit, ("a", 1), ("b", 2), ("c", 3))
    database.gate.set()
    results = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(result) for result in results] == [OSError] * 3
    database.broken = False
    assert await commit.change("b", 5) == 50


@pytest.mark.parametrize("given_up", [0, 1, 3])
async def test_a_caller_that_gives_up_takes_nothing_from_the_others(given_up: int) -> None:
    database = Database()
    commit = GroupCommit[int, int](database.write)
    callers = await begin(commit, ("a", 0), ("b", 1), ("c", 2), ("d", 3))
    callers[given_up].cancel()
    await asyncio.sleep(0)
    database.gate.set()
    results = await asyncio.gather(*callers, return_exceptions=True)
    assert isinstance(results.pop(given_up), asyncio.CancelledError)
    assert results == [10 * number for number in range(4) if number != given_up]
