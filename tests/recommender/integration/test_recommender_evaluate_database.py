"""`python -m recommender.evaluate` on what the service itself has stored."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest

from recommender.app import RecommenderApp
from recommender.core import profile
from servicekit.mongo import Database
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from snsfashion.recommender.v1.recommender_pb2 import FEEDBACK_KIND_CLICKED, Preferences

TOP = 1
FAMILIES = ("red", "navy", "black", "ivory")


@pytest.fixture
async def app(service_database: Database, wired: Callable[..., RecommenderApp]) -> RecommenderApp:
    """A replica on the service's own database."""
    result = wired(service_database)
    await result.prepare()
    return result


async def evaluate(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "recommender.evaluate",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), error.decode()


async def test_stored_feedback_is_played_again(
    app: RecommenderApp, mongodb_uri: str, described: Callable[..., OutfitDescribed]
) -> None:
    events = [
        described(f"p{n}", ((TOP, FAMILIES[n % 4]),), style=n % 6 + 1, age_days=30)
        for n in range(40)
    ]
    await app.events.described(events)
    posted = events[0].provenance.posted_at.ToDatetime()
    for user in ("kim", "lee"):
        await app.stored_people.put_profile(user, Preferences(styles=[1]))  # type: ignore[list-item]
        for n in range(0, 40, 4):
            when = posted + timedelta(days=1 + n)
            await app.stored_people.add_feedback(
                user,
                [
                    profile.Feedback(
                        f"{user}-{n}",
                        f"shop:p{n}:0",
                        FEEDBACK_KIND_CLICKED,
                        n % 6 + 1,
                        when.timestamp(),
                        ((TOP, "red"),),
                    )
                ],
            )
    status, out, error = await evaluate("--mongodb-uri", mongodb_uri, "--split", "0.5", "--json")
    assert status == 0, error
    result = json.loads(out)
    assert result["outfits"] == 40
    assert result["rankers"]["recommender"]["people"] == 2


async def test_what_version_0_1_stored_must_be_moved_first(
    app: RecommenderApp, mongodb_uri: str, service_database: Database
) -> None:
    await service_database["outfits"].insert_one({"_id": "shop:p1:0"})
    status, _, error = await evaluate("--mongodb-uri", mongodb_uri)
    assert status == 2
    assert "snsfashion-admin recommender migrate" in error


async def test_an_evaluation_writes_nothing(service_database: Database, mongodb_uri: str) -> None:
    status, _, error = await evaluate("--mongodb-uri", mongodb_uri)
    assert status == 2
    assert "there is no feedback" in error
    assert await service_database.list_collection_names() == []


async def test_a_database_or_a_trends_service_out_of_reach_is_named(
    app: RecommenderApp, mongodb_uri: str, absent_address: str
) -> None:
    status, _, error = await evaluate("--mongodb-uri", mongodb_uri)
    assert status == 2
    assert "there is no feedback" in error
    await app.stored_people.add_feedback(
        "kim", [profile.Feedback("e", "i", FEEDBACK_KIND_CLICKED, 1, 0.0)]
    )
    status, _, error = await evaluate(
        "--mongodb-uri", mongodb_uri, "--trends-address", absent_address
    )
    assert status == 2
    assert f"no trends service answers at {absent_address}" in error
