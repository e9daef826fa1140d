"""How fast the recommender answers, and how good its answers are.

Speed: an open loop (latency counts from the moment that a call was due) of 100 calls/s at 100,000 outfits and of 20
calls/s at 1,000,000, against an RPC that does nothing on the same port and at the same rate, in turn. The service and its
database are real, trends are a fixed table; see benchmarks.recommender.server. Exactness: the top 10 is that
of scoring all. Quality: people with known tastes (people.py) use the ranking for some weeks; then it is compared with the
most popular outfits and with an oracle that knows every taste.

Writes .run/bench-recommender.json. Ends with status 1 if a bar is missed.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np
from pymongo import MongoClient
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.bars import Bar
from benchmarks.bars import table as bar_table
from benchmarks.recommender import exact, load, quality
from benchmarks.recommender.shop import CATEGORIES, FAMILIES, SITE
from devstack.infrastructure import mongo_server
from snsfashion.fashion.v1.fashion_pb2 import PersonalColor, Style
from snsfashion.recommender.v1.recommender_pb2 import Preferences

REPORT = Path(".run/bench-recommender.json")
LEVELS = ((100_000, 100.0), (1_000_000, 20.0))
MAX_RATIO, MAX_ALIKE_RATIO, MAX_RESIDENT_GB = 2.5, 4.0, 1.5
CALLS = ("recommend", "similar", "complete", "empty")


@click.command(
    help="\b\n" + (__doc__ or "").replace("\n\n", "\n\n\b\n"),
    epilog="\b\nExamples:\n"
    "  python -m benchmarks.recommender                        everything; about a quarter of an hour\n"
    "  python -m benchmarks.recommender --only speed --outfits 100000 --seconds 10\n"
    "  python -m benchmarks.recommender --only quality --json",
    context_settings={"max_content_width": 130, "show_default": True},
)
@click.option(
    "--only", type=click.Choice(["speed", "exact", "quality"]), help="One of the three parts."
)
@click.option("--outfits", type=int, help="One size only, at the rate of that size's bar.")
@click.option("--seconds", default=30.0, help="How long each size is asked for recommendations.")
@click.option("--seeds", default=3, help="Simulated worlds.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
def main(only: str | None, outfits: int | None, seconds: float, seeds: int, as_json: bool) -> None:
    """Measure, write the report, print it."""
    console = Console(quiet=as_json)
    report: dict[str, Any] = {}
    with Progress(console=Console(stderr=True, quiet=as_json), transient=True) as progress:
        if only in (None, "speed"):
            levels = [level for level in LEVELS if outfits in (None, level[0])]
            if outfits and not levels:
                levels = [(outfits, LEVELS[0][1])]
            report["speed"] = [speed(*level, seconds, progress) for level in levels]
        if only in (None, "exact"):
            report["exact"] = exact.measure(progress)
        if only in (None, "quality"):
            report["quality"] = quality.measure(range(seeds), progress)
    bars = list(_bars(report))
    report = {"bars": [asdict(bar) for bar in bars], **report}
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    if as_json:
        click.echo(json.dumps(report))
    _print(report, bars, console)
    sys.exit(not all(bar.holds for bar in bars))


def speed(outfits: int, rate: float, seconds: float, progress: Progress) -> dict[str, Any]:
    """Measure one size of catalog at one rate."""
    task = progress.add_task(f"{outfits:,} outfits: filling the index", total=None)
    with tempfile.TemporaryDirectory() as folder, _database(Path(folder)) as (uri, database):
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "benchmarks.recommender.server",
                str(outfits),
                uri,
                database,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            assert server.stdout
            started = json.loads(server.stdout.readline())
            progress.update(
                task,
                description=f"{outfits:,} outfits: {rate:g} calls/s",
                total=len(CALLS) * seconds,
            )
            times = asyncio.run(
                load.run(started["port"], rate, seconds, lambda s: progress.advance(task, s))
            )
            memory = _memory(server.pid)
        finally:
            server.communicate()
    progress.remove_task(task)
    rows = {name: _row(getattr(times, name)) for name in CALLS}
    return {
        "outfits": outfits,
        "calls_per_s": rate,
        **rows,
        "ratios": {
            name: {q: round(rows[name][q] / rows["empty"][q], 2) for q in ("p50_ms", "p99_ms")}
            for name in CALLS
        },
        "sent_late": _row(times.late),
        **memory,
        "filled_in_s": started["loaded_s"],
    }


@contextmanager
def _database(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield a database with people: a quarter unknown, a quarter with a profile, half with feedback too."""
    process, uri = mongo_server(folder)
    process.spawn()
    try:
        process.wait_ready()
        name = f"bench_{uuid.uuid4().hex}"
        random_ = random.Random(0)
        profiles, feedback = [], []
        for n in range(load.PEOPLE):
            user, kind = f"person-{n}", random_.randrange(4)
            if kind:
                preferences = Preferences(
                    styles=random_.sample([Style.ValueType(s) for s in range(1, 7)], 2),
                    personal_color=PersonalColor.ValueType(
                        random_.randint(1, 14) if random_.random() < 0.5 else 0
                    ),
                )
                profiles.append({"_id": user, "preferences": preferences.SerializeToString()})
            if kind > 1:
                feedback += [_event(random_, user, i) for i in range(random_.randint(5, 60))]
        # As the service writes them, but many at once.
        with MongoClient[dict[str, Any]](uri) as client:
            client[name]["profiles"].insert_many(profiles)
            client[name]["feedback"].insert_many(feedback)
        yield uri, name
    finally:
        process.stop()


def _event(random_: random.Random, user: str, number: int) -> dict[str, Any]:
    garments = [
        [random_.choice(CATEGORIES), random_.choice(sorted(FAMILIES))]
        for _ in range(random_.randint(1, 3))
    ]
    return {
        "_id": f"{user}-{number}",
        "user": user,
        "image": f"{SITE}:look-{random_.randrange(100_000)}:0",
        "kind": random_.choices((1, 2, 3, 4, 5), (0.7, 0.15, 0.08, 0.02, 0.05))[0],
        "style": random_.randint(1, 6),
        "at": time.time() - random_.random() * 90 * 86400,
        "garments": garments,
    }


def _memory(pid: int) -> dict[str, float]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kib = {
        name: int(rest.split()[0])
        for name, _, rest in (x.partition(":") for x in lines)
        if name in ("VmRSS", "VmHWM")
    }
    return {
        "resident_gb": round(kib["VmRSS"] * 1024 / 1e9, 2),
        "peak_gb": round(kib["VmHWM"] * 1024 / 1e9, 2),
    }


def _row(values: list[float]) -> dict[str, float]:
    p50, p99 = np.percentile(values, (50, 99))
    return {
        "calls": len(values),
        "p50_ms": round(float(p50), 2),
        "p99_ms": round(float(p99), 2),
        "max_ms": round(max(values), 2),
    }


def _bars(report: dict[str, Any]) -> Iterator[Bar]:
    for one in report.get("speed", ()):
        size = f"{one['outfits']:,} outfits"
        ratios = one["ratios"]
        for quantile in ("p50", "p99"):
            measured = ratios["recommend"][f"{quantile}_ms"]
            yield Bar.at_most(f"{size}: {quantile}, times an empty RPC", MAX_RATIO, measured)
        for name in ("similar", "complete"):
            measured = ratios[name]["p99_ms"]
            yield Bar.at_most(
                f"{size}: p99 of {name}, times an empty RPC", MAX_ALIKE_RATIO, measured
            )
        yield Bar.at_most(f"{size}: resident memory, GB", MAX_RESIDENT_GB, one["resident_gb"])
    if "exact" in report:
        found = report["exact"]
        name = f"top {found['k']} equal to scoring all {found['outfits']:,}, of {found['requests']}"
        yield Bar.at_least(name, found["requests"], found["equal"])
    if "quality" in report:
        yield from quality.bars(report["quality"])


def _print(report: dict[str, Any], bars: Sequence[Bar], console: Console) -> None:
    if "speed" in report:
        table = Table(title="Latency in ms, from the moment a call was due")
        for column in ("outfits", "calls/s", "call", "p50", "p99", "max", "resident GB"):
            table.add_column(column, justify="left" if column == "call" else "right")
        for one in report["speed"]:
            for name in CALLS:
                figures = (f"{one[name][key]:.1f}" for key in ("p50_ms", "p99_ms", "max_ms"))
                table.add_row(
                    f"{one['outfits']:,}",
                    f"{one['calls_per_s']:g}",
                    name,
                    *figures,
                    f"{one['resident_gb']:.2f}" if name == "recommend" else "",
                )
        console.print(table)
    if "quality" in report:
        console.print(quality.table(report["quality"]))
    console.print(bar_table("Recommender", bars))


if __name__ == "__main__":
    main()
