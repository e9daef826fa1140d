"""`snsfashion gaps`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from snsfashion.trends.v1 import trends_pb2
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.options import DAY, SAVE
from snsfashion_client.cli.output import console, json_option, percent, print_json, table
from snsfashion_client.cli.shown_photos import save_photos
from snsfashion_client.cli.trends import basis_lines
from snsfashion_client.names import value_words


@click.command()
@click.option(
    "--dimension",
    default="item-color",
    show_default=True,
    help="item, color, item-color, pattern or item-pattern.",
)
@click.option(
    "--unsold", is_flag=True, help="The opposite: what shops offer more than people wear it."
)
@click.option("--shop", "shop_site", default="", help="Only this shop, such as shop.example.")
@click.option("--site", default="", help="Only people of this site, such as instagram.")
@click.option("--hashtag", default="", help="Only posts with this hashtag.")
@click.option("--days", type=click.IntRange(1, 92), default=7, show_default=True, help="Window.")
@click.option("--as-of", type=DAY, help="Last day of the window; by default today.")
@click.option("--examples", type=click.IntRange(0, 5), default=0, help="Photos of each side.")
@SAVE
@click.option("--top", type=click.IntRange(1, 100), default=20, show_default=True, help="Rows.")
@json_option
def gaps(
    dimension: str,
    unsold: bool,
    days: int,
    as_of: datetime | None,
    top: int,
    save: Path | None,
    as_json: bool,
    **more: Any,
) -> None:
    """Show what people wear and shops do not offer, or the opposite.

    A gap is how far the 95% intervals of the two shares are apart, so that a small shop or few people make none.

    \b
    Examples:
      snsfashion gaps
      snsfashion gaps --shop shop.example --examples 3 --save gaps
      snsfashion gaps --unsold --dimension color --json
    """
    with open_client("trends") as client:
        answer = client.get_catalog_gaps(
            dimension,
            side="offered" if unsold else "worn",
            window_days=days,
            as_of=as_of,
            page_size=top,
            **more,
        )
        if save is not None:
            examples = [
                one for gap in answer.gaps for one in (*gap.worn_examples, *gap.offered_examples)
            ]
            save_photos(client, examples, save)
    if as_json:
        print_json(answer)
        return
    out = console()
    if not answer.offered_total:
        out.print("No shop offers anything, so there is nothing to compare with.")
    elif not answer.gaps:
        out.print("There is no gap that is certain.")
    else:
        rows = table("", "gap", "worn", "people", "offered", f"of {answer.offered_total}", "")
        for gap in answer.gaps:
            rows.add_row(*_row(gap))
        out.print(rows)
        for gap in answer.gaps:
            for side, photos in (("worn", gap.worn_examples), ("offered", gap.offered_examples)):
                for photo in photos:
                    text = f"{value_words(gap.value)}, {side}: {photo.image.image_id}"
                    out.print(text, soft_wrap=True)
    for line in basis_lines(answer.basis):
        out.print(line, style="dim", soft_wrap=True)


def _row(gap: trends_pb2.CatalogGap) -> tuple[str, ...]:
    return (
        value_words(gap.value),
        percent(gap.gap),
        percent(gap.worn_share),
        str(gap.worn_count) if gap.worn_count else "fewer than 5",
        percent(gap.offered_share),
        str(gap.offered_count),
        "rising" if gap.rising else "falling" if gap.falling else "",
    )
