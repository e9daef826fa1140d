"""`snsfashion trends`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
import grpc
from rich.table import Table
from rich.text import Text

from snsfashion.color.v1 import color_pb2
from snsfashion.trends.v1 import trends_pb2
from snsfashion_client.addresses import AddressMissing
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.options import DAY, which_photos
from snsfashion_client.cli.output import (
    console,
    json_option,
    percent,
    print_json,
    sparkline,
    swatch,
)
from snsfashion_client.client import Client
from snsfashion_client.names import value_words

_CONTRIBUTORS = {
    trends_pb2.CONTRIBUTOR_KIND_AUTHORS: "authors",
    trends_pb2.CONTRIBUTOR_KIND_PHOTOS: "distinct photos",
    trends_pb2.CONTRIBUTOR_KIND_MIXED: "authors and distinct photos",
}


@click.command()
@click.option(
    "--dimension",
    default="item-color",
    show_default=True,
    help="item, color, item-color, pattern, item-pattern or style.",
)
@click.option(
    "--order", default="share", show_default=True, help="share, rise, fall or growth (uncertain)."
)
@click.option("--rising", "order", flag_value="rise", help="The same as --order rise.")
@click.option("--falling", "order", flag_value="fall", help="The same as --order fall.")
@click.option("--growing", "order", flag_value="growth", help="The same as --order growth.")
@click.option("--days", type=click.IntRange(1, 92), default=7, show_default=True, help="Window.")
@click.option("--as-of", type=DAY, help="Last day of the window; by default today.")
@click.option("--baseline", default="preceding", show_default=True, help="preceding or last-year.")
@click.option(
    "--baseline-days", type=click.IntRange(0, 366), default=0, help="Its days; 0 for the default."
)
@click.option(
    "--min-support",
    type=click.IntRange(0),
    default=0,
    help="People that a rise or a fall needs; 0 for 10.",
)
@click.option("--top", type=click.IntRange(1, 100), default=20, show_default=True, help="Rows.")
@which_photos
@json_option
def trends(dimension: str, order: str, days: int, top: int, as_json: bool, **more: Any) -> None:
    """Show what is worn most, what rises or what falls.

    Shares are of the people (or distinct photos) seen in the window; styles are what shops show.

    \b
    Examples:
      snsfashion trends
      snsfashion trends --dimension color --rising
      snsfashion trends --falling --days 28 --baseline last-year
      snsfashion trends --hashtag ootd --site instagram --as-of 2026-11-22
      snsfashion trends --dimension style --days 28 --json
    """
    with open_client("trends") as client:
        answer = client.get_trends(dimension, order=order, window_days=days, page_size=top, **more)
        if as_json:
            print_json(answer)
            return
        out = console()
        if answer.trends:
            out.print(_table(answer, swatches(client)))
        else:
            out.print(_NOTHING.get(order, "Nothing can be said."))
        for line in basis_lines(answer.basis):
            out.print(line, style="dim", soft_wrap=True)


_STATES = {
    trends_pb2.BASIS_STATE_NO_DATA: "There are no photos of this kind, or too few people posted any.",
    trends_pb2.BASIS_STATE_OUTSIDE_DATA: "The window has no photos: they are from {first} to {last}.",
    trends_pb2.BASIS_STATE_UNKNOWN_HASHTAG: "No photo has this hashtag, or too few people's have.",
}
_NOTHING = {
    "rise": "Nothing is rising.",
    "growth": "Nothing is rising.",
    "fall": "Nothing is falling.",
}


def _table(answer: trends_pb2.GetTrendsResponse, swatches: Mapping[str, int]) -> Table:
    # One space between columns, so that the table fits into a terminal of 80 columns.
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("", "", "share", "95% interval", "before", "count"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    table.add_column("by two days", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in answer.trends:
        note = (
            Text("rising", "green") if row.rising else Text("falling" if row.falling else "", "red")
        )
        if row.HasField("explained_by"):
            note = Text(f"because of {value_words(row.explained_by)}", "dim")
        table.add_row(
            swatch(swatches.get(row.value.color_family)),
            value_words(row.value),
            percent(row.share),
            f"{100 * row.share_low:.0f}% to {100 * row.share_high:.0f}%",
            percent(row.baseline_share),
            str(row.count),
            sparkline(_by_two(row.series)),
            note if row.comparable else Text("models differ", style="dim"),
        )
    return table


def _by_two(days: Sequence[float]) -> list[float]:
    """Return means of two days each, up to the last day, so that four weeks fit into a terminal of 80 columns."""
    even = days[len(days) % 2 :]
    return [(one + other) / 2 for one, other in zip(even[::2], even[1::2], strict=True)]


def swatches(client: Client) -> dict[str, int]:
    """Return the typical color of each family; none if the color service does not answer, since colors only decorate."""
    try:
        palette = client.color.GetPalette(color_pb2.GetPaletteRequest(), timeout=2)
    except (AddressMissing, grpc.RpcError):
        return {}
    return {family.name: family.rgb for family in palette.families}


def basis_lines(basis: trends_pb2.Basis) -> list[str]:
    """Return what an answer is based on, in sentences."""
    who = _CONTRIBUTORS.get(basis.contributors, "contributors")
    baseline = f", {basis.baseline_support} in the baseline" if basis.baseline_support else ""
    lines = [
        f"{basis.support} contributor-days ({who}) in the window{baseline}; "
        f"until {basis.as_of.ToDatetime():%Y-%m-%d}."
    ]
    first, last = (f"{d.ToDatetime():%Y-%m-%d}" for d in (basis.first_day, basis.last_day))
    if basis.state in _STATES:
        lines.append(_STATES[basis.state].format(first=first, last=last))
    elif basis.partial:
        lines.append(f"The window is not full yet: the last day with photos is {last}.")
    if basis.withheld:
        lines.append(f"{basis.withheld} rows are withheld: too few people show them.")
    if not basis.dated:
        lines.append("The photos' own dates are unknown, so nothing can be said about rises.")
    return lines
