"""`snsfashion series`, `co-worn` and `evidence`: one value of trends."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from snsfashion.trends.v1 import trends_pb2
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.options import DAY, SAVE, one_value, which_photos
from snsfashion_client.cli.output import console, json_option, percent, print_json, table
from snsfashion_client.cli.shown_photos import save_photos
from snsfashion_client.cli.trends import basis_lines
from snsfashion_client.names import value_words


@click.command()
@one_value
@click.option("--from", "first_day", type=DAY, required=True, help="First day, such as 2026-11-01.")
@click.option("--to", "last_day", type=DAY, required=True, help="Last day.")
@click.option("--step", default="week", show_default=True, help="day or week.")
@which_photos
@json_option
def series(first_day: datetime, last_day: datetime, as_json: bool, **value: Any) -> None:
    """Show one value over time: an item, a color, a pattern, an item with one of them, or a style.

    Counts are of people (or distinct photos), in fives. Weeks are told as a whole.

    \b
    Examples:
      snsfashion series --item skirt --color red --from 2026-10-26 --to 2026-11-22
      snsfashion series --pattern striped --step day --from 2026-11-16 --to 2026-11-22 --json
    """
    with open_client("trends") as client:
        answer = client.get_trend_series(first_day=first_day, last_day=last_day, **value)
    if as_json:
        print_json(answer)
        return
    out = console()
    rows = table("from", "share", "95% interval", "count", "of", "")
    for point in answer.points:
        rows.add_row(*_point(point))
    out.print(rows)
    for line in basis_lines(answer.basis):
        out.print(line, style="dim", soft_wrap=True)


def _point(point: trends_pb2.Point) -> tuple[str, ...]:
    start, partial = f"{point.start.ToDatetime():%Y-%m-%d}", "not over" if point.partial else ""
    if point.withheld:
        return start, "", "", "", str(point.total), "withheld: too few people"
    interval = f"{100 * point.share_low:.0f}% to {100 * point.share_high:.0f}%"
    return start, percent(point.share), interval, str(point.count), str(point.total), partial


@click.command("co-worn")
@click.option("--item", default="", help="An item, such as skirt.")
@click.option("--color", default="", help="A color family, such as red; not with --item.")
@click.option("--dimension", default="item", show_default=True, help="Without them: item or color.")
@click.option("--days", type=click.IntRange(1, 92), default=28, show_default=True, help="Window.")
@click.option("--as-of", type=DAY, help="Last day of the window; by default today.")
@click.option("--top", type=click.IntRange(1, 100), default=20, show_default=True, help="Rows.")
@which_photos
@json_option
def co_worn(days: int, as_of: datetime | None, top: int, as_json: bool, **more: Any) -> None:
    """Show what is worn with an item or a color, in other garments of the same look.

    \b
    Examples:
      snsfashion co-worn --item skirt
      snsfashion co-worn --color red --days 92 --json
    """
    with open_client("trends") as client:
        answer = client.get_co_worn(window_days=days, as_of=as_of, page_size=top, **more)
    if as_json:
        print_json(answer)
        return
    out = console()
    if not answer.rows:
        out.print("Nothing can be said.")
    else:
        rows = table("", "with", "share", "95% interval", "times chance", "count")
        for row in answer.rows:
            rows.add_row(
                value_words(row.value),
                value_words(row.other),
                percent(row.share),
                f"{100 * row.share_low:.0f}% to {100 * row.share_high:.0f}%",
                f"{row.lift:.1f}",
                str(row.count),
            )
        out.print(rows)
    for line in basis_lines(answer.basis):
        out.print(line, style="dim", soft_wrap=True)


@click.command()
@one_value
@click.option("--days", type=click.IntRange(1, 92), default=7, show_default=True, help="Window.")
@click.option("--as-of", type=DAY, help="Last day of the window; by default today.")
@click.option("--top", type=click.IntRange(1, 100), default=12, show_default=True, help="Photos.")
@SAVE
@which_photos
@json_option
def evidence(
    days: int, as_of: datetime | None, top: int, save: Path | None, as_json: bool, **value: Any
) -> None:
    """Show photos behind a number: a sample of at most half of them.

    \b
    Examples:
      snsfashion evidence --item skirt --color red --save red-skirts
      snsfashion evidence --pattern striped --days 28 --site instagram --json
    """
    with open_client("trends") as client:
        answer = client.get_trend_evidence(window_days=days, as_of=as_of, page_size=top, **value)
        if save is not None:
            save_photos(client, [one.photo for one in answer.evidence], save)
    if as_json:
        print_json(answer)
        return
    out = console()
    if not answer.evidence:
        out.print("There is no photo to show: nobody shows it, or too few people.")
    else:
        rows = table("week of", "photo")
        for one in answer.evidence:
            rows.add_row(f"{one.posted_at.ToDatetime():%Y-%m-%d}", one.image.image_id)
        out.print(rows)
        out.print("Where a photo is from: snsfashion fate <photo>", style="dim")
    for line in basis_lines(answer.basis):
        out.print(line, style="dim", soft_wrap=True)
