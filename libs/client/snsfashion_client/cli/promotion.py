"""`snsfashion promotion`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from snsfashion.recommender.v1.recommender_pb2 import Filters
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.options import DAY, catalog_filters
from snsfashion_client.cli.output import console, json_option, print_json, table


@click.group()
def promotion() -> None:
    """Put, list and delete what a shop promotes.

    \b
    Examples:
      snsfashion promotion put coats --item long-sleeve-outwear --boost 0.5 --until 2026-12-31
      snsfashion promotion list
      snsfashion promotion delete coats
    """


@promotion.command("put")
@click.argument("promotion_id")
@click.option("--outfit", "outfits", multiple=True, help="An image id; can be repeated.")
@click.option("--boost", type=click.FloatRange(0, 1), default=0.0, help="How much higher.")
@click.option("--position", type=click.IntRange(0, 50), default=0, help="Place in every answer.")
@click.option("--from", "starts_at", type=DAY, help="First day (from noon, UTC); by default now.")
@click.option("--until", "ends_at", type=DAY, required=True, help="Last day (until noon, UTC).")
@click.option("--note", default="", help="For people.")
@catalog_filters
@json_option
def put_promotion(
    promotion_id: str, ends_at: datetime, filters: Filters | None, as_json: bool, **more: Any
) -> None:
    """Promote outfits for a time, in place of the promotion with the same id.

    Give outfits, or filters that select them; and a boost or a position.

    \b
    Examples:
      snsfashion promotion put coats --item long-sleeve-outwear --boost 0.5 --until 2026-12-31
      snsfashion promotion put star --outfit shop.example:p1:0 --position 1 --until 2026-12-01 --json
    """
    with open_client("recommender") as client:
        answer = client.put_promotion(promotion_id, ends_at=ends_at, selects=filters, **more)
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{promotion_id} holds for {answer.outfits} outfits of the catalog.")


@promotion.command("list")
@json_option
def list_promotions(as_json: bool) -> None:
    """List all promotions, also those that are over.

    \b
    Examples:
      snsfashion promotion list
    """
    with open_client("recommender") as client:
        answer = client.list_promotions()
    if as_json:
        print_json(answer)
        return
    rows = table("id", "from", "until", "boost", "position", "note")
    for one in answer.promotions:
        days = [
            f"{getattr(one, name).ToDatetime():%Y-%m-%d %H:%M}" if one.HasField(name) else ""
            for name in ("starts_at", "ends_at")
        ]
        rows.add_row(
            one.promotion_id,
            *days,
            f"{one.boost:g}" if one.boost else "",
            str(one.position or ""),
            one.note,
        )
    console().print(rows if answer.promotions else "Nothing is promoted.")


@promotion.command("delete")
@click.argument("promotion_id")
@json_option
def delete_promotion(promotion_id: str, as_json: bool) -> None:
    """End a promotion.

    \b
    Examples:
      snsfashion promotion delete coats
    """
    with open_client("recommender") as client:
        answer = client.delete_promotion(promotion_id)
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{promotion_id} has ended.")
