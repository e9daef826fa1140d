"""Memory follows the database through its absences, and nothing else is swallowed."""

from __future__ import annotations

import pytest
from pymongo.errors import AutoReconnect

from servicekit.polling import poll


async def test_a_database_that_is_away_is_asked_again_and_a_defect_is_raised() -> None:
    answers: list[Exception | None] = [
        AutoReconnect("away"),
        None,
        AutoReconnect("away"),
        KeyError("a defect"),
    ]

    async def refresh() -> None:
        answer = answers.pop(0)
        if answer:
            raise answer

    with pytest.raises(KeyError, match="a defect"):
        await poll(refresh, 0)
    assert not answers
