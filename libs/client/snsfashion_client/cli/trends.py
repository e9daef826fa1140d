"""`snsfashion trends`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click
import grpc
from rich.table import Table
from rich.text import Text

from snsfashion.color.v1 import color_pb2
from snsfashion.trends.v1 import trends_pb2
from snsfashion_client.addresses import AddressMissing
from snsfashion_client.cli.errors import open_client
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

_DIMENSIONS = {
    "item": trends_pb2.DIMENSION_ITEM,
    "color": trends_pb2.DIMENSION_COLOR,
    "item-color": trends_pb2.DIMENSION_ITEM_COLOR,
    "style": trends_pb2.DIMENSION_STYLE,
}
_CONTRIBUTORS = {
    trends_pb2.CONTRIBUTOR_KIND_AUTHORS: "authors",
    trends_pb2.CONTRIBUTOR_KIND_PHOTOS: "distinct photos",
    trends_pb2.CONTRIBUTOR_KIND_MIXED: "authors and distinct photos",
}


@click.command()
@click.option(
    "--dimension",
    type=click.Choice(list(_DIMENSIONS)),
    default="item-color",
    show_default=True,
    help="What to count.",
)
@click.option("--rising", is_flag=True, help="Only what is rising, the most certain first.")
@click.option(
    "--growing",
    is_flag=True,
    help="What may be rising, the most certain first; some of it by chance.",
)
@click.option("--days", type=click.IntRange(1, 92), default=7, show_default=True, help="Window.")
@click.option("--top", type=click.IntRange(1, 100), default=20, show_default=True, help="Rows.")
@json_option
def trends(dimension: str, rising: bool, growing: bool, days: int, top: int, as_json: bool) -> None:
    """Show what is worn most, or what is rising.

    Shares are of the people (or distinct photos) seen in the window; styles are what shops show.

    \b
    Examples:
      snsfashion trends
      snsfashion trends --dimension color --rising
      snsfashion trends --dimension style --days 28 --json
    """
    if rising and growing:
        raise click.UsageError("give either --rising or --growing, not both")
    order = trends_pb2.ORDER_RISE if rising else trends_pb2.ORDER_SHARE
    request = trends_pb2.GetTrendsRequest(
        dimension=_DIMENSIONS[dimension],
        order=trends_pb2.ORDER_GROWTH if growing else order,
        window_days=days,
        page_size=top,
    )
    with open_client("trends") as client:
        answer = client.trends.GetTrends(request)
        if as_json:
            print_json(answer)
            return
        out = console()
        if answer.trends:
            out.print(_table(answer, _swatches(client)))
        else:
            out.print("Nothing is rising." if rising or growing else "Nothing can be said.")
        for line in _basis(answer.basis):
            out.print(line, style="dim")


def _table(answer: trends_pb2.GetTrendsResponse, swatches: Mapping[str, int]) -> Table:
    # One space between columns, so that the table fits into a terminal of 80 columns.
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("", "", "share", "95% interval", "before", "count"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    table.add_column("by two days", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in answer.trends:
        note = Text("rising" if row.rising else "", style="green")
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


def _swatches(client: Client) -> dict[str, int]:
    """Return the typical color of each family; none if the color service does not answer, since colors only decorate."""
    try:
        palette = client.color.GetPalette(color_pb2.GetPaletteRequest(), timeout=2)
    except (AddressMissing, grpc.RpcError):
        return {}
    return {family.name: family.rgb for family in palette.families}


def _basis(basis: trends_pb2.Basis) -> list[str]:
    who = _CONTRIBUTORS.get(basis.contributors, "contributors")
    lines = [
        f"{basis.support} contributor-days ({who}) in the window, {basis.baseline_support} in the "
        f"baseline; until {basis.as_of.ToDatetime():%Y-%m-%d}."
    ]
    if basis.withheld:
        lines.append(f"{basis.withheld} rows are withheld: too few people show them.")
    if not basis.dated:
        lines.append("The photos' own dates are unknown, so nothing can be said about rises.")
    return lines
