"""`snsfashion-admin trends rebuild` and `export`, on a real database."""

from __future__ import annotations

import asyncio
import csv
import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from pymongo import AsyncMongoClient

from servicekit import mongo
from servicekit.admin import main
from servicekit.app import utc_now
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2
from trends.core.observation import Observation, PhotoState, Stratum, Worn
from trends.storage.cellstore import FORMAT, Head
from trends.storage.store import Store

SUNDAY = date(2026, 11, 22)
T = TypeVar("T")


def photo(number: int) -> PhotoState:
    """Return a photo of a contributor of its own, so that there are as many people as photos."""
    observation = Observation(
        stratum=Stratum(fashion_pb2.SOURCE_KIND_SOCIAL, "a.example" if number % 3 else "b.example"),
        day=SUNDAY - timedelta(days=number % 10),
        contributor=f"p{number}",
        authored=True,
        garments=(Worn(9, "red" if number % 4 else "navy"), Worn(4)),
        style=0,
        hashtags=frozenset(["ootd"] if number % 2 else []),
        order=(1, 1, 1, 1),
        dated=True,
    )
    site = observation.stratum.site
    return PhotoState(f"{site}:{number}:0", site, str(number), (1, 1, 1, 1), observation)


PHOTOS = [photo(number) for number in range(200)]


def people(weekly: bool, site: str = "", hashtag: str = "") -> dict[Any, int]:
    """Return the safe numbers of photos by (dimension, category, family, start) that are told."""
    exact: dict[Any, Counter[tuple[str, date]]] = defaultdict(Counter)
    for state in PHOTOS:
        seen = state.observation
        assert seen is not None
        if site not in ("", seen.stratum.site) or (hashtag and hashtag not in seen.hashtags):
            continue
        family = seen.garments[0][1]
        for value in (
            ("item", "skirt", ""),
            ("item", "long_sleeve_outwear", ""),
            ("color", "", family),
            ("item_color", "skirt", family),
        ):
            exact[value][seen.stratum.site, seen.day] += 1
    found = {}
    for value, counts in exact.items():
        for start in sorted({monday(day) if weekly else day for _, day in counts}):
            safe = [safe_number(counts, one, start, weekly) for one in ("a.example", "b.example")]
            # A day is told if five are behind it for certain.
            if sum(safe) if weekly else sum(max(n - 4, 0) for n in safe) >= 5:
                found[*value, start.isoformat()] = sum(safe)
    return found


def safe_number(counts: Counter[tuple[str, date]], site: str, start: date, weekly: bool) -> int:
    first = monday(start)

    def until(day: date) -> int:
        days = (first + timedelta(days=n) for n in range((day - first).days + 1))
        return sum(counts[site, day] for day in days) // 5 * 5

    week = until(first + timedelta(days=6))
    if weekly or week < 5:
        return week if week >= 5 else 0
    return until(start) - until(start - timedelta(days=1))


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


@pytest.fixture
def database(mongodb_uri: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"test_trends_{uuid.uuid4().hex}"
    monkeypatch.setattr(mongo, "database", lambda client, service: client[name])
    monkeypatch.setenv("MONGODB_URI", mongodb_uri)

    async def fill(store: Store) -> None:
        await store.prepare()
        await store.put((p, OutfitDescribed()) for p in PHOTOS)

    on(mongodb_uri, name, fill)
    yield name

    async def drop() -> None:
        async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
            await client.drop_database(name)

    asyncio.run(drop())


def on(uri: str, name: str, work: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True) as client:
            return await work(Store(client[name]))

    return asyncio.run(run())


def run(*words: str) -> Result:
    """Run `snsfashion-admin trends <words>`."""
    return CliRunner().invoke(main, ["trends", *words])


def export(file: Path, *options: str) -> None:
    """Export the days up to SUNDAY; later options win."""
    result = run("export", "--out", str(file), "--to", "2026-11-22", *options)
    assert result.exit_code == 0, result.output


def rows_of(file: Path) -> list[dict[str, Any]]:
    if file.suffix == ".parquet":
        return list(pq.read_table(file).to_pylist())
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def exported(file: Path) -> dict[Any, int]:
    """Return what is told that somebody shows."""
    rows = [row for row in rows_of(file) if row["count"] and int(row["count"])]
    for row in rows:
        share, low, high = (float(row[n]) for n in ("share", "share_low", "share_high"))
        assert share == int(row["count"]) / int(row["total"])
        assert low <= share <= high
    return {
        (r["dimension"], r["category"], r["color_family"], str(r["start"])): int(r["count"])
        for r in rows
    }


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_an_export_holds_every_series_that_enough_people_make(
    database: str, tmp_path: Path, ending: str
) -> None:
    file = tmp_path / f"days.{ending}"
    export(file)
    assert exported(file) == people(False)
    export(file, "--step", "week")
    assert exported(file) == people(True)


def test_an_export_is_filtered_as_asked(database: str, tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    export(file, "--site", "b.example", "--step", "week")
    assert exported(file) == people(True, site="b.example")
    export(file, "--hashtag", "ootd")
    assert exported(file) == people(False, hashtag="ootd")
    export(file, "--from", "2026-11-21", "--to", "2026-11-21")
    assert {key[3] for key in exported(file)} == {"2026-11-21"}


def test_an_export_tells_withheld_from_zero_and_marks_what_is_not_whole(
    database: str, tmp_path: Path
) -> None:
    file = tmp_path / "weeks.csv"
    options = ("--step", "week", "--from", "2026-11-11", "--to", "2026-11-22")
    export(file, *options)
    rows = rows_of(file)
    values = {(r["dimension"], r["category"], r["color_family"], r["pattern"]) for r in rows}
    assert len(rows) == 2 * len(values)
    assert {r["start"]: r["partial"] for r in rows} == {"2026-11-09": "True", "2026-11-16": "False"}
    for row in rows:
        numbers = [row[name] for name in ("count", "share", "share_low", "share_high")]
        if row["withheld"] == "True":
            assert numbers == [""] * 4
        else:
            assert int(row["count"]) % 5 == 0
            assert "" not in numbers
        assert int(row["total"]) >= 5
    export(file)
    assert {"", "0", "10"} <= {row["count"] for row in rows_of(file)}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["export", "--out", "series.xlsx"], "must end in .csv or .parquet"),
        (["export", "--out", "x.csv", "--from", "yesterday"], "'yesterday' does not match"),
        (
            ["export", "--out", "x.csv", "--from", "2026-11-23", "--to", "2026-11-22"],
            "--from 2026-11-23 is after --to 2026-11-22",
        ),
        (["export", "--out", "nowhere/at/all.csv"], "nowhere/at/all.csv"),
        (["export", "--out", "x.csv", "--site", "a.exampl"], "there are: a.example"),
        (["export", "--out", "x.csv", "--hashtag", "two words"], "is not a hashtag"),
        (["rebild"], "rebuild"),
    ],
)
def test_what_is_wrong_is_said(database: str, words: list[str], said: str) -> None:
    result = run(*words)
    assert result.exit_code != 0
    assert said in result.output


def test_a_missing_database_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MONGODB_URI", raising=False)
    result = run("rebuild")
    assert result.exit_code == 2
    assert "MONGODB_URI" in result.output


def test_an_export_ends_today_unless_told_otherwise(database: str, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    result = run("export", "--out", str(file), "--json")
    told = json.loads(result.output)
    assert told["file"] == str(file)
    assert date.fromisoformat(told["from"]) == utc_now().date() - timedelta(days=83)


def test_a_rebuild_says_what_counts_now(mongodb_uri: str, database: str) -> None:
    said = json.loads(run("rebuild", "--json").output)
    head = on(mongodb_uri, database, Store.read_head)
    assert head == Head(said["seq"], said["seq"], said["epoch"], FORMAT)
    assert (
        len(on(mongodb_uri, database, lambda store: store.cells.read_cells(said["epoch"])))
        == said["cells"]
    )
