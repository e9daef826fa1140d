"""What replicas hold of people: own writes at once, those of others after the next look, and never more than is bounded."""

from __future__ import annotations

import asyncio

import pytest

from recommender.core.profile import Feedback
from recommender.storage import people as people_module
from recommender.storage import stored_people as stored_people_module
from recommender.storage.people import KEPT_S, People
from recommender.storage.stored_people import StoredPeople
from servicekit.mongo import Database
from snsfashion.recommender.v1.recommender_pb2 import FEEDBACK_KIND_LIKED, Preferences

CASUAL, FEMININE = 1, 2


def liked(number: int) -> Feedback:
    return Feedback(
        f"e{number}", f"shop:p{number}:0", FEEDBACK_KIND_LIKED, CASUAL, 0.0, ((9, "red"),)
    )


@pytest.fixture
async def stored(db: Database) -> StoredPeople:
    result = StoredPeople(db)
    await result.prepare()
    return result


async def test_what_is_stored_is_read_once_and_then_held(
    stored: StoredPeople, db: Database
) -> None:
    await stored.put_profile("kim", Preferences(styles=[CASUAL]))  # type: ignore[list-item]
    await stored.add_feedback("kim", [liked(1)])
    people = People(stored, lambda: 0.0)
    first = await people.get("kim")
    assert (list(first.styles), first.events) == ([CASUAL], [liked(1)])
    await db["profiles"].delete_many({})
    assert await people.get("kim") is first


async def test_a_write_is_seen_by_its_replica_at_once_and_by_another_after_its_next_look(
    stored: StoredPeople,
) -> None:
    here, there = People(stored), People(stored)
    for people in (here, there):
        assert not (await people.get("kim")).styles
    with here.writing("kim"):
        await stored.put_profile("kim", Preferences(styles=[FEMININE]))  # type: ignore[list-item]
    assert list((await here.get("kim")).styles) == [FEMININE]
    assert not (await there.get("kim")).styles
    await there.refresh()
    assert list((await there.get("kim")).styles) == [FEMININE]


async def test_a_replica_that_missed_too_much_drops_everybody(
    stored: StoredPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_people_module, "RECENT", 2)
    people = People(stored)
    await people.get("kim")
    await stored.add_feedback("kim", [liked(1)])
    for _ in range(2):
        await stored.erase("somebody")
    await people.refresh()
    assert (await people.get("kim")).events == [liked(1)]


async def test_what_a_dead_writer_did_not_announce_is_found_out_within_a_minute(
    stored: StoredPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    people = People(stored, lambda: clock[0])
    await people.get("kim")

    async def die(user_id: str) -> None:
        raise ConnectionError("the process was killed")

    monkeypatch.setattr(stored, "_announce", die)
    with pytest.raises(ConnectionError):
        await stored.add_feedback("kim", [liked(1)])
    await people.refresh()
    clock[0] = KEPT_S - 1
    assert (await people.get("kim")).events == []
    clock[0] = KEPT_S
    assert (await people.get("kim")).events == [liked(1)]


async def test_a_write_that_could_not_be_announced_is_seen_by_its_replica(
    stored: StoredPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = People(stored, lambda: 0.0)
    assert (await people.get("kim")).events == []

    async def fail(user_id: str) -> None:
        raise ConnectionError("the database is away")

    monkeypatch.setattr(stored, "_announce", fail)
    with pytest.raises(ConnectionError), people.writing("kim"):
        await stored.add_feedback("kim", [liked(1)])
    assert (await people.get("kim")).events == [liked(1)]


async def test_a_write_while_a_person_is_read_is_not_lost(stored: StoredPeople) -> None:
    people = People(stored)
    reading = [asyncio.create_task(people.get("kim")) for _ in range(3)]
    await asyncio.sleep(0)
    with people.writing("kim"):
        await stored.add_feedback("kim", [liked(1)])
    await asyncio.gather(*reading)
    assert (await people.get("kim")).events == [liked(1)]


async def test_memory_is_bounded_by_events_and_the_least_recently_used_go_first(
    stored: StoredPeople, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_module, "_KEPT_EVENTS", 10)
    people = People(stored, lambda: 0.0)
    records = {name: await people.get(name) for name in "abcde"}
    await people.get("a")
    await people.get("f")
    assert await people.get("a") is records["a"]
    assert await people.get("b") is not records["b"]


async def test_what_is_kept_in_the_list_of_changes_names_nobody(
    stored: StoredPeople, db: Database
) -> None:
    await stored.erase("kim")
    document = await db["changes"].find_one({"_id": "people"})
    assert document is not None
    assert "kim" not in str(document)
