"""Whether the recommender's answers are true, on worlds that the look-book drew and nobody tuned on.

Trends counts the true outfits of a world's posts, the recommender offers those of its shop, and 35 kinds of person ask at the
default weights: real services, a real database protocol, gRPC. What is shown and said is compared with what was drawn. So the
figures are those of the answers, not of the networks.

Writes .run/bench-answers.json. Ends with status 1 if a bar is missed.
"""

from __future__ import annotations

import asyncio
import csv
import json
import logging
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
import structlog
from rich.console import Console
from rich.progress import Progress

from benchmarks.answers import sheet
from benchmarks.answers.ask import Answer, Found, ask
from benchmarks.answers.people import kinds
from benchmarks.bars import Bar
from benchmarks.bars import table as bar_table
from devstack.infrastructure import mongo_server
from fashion.words import PERSONAL_COLORS
from lookbook.world.four_weeks import World
from recommender.core.personal_color import SUITS_FROM, suitability_of

REPORT = Path(".run/bench-answers.json")
SEEDS = (101, 102, 103)
"""Worlds that no rule or weight was chosen on. Choose on others, such as 201 to 203."""
GOLDEN = Path("tests/recommender/unit/golden_personal_color.csv")
_SUNDAY = date(2026, 11, 22)


@click.command(
    help="\b\n" + (__doc__ or "").replace("\n\n", "\n\n\b\n"),
    epilog="\b\nExamples:\n"
    "  python -m benchmarks.answers                         the bars; about a minute\n"
    "  python -m benchmarks.answers --seeds 201,202 --json  other worlds\n"
    "  python -m benchmarks.answers --sheet docs            also docs/answers.md and docs/answers.jpg: ten persons' answers",
    context_settings={"max_content_width": 130, "show_default": True},
)
@click.option("--seeds", default=",".join(map(str, SEEDS)), help="The worlds, with commas.")
@click.option(
    "--sheet",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for answers.md and answers.jpg: what ten persons are shown in the first world.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
def main(seeds: str, folder: Path | None, as_json: bool) -> None:
    """Measure, write the report, print it."""
    console = Console(quiet=as_json)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    numbers = _numbers(seeds)
    with Progress(console=Console(stderr=True, quiet=as_json), transient=True) as progress:
        task = progress.add_task("asking", total=len(numbers) * len(kinds()))
        found, first = measure(numbers, lambda: progress.advance(task))
    if folder is not None:
        sheet.write(*first, folder)
    report = _report(found)
    bars = _bars(report)
    report = {"seeds": numbers, "bars": [asdict(bar) for bar in bars], **report}
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    for line in sorted(set(found.untrue)):
        console.print(f"false: {line}", markup=False)
    console.print(bar_table("Answers", bars))
    sys.exit(not all(bar.holds for bar in bars))


def _numbers(seeds: str) -> list[int]:
    try:
        return [int(seed) for seed in seeds.split(",")]
    except ValueError:
        raise click.BadParameter(
            f"{seeds!r}: must be whole numbers with commas, such as 201,202", param_hint="--seeds"
        ) from None


def measure(
    seeds: Sequence[int], tick: Any = lambda: None
) -> tuple[Found, tuple[World, list[Answer]]]:
    """Ask in each world. Return what was found in all, and the first world with its answers."""
    found = Found()
    worlds = [World.build(seed, _SUNDAY - timedelta(days=2 * n)) for n, seed in enumerate(seeds)]
    kept: list[list[Answer]] = []
    with tempfile.TemporaryDirectory() as folder:
        database, uri = mongo_server(Path(folder))
        database.spawn()
        try:
            database.wait_ready()
            for world in worlds:
                one, answers = asyncio.run(ask(world, uri, tick))
                found.add(one)
                kept.append(answers)
        finally:
            database.stop()
    return found, (worlds[0], kept[0])


def _report(found: Found) -> dict[str, Any]:
    """Return each figure with its support."""
    counts = found.counts
    agree, pairs = golden_pairs()
    return {
        "riser_share": round(found.share("riser_places", "riser_room"), 4),
        "riser_share_support": counts["riser_room"],
        "riser_share_trend_only": round(found.share("trend_only_places", "trend_only_room"), 4),
        "riser_share_trend_only_support": counts["trend_only_room"],
        "false_trend_sentences": counts["false_trend_sentences"],
        "false_trend_sentences_support": counts["trend_sentences"],
        "opposite_undertone_sentences": counts["opposite_undertone_sentences"],
        "opposite_undertone_sentences_support": counts["color_sentences"],
        "golden_pairs": round(agree / pairs, 4),
        "golden_pairs_support": pairs,
        "excluded_shown": counts["excluded_shown"],
        "excluded_shown_support": counts["places_without"],
        "style_share": round(found.share("style_in_style", "style_with_style_room"), 4),
        "style_share_support": counts["style_with_style_room"],
        "style_share_of_risers": round(found.share("riser_in_style", "riser_with_style_room"), 4),
        "style_share_of_risers_support": counts["riser_with_style_room"],
        "places": counts["places"],
        "places_without_reason": counts["without_reason"],
    }


def golden_pairs() -> tuple[int, int]:
    """Return how many published pairs of personal color and color the recommender agrees with, and how many there are."""
    numbers = {label.name: number for number, label in PERSONAL_COLORS.items()}
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        pairs = list(csv.DictReader(line for line in file if not line.startswith("#")))
    agree = sum(
        (suitability_of(int(pair["rgb"][1:], 16))[numbers[pair["type"]]] >= SUITS_FROM)
        == (pair["suits"] == "yes")
        for pair in pairs
    )
    return agree, len(pairs)


def _bars(report: dict[str, Any]) -> list[Bar]:
    support = {name: report[f"{name}_support"] for name in report if f"{name}_support" in report}
    return [
        Bar.at_least(f"places that show a riser, of {support['riser_share']} that could", 0.6, report["riser_share"]),
        Bar.at_least(f"the same by trend alone, of {support['riser_share_trend_only']}", 1.0, report["riser_share_trend_only"]),
        Bar.at_most(f"false sentences about trends, of {support['false_trend_sentences']}", 0, report["false_trend_sentences"]),
        Bar.at_most(f"sentences of the other undertone, of {support['opposite_undertone_sentences']}", 0, report["opposite_undertone_sentences"]),
        Bar.at_least(f"published pairs of personal color and color, of {support['golden_pairs']}", 0.95, report["golden_pairs"]),
        Bar.at_most(f"outfits in a color that is left out, of {support['excluded_shown']}", 0, report["excluded_shown"]),
        # As it was before what rises was recommended.
        Bar.at_least(f"places in the style asked for, of {support['style_share']} without a riser", 0.93, report["style_share"]),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
