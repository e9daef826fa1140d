"""`snsfashion similar`, `complete`, `outfit`, `photo` and `disagreements`: the outfits of the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2
from snsfashion.recommender.v1.recommender_pb2 import Filters
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.options import catalog_filters
from snsfashion_client.cli.output import console, json_option, print_json, swatch
from snsfashion_client.names import category_word, style_word

_K = click.option(
    "--k", type=click.IntRange(1, 50), default=10, show_default=True, help="How many."
)


@click.command()
@click.argument("image_id")
@_K
@catalog_filters
@json_option
def similar(image_id: str, k: int, filters: Filters | None, as_json: bool) -> None:
    """Show outfits that are like the outfit IMAGE_ID, most alike first.

    \b
    Examples:
      snsfashion similar shop.example:p1:0
      snsfashion similar shop.example:p1:0 --not-brand acme --k 3 --json
    """
    with open_client("recommender") as client:
        answer = client.similar_outfits(image_id, k=k, filters=filters)
    if as_json:
        print_json(answer)
        return
    out = console()
    for number, one in enumerate(answer.outfits, 1):
        show_outfit(out, f"{number:2}. {one.likeness:.2f}", one.outfit)
    _end(out, len(answer.outfits), answer.relaxed, "No other outfit passes the filters.")


@click.command()
@click.argument("image_id", required=False, default="")
@click.option(
    "--own",
    "own",
    multiple=True,
    metavar="COLOR:ITEM",
    help="A garment that somebody has, such as red:skirt, instead of IMAGE_ID; can be repeated.",
)
@click.option("--style", default="", help="Style of what is wanted.")
@_K
@catalog_filters
@json_option
def complete(
    image_id: str,
    own: tuple[str, ...],
    style: str,
    k: int,
    filters: Filters | None,
    as_json: bool,
) -> None:
    """Show what goes with the outfit IMAGE_ID, or with garments that somebody has.

    \b
    Examples:
      snsfashion complete shop.example:p1:0
      snsfashion complete --own red:skirt --style casual
      snsfashion complete --own navy:trousers --own white:short-sleeve-top --item long-sleeve-outwear --json
    """
    if bool(image_id) == bool(own):
        raise click.UsageError("give either an IMAGE_ID or --own")
    garments = []
    for one in own:
        color, colon, item = one.partition(":")
        if not colon:
            raise click.UsageError(f"--own {one}: write for example red:skirt")
        garments.append((item, color))
    with open_client("recommender") as client:
        answer = client.complete_outfit(
            image_id, garments=garments, style=style, k=k, filters=filters
        )
    if as_json:
        print_json(answer)
        return
    out = console()
    for number, found in enumerate(answer.completions, 1):
        garment = found.outfit.garments[found.garment]
        color = garment.colors[0].family if garment.colors else ""
        words = f"{color} {category_word(garment.category)}".strip()
        show_outfit(out, f"{number:2}. {found.score:.2f} {words}, from", found.outfit)
    nothing = "Nothing is missing: there is an item of every kind, or nothing passes the filters."
    _end(out, len(answer.completions), answer.relaxed, nothing)


@click.command()
@click.argument("image_id")
@json_option
def outfit(image_id: str, as_json: bool) -> None:
    """Show the outfit IMAGE_ID of the catalog.

    \b
    Examples:
      snsfashion outfit shop.example:p1:0
      snsfashion outfit shop.example:p1:0 --json
    """
    with open_client("recommender") as client:
        answer = client.get_outfit(image_id)
    if as_json:
        print_json(answer)
        return
    out = console()
    show_outfit(out, image_id, answer.outfit)
    for garment in answer.outfit.garments:
        line = Text(f"     {category_word(garment.category)}: ")
        for color in garment.colors:
            line.append_text(swatch(color.rgb)).append(f" {color.family} {color.share:.0%}  ")
        out.print(line)
    out.print(f"     photo: {answer.outfit.photo_url}", soft_wrap=True)


@click.command()
@click.argument("image_id")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write."
)
def photo(image_id: str, out: Path) -> None:
    """Save the photo of the outfit IMAGE_ID.

    \b
    Examples:
      snsfashion photo shop.example:p1:0 --out p1.jpg
    """
    with open_client("recommender") as client:
        answer = client.get_photo(image_id)
    out.write_bytes(answer.photo)
    click.echo(f"{out}: {len(answer.photo):,} bytes, {answer.media_type}")


@click.command()
@click.option("--top", type=click.IntRange(1, 500), default=50, show_default=True, help="Rows.")
@json_option
def disagreements(top: int, as_json: bool) -> None:
    """Show outfits whose title and colors, as the shop says them, are not what was found in the photo.

    \b
    Examples:
      snsfashion disagreements
      snsfashion disagreements --top 500 --json
    """
    with open_client("recommender") as client:
        answer = client.list_disagreements(page_size=top)
    if as_json:
        print_json(answer)
        return
    out = console()
    out.print(f"{answer.disagree} of {answer.compared} outfits disagree with their shop's words.")
    for one in answer.disagreements:
        items = [
            " or ".join(category_word(category) for category in found.categories)
            for found in one.items_not_found
        ]
        show_outfit(out, one.outfit.image.image_id, one.outfit)
        out.print(f"     not found: {', '.join([*one.colors_not_found, *items])}", soft_wrap=True)


def show_outfit(out: Console, before: str, outfit: recommender_pb2.Outfit, after: str = "") -> None:
    """Print an outfit: title, price, style, colors; then its id and its link, each whole in a line."""
    product = outfit.product
    line = Text(f"{before}  ").append(product.title or outfit.image.image_id, "bold").append(after)
    for garment in outfit.garments:
        if garment.colors:
            line.append(" ").append_text(swatch(garment.colors[0].rgb))
    out.print(line, soft_wrap=True)
    facts = (price(product), style_word(outfit.style), outfit.image.image_id)
    out.print(f"     {'  '.join(fact for fact in facts if fact)}", soft_wrap=True)
    if product.url:
        out.print(f"     {product.url}", soft_wrap=True)


def price(product: fashion_pb2.Product) -> str:
    """Return the price of a product, such as "39.90 EUR" or "39,900 KRW"; "" if it is unknown."""
    micros = product.price_micros or product.price_cents * 10_000
    if not micros:
        return ""
    amount = f"{micros / 1_000_000:,.2f}".removesuffix(".00")
    return f"{amount} {product.currency}"


def _end(out: Console, number: int, relaxed: Iterable[str], nothing: str) -> None:
    if not number:
        out.print(nothing)
    if relaxed:
        out.print(f"Not used, since nothing was left: {', '.join(relaxed)}.", style="yellow")
