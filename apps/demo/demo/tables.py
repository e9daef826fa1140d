"""The tables that a run prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo.report import Person, Report, Stage
from devstack.stack import Stack
from snsfashion.fashion.v1.fashion_pb2 import Garment
from snsfashion.trends.v1.trends_pb2 import GetTrendsResponse, Trend
from snsfashion_client.cli.output import sparkline
from snsfashion_client.names import category_word, value_words


def show(console: Console, report: Report) -> None:
    """Print everything that a run found."""
    console.print()
    console.print(_stages(report.stages))
    swatches = report.family_rgb
    console.print(_rising([trend for trend, _ in report.rising], swatches, report.as_of))
    for title, answer in (("Items worn most", report.items), ("Colors worn most", report.colors)):
        console.print(_worn(title, answer, swatches))
    for person in report.people:
        console.print(_outfits(person))
    if report.truth:
        console.print(_truth(report.truth))
    for text in report.not_said:
        console.print(Panel(text, title="not said", border_style="yellow", expand=False))


def _stages(stages: Sequence[Stage]) -> Table:
    table = Table(title="What happened", title_justify="left")
    table.add_column("stage")
    table.add_column("took", justify="right")
    table.add_column("gave", justify="right")
    table.add_column("")
    for stage in stages:
        table.add_row(stage.name, str(stage.took), str(stage.gave), stage.note)
    return table


def _rising(trends: Sequence[Trend], swatches: dict[str, int], as_of: datetime) -> Table:
    table = Table(title=f"Rising in the week to {as_of:%-d %B %Y}", title_justify="left")
    table.add_column("what")
    table.add_column("share", justify="right")
    table.add_column("before", justify="right")
    table.add_column("photos", justify="right")
    table.add_column("28 days", min_width=28)
    for trend in trends:
        table.add_row(
            _named(trend, swatches),
            f"{trend.share:.0%}",
            f"{trend.baseline_share:.0%}",
            str(trend.count),
            sparkline(trend.series),
        )
    if not trends:
        table.add_row(Text("nothing rises clearly", style="dim"), "", "", "", "")
    return table


def _worn(title: str, answer: GetTrendsResponse, swatches: dict[str, int]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    table.add_column("share", justify="right")
    table.add_column("95% interval", justify="right")
    for trend in answer.trends[:8]:
        table.add_row(
            _named(trend, swatches),
            f"{trend.share:.0%}",
            f"{trend.share_low:.0%} - {trend.share_high:.0%}",
        )
    if not answer.trends:
        table.add_row(Text("too few photos to say", style="dim"), "", "")
    return table


def _outfits(person: Person) -> Panel:
    table = Table(box=None, pad_edge=False)
    table.add_column("score", justify="right")
    table.add_column("outfit")
    table.add_column("why")
    for one in person.answer.recommendations:
        name = one.outfit.product.title or one.outfit.image.image_id
        table.add_row(
            f"{one.score:.2f}",
            Group(Text(name, style="bold"), *map(_garment, one.outfit.garments)),
            "\n".join(reason.text for reason in one.reasons),
        )
    if not person.answer.recommendations:
        table.add_row("", Text("no outfit: the catalog is empty", style="dim"), "")
    return Panel(table, title=f"For {person.title}", title_align="left")


def _truth(truth: dict[str, float | int]) -> Table:
    table = Table(title="How far from the truth that the look-book drew", title_justify="left")
    table.add_column("measure")
    table.add_column("value", justify="right")
    for name, value in truth.items():
        table.add_row(
            name.replace("_", " "), f"{value:.3f}" if isinstance(value, float) else str(value)
        )
    return table


def _named(trend: Trend, swatches: dict[str, int]) -> Text:
    text = Text()
    if trend.value.color_family:
        text.append("  ", style=f"on #{swatches.get(trend.value.color_family, 0x999999):06x}")
        text.append(" ")
    return text.append(value_words(trend.value))


def _garment(garment: Garment) -> Text:
    text = Text()
    for color in garment.colors[:1]:
        text.append("  ", style=f"on #{color.rgb:06x}")
        text.append(f" {color.family}")
    return text.append(f" {category_word(garment.category)}")


def show_summary(console: Console, folder: Path, summary: dict[str, Any]) -> None:
    """Print one line of figures, and where to read on."""
    console.print(
        f"{summary['photos_crawled']} photos, {summary['outfits']} outfits, {summary['garments']} garments, "
        f"{summary['dead']} dead, in {summary['seconds']['flow']:.0f} s "
        f"({summary['photos_per_second']:.1f} photos/s), at most {summary['peak_memory_mb'] / 1000:.1f} GB of memory"
    )
    for name in ("report.html", "summary.json", "outfits.jsonl"):
        console.print(f"  {folder / name}", highlight=False)


def show_addresses(console: Console, stack: Stack, lines: Sequence[str]) -> None:
    """Print where the services are, and what to type to use them."""
    table = Table(title="Serving until Ctrl-C", title_justify="left")
    table.add_column("service")
    table.add_column("gRPC")
    table.add_column("metrics")
    for name, address in stack.addresses.items():
        table.add_row(name, address, stack.metrics[name])
    console.print(table)
    console.print("Try in another terminal, in this folder:")
    for line in lines:
        console.print(f"  {line}", highlight=False, soft_wrap=True)
