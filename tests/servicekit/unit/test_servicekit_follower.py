"""Memory follows the database, also after the database was away. Other errors are raised."""

from __future__ import annotations

import asyncio

import pytest
from pymongo.errors import AutoReconnect

from servicekit.follower import Follower


class Numbers(Follower[int]):
    """A follower of a number. The test gives what it reads."""

    EVERY_S = 0.0

    def __init__(self, answers: list[int | Exception]) -> None:
        super().__init__(version=0)
        self.answers = answers
        self.caught_up: list[tuple[int, int]] = []

    async def _read_version(self) -> int:
        await asyncio.sleep(0)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _catch_up(self, newest: int) -> int:
        await asyncio.sleep(0)
        self.caught_up.append((self._version, newest))
        return newest


async def test_a_database_that_is_away_is_asked_again_and_a_defect_is_raised() -> None:
    follower = Numbers([AutoReconnect("away"), 1, AutoReconnect("away"), KeyError("a defect")])
    with pytest.raises(KeyError, match="a defect"):
        await follower.follow()
    assert not follower.answers
    assert follower.caught_up == [(0, 1)]


async def test_what_has_not_changed_is_not_read_again() -> None:
    follower = Numbers([2, 2, 5])
    for _ in range(3):
        await follower.refresh()
    assert follower.caught_up == [(0, 2), (2, 5)]


async def test_two_refreshes_follow_one_another() -> None:
    follower = Numbers([1, 2])
    await asyncio.gather(follower.refresh(), follower.refresh())
    assert follower.caught_up == [(0, 1), (1, 2)]
