"""Print the week's report of a merchandiser, and write the daily shares to a CSV for a spreadsheet.

Start `make run` in one terminal. Then, in another one in the same folder:

    .venv/bin/python examples/trends.py --days 7 --csv shares.csv

Anywhere else, set TRENDS_ADDRESS=host:port.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import grpc

from snsfashion.trends.v1 import trends_pb2
from snsfashion_client import AddressMissing, Client
from snsfashion_client.names import value_words


@click.command()
@click.option("--days", type=click.IntRange(1, 92), default=7, show_default=True, help="Window.")
@click.option("--csv", "file", type=click.Path(path_type=Path), help="Where to write the shares.")
def main(days: int, file: Path | None) -> None:
    """Print what rises and what is worn most."""
    try:
        with Client() as client:
            rising = ask(client, trends_pb2.ORDER_RISE, days).trends
            worn = ask(client, trends_pb2.ORDER_SHARE, days)
            click.echo("Rising:")
            for trend in rising:
                click.echo(f"  {line(trend)}, for example {', '.join(photos(client, trend, days))}")
            if not rising:
                click.echo("  nothing that could not be chance")
    except AddressMissing as error:
        raise click.ClickException(str(error)) from error
    except grpc.RpcError as error:
        raise click.ClickException(f"{error.code().name}: {error.details()}") from error
    click.echo("Worn most:")
    for trend in worn.trends[:10]:
        click.echo(f"  {line(trend)}")
    click.echo(f"{worn.basis.withheld} more are withheld: too few people show them.")
    if file:
        write(file, worn.trends, worn.basis.as_of.ToDatetime(UTC))
        click.echo(f"{file}: daily shares of {len(worn.trends)} items in a color")


def ask(
    client: Client, order: trends_pb2.Order.ValueType, days: int
) -> trends_pb2.GetTrendsResponse:
    """Return up to a hundred items in a color."""
    request = trends_pb2.GetTrendsRequest(
        dimension=trends_pb2.DIMENSION_ITEM_COLOR, order=order, window_days=days, page_size=100
    )
    return client.trends.GetTrends(request)


def photos(client: Client, trend: trends_pb2.Trend, days: int) -> list[str]:
    """Return the ids of the newest photos behind a row."""
    request = trends_pb2.GetTrendEvidenceRequest(
        dimension=trends_pb2.DIMENSION_ITEM_COLOR,
        value=trend.value,
        window_days=days,
        page_size=3,
    )
    return [one.image.image_id for one in client.trends.GetTrendEvidence(request).evidence]


def line(trend: trends_pb2.Trend) -> str:
    """Return a row in words: the share with its 95% interval, and the share of the weeks before."""
    return (
        f"{value_words(trend.value)}: {trend.share:.0%} "
        f"({trend.share_low:.0%} to {trend.share_high:.0%}), before {trend.baseline_share:.0%}"
    )


def write(file: Path, trends: Sequence[trends_pb2.Trend], last: datetime) -> None:
    """Write one row for each value and day; a series ends with the day of `last`."""
    with file.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["value", "day", "share"])
        for trend in trends:
            first = last.date() - timedelta(days=len(trend.series) - 1)
            for number, share in enumerate(trend.series):
                day = first + timedelta(days=number)
                rows.writerow([value_words(trend.value), day.isoformat(), f"{share:.4f}"])


if __name__ == "__main__":
    main()
