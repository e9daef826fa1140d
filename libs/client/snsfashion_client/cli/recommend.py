"""`snsfashion recommend`."""

from __future__ import annotations

import click
from rich.table import Table
from rich.text import Text

from snsfashion.recommender.v1 import recommender_pb2
from snsfashion_client.cli.errors import client_of
from snsfashion_client.cli.output import console, json_option, print_json, swatch
from snsfashion_client.names import style_word


@click.command()
@click.argument("user")
@click.option("--style", "styles", multiple=True, help="A preferred style; may be repeated.")
@click.option("--personal-color", default="", help="Such as winter or winter-deep.")
@click.option("--item", "items", multiple=True, help="Only outfits with it; may be repeated.")
@click.option("--k", type=click.IntRange(1, 50), default=10, show_default=True, help="Outfits.")
@json_option
def recommend(
    user: str,
    styles: tuple[str, ...],
    personal_color: str,
    items: tuple[str, ...],
    k: int,
    as_json: bool,
) -> None:
    """Outfits for USER, best first, with the reasons.

    What is not stated comes from the person's profile.

    \b
    Examples:
      snsfashion recommend kim
      snsfashion recommend kim --style casual --style street --personal-color winter-deep
      snsfashion recommend kim --item skirt --k 3 --json
    """
    with client_of("recommender") as client:
        answer = client.recommend(
            user, styles=styles, personal_color=personal_color, items=items, k=k
        )
    if as_json:
        print_json(answer)
        return
    out = console()
    if answer.state == recommender_pb2.RECOMMEND_STATE_NO_CATALOG:
        out.print("There is no outfit to recommend: the catalog is empty, or all is excluded.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("score", "outfit", "colors", "why"):
        table.add_column(name, overflow="fold")
    for one in answer.recommendations:
        table.add_row(
            f"{one.score:.2f}",
            _title(one.outfit),
            _colors(one.outfit),
            "\n".join(reason.text for reason in one.reasons),
        )
    out.print(table)
    if answer.relaxed:
        out.print(f"Nothing had it all; left aside: {', '.join(answer.relaxed)}.", style="yellow")
    if answer.degraded:
        out.print("Trends are out of reach and count for nothing here.", style="yellow")
    out.print(f"{answer.candidates} outfits were considered.", style="dim")


def _title(outfit: recommender_pb2.Outfit) -> Text:
    lines = [
        outfit.product.title or outfit.image.image_id,
        style_word(outfit.style),
        outfit.product.url,
    ]
    return Text("\n".join(line for line in lines if line))


def _colors(outfit: recommender_pb2.Outfit) -> Text:
    return Text(" ").join(swatch(g.colors[0].rgb) for g in outfit.garments if g.colors)
