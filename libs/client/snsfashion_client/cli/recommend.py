"""`snsfashion recommend`."""

from __future__ import annotations

import click
from rich.table import Table
from rich.text import Text

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.output import console, json_option, print_json, swatch
from snsfashion_client.names import style_word

_NOTHING = {
    recommender_pb2.RECOMMEND_STATE_NO_CATALOG: "There are no outfits to recommend: the catalog is empty.",
    recommender_pb2.RECOMMEND_STATE_NOTHING_ALLOWED: "There are no outfits to recommend: all are excluded.",
}


@click.command()
@click.argument("user")
@click.option("--style", "styles", multiple=True, help="A preferred style; can be repeated.")
@click.option(
    "--personal-color", default="", help="A personal color, such as winter or winter-deep."
)
@click.option(
    "--item", "items", multiple=True, help="Only outfits with this item; can be repeated."
)
@click.option(
    "--k", type=click.IntRange(1, 50), default=10, show_default=True, help="How many outfits."
)
@json_option
def recommend(
    user: str,
    styles: tuple[str, ...],
    personal_color: str,
    items: tuple[str, ...],
    k: int,
    as_json: bool,
) -> None:
    """Recommend outfits for USER, best first, with the reasons.

    What the options do not say comes from the profile of USER.

    \b
    Examples:
      snsfashion recommend kim
      snsfashion recommend kim --style casual --style street --personal-color winter-deep
      snsfashion recommend kim --item skirt --k 3 --json
    """
    with open_client("recommender") as client:
        answer = client.recommend(
            user, styles=styles, personal_color=personal_color, items=items, k=k
        )
    if as_json:
        print_json(answer)
        return
    out = console()
    if not answer.recommendations:
        out.print(_NOTHING.get(answer.state, "There are no outfits to recommend."))
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
        out.print(
            f"No outfit matched all filters; not used: {', '.join(answer.relaxed)}.", style="yellow"
        )
    if answer.degraded:
        out.print("Trends are out of reach, so they do not count here.", style="yellow")
    out.print(f"{answer.candidates} outfits were considered.", style="dim")


def _title(outfit: recommender_pb2.Outfit) -> Text:
    lines = [
        outfit.product.title or outfit.image.image_id,
        price(outfit.product),
        style_word(outfit.style),
        outfit.product.url,
    ]
    return Text("\n".join(line for line in lines if line))


def price(product: fashion_pb2.Product) -> str:
    """Return the price of a product, such as "39.90 EUR" or "39,900 KRW"; "" if it is unknown."""
    micros = product.price_micros or product.price_cents * 10_000
    if not micros:
        return ""
    amount = f"{micros / 1_000_000:,.2f}".removesuffix(".00")
    return f"{amount} {product.currency}"


def _colors(outfit: recommender_pb2.Outfit) -> Text:
    return Text(" ").join(swatch(g.colors[0].rgb) for g in outfit.garments if g.colors)
