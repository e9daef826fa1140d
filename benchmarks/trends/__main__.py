"""Whether trends finds what rises, answers at once whatever the number of photos, and counts exactly at speed.

- Ranking: 400 heavy-tailed series over nine weeks, five of which truly double in the last one, through the real counting;
  beside the ranker that serves: the growth ratio, the same with a floor of 10, and the z-score.
- Answers: GetTrends over gRPC from services with 5,000 and 50,000 photos (500,000 too with MONGODB_URI), in turn.
- Ingest: the events' handler against bare pymongo inserting the same documents in the same batches, in turn; then two
  processes that both write all of it.

Writes .run/bench-trends.json. Exit status 1 if a bar is missed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from benchmarks.bars import Bar, table
from benchmarks.trends.ranking import SERIES, rank_trials
from benchmarks.trends.service import answers, ingest
from devstack.infrastructure import mongo_server


@click.command(
    help="\b\n" + (__doc__ or "").replace("\n\n", "\n\n\b\n"),
    epilog="\b\nExample:\n  python -m benchmarks.trends --trials 5 --json",
    context_settings={"max_content_width": 120},
)
@click.option("--trials", default=20, show_default=True, help="Worlds of the ranking.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
def main(trials: int, as_json: bool) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), trials)
    bars = result.pop("bars")
    result = {"bars": [asdict(bar) for bar in bars], **result}
    Path(".run").mkdir(exist_ok=True)
    Path(".run/bench-trends.json").write_text(json.dumps(result, indent=2) + "\n")
    if as_json:
        click.echo(json.dumps(result))
    else:
        console = Console()
        console.print(table("Trends", bars))
        _details(console, result)
    sys.exit(not all(bar.holds for bar in bars))


def measure(folder: Path, trials: int) -> dict[str, Any]:
    """Measure all three parts, and return the bars with them."""
    found = rank_trials(trials)
    uri, server = os.environ.get("MONGODB_URI", ""), None
    if not uri:
        server, uri = mongo_server(folder)
        server.spawn()
        server.wait_ready()
    try:
        taken_in = asyncio.run(ingest(uri))
        told = answers(uri, (5_000, 50_000) if server else (5_000, 50_000, 500_000))
    finally:
        if server:
            server.stop()
    few, *many = told
    bars = [
        Bar.at_least("recall@10 of the planted risers", 0.85, found["rankers"]["growth"]),
        Bar.at_most("part of the steady series flagged", 0.02, found["flagged"]),
        Bar.at_most("part of all series flagged as falling", 0.02, found["flagged_as_falling"]),
        Bar.at_most("rankings moved by 100 posts of one author", 0, found["moved"]),
        *(
            Bar.at_most(
                f"p99 of GetTrends with {size:,} against {few:,} photos",
                1.3,
                told[size]["p99_ms"] / told[few]["p99_ms"],
            )
            for size in many
        ),
        *(
            Bar.at_most(
                f"p99 of GetCatalogGaps against GetTrends with {size:,} photos",
                3,
                row["gaps_p99_ms"] / row["p99_ms"],
            )
            for size, row in told.items()
        ),
        Bar.at_most("p99 of GetTrends, ms", 20, max(row["p99_ms"] for row in told.values())),
        Bar.at_least("ingest against bare pymongo", 0.5, taken_in["ratio"]),
        Bar.true("ingest exact", taken_in["exact"]),
        Bar.true("two processes ingesting together exact", taken_in["two_exact"]),
    ]
    return {"bars": bars, "ranking": found, "answers": told, "ingest": taken_in}


def _details(console: Console, result: dict[str, Any]) -> None:
    found, taken_in = result["ranking"], result["ingest"]
    rankers = ", ".join(f"{name} {value:.2f}" for name, value in found["rankers"].items())
    console.print(f"recall@10, ORDER_GROWTH and ORDER_RISE first: {rankers}")
    console.print(
        f"a flood by someone new is one contributor more: it moves a value by {found['moved_by_someone_new']:.1f} of {SERIES} "
        f"places; were posts counted, it would be in the growth ratio's top 10 in {found['in_top_10_if_posts_were_counted']:.0%}"
    )
    for size, row in result["answers"].items():
        console.print(
            f"with {int(size):,}: GetTrends p50 {row['p50_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms; "
            f"GetCatalogGaps p50 {row['gaps_p50_ms']:.1f} ms, p99 {row['gaps_p99_ms']:.1f} ms"
        )
    console.print(
        f"ingest {taken_in['photos_per_s']:,} photos/s, bare pymongo {taken_in['bare_photos_per_s']:,}; "
        f"two processes {taken_in['two_photos_per_s']:,}"
    )


if __name__ == "__main__":
    main()
