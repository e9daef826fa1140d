"""`snsfashion classify` and `snsfashion garments`: what the services see in a photo of yours."""

from __future__ import annotations

from pathlib import Path

import click

from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.output import as_dict, console, json_option, print_json, swatch, table
from snsfashion_client.names import category_word, pattern_word

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.command()
@_FILE
@json_option
def classify(file: Path, as_json: bool) -> None:
    """Tell whether the photo FILE is a fashion photo.

    \b
    Examples:
      snsfashion classify look.jpg
      snsfashion classify look.jpg --json
    """
    with open_client("classifier") as client:
        answer = client.classify(file.read_bytes())
    if as_json:
        print_json(answer)
        return
    word = "a fashion photo" if answer.fashion else "not a fashion photo"
    click.echo(
        f"{file}: {word} (probability {answer.probability:.3f}, threshold {answer.threshold:.3f})"
    )


@click.command()
@_FILE
@json_option
def garments(file: Path, as_json: bool) -> None:
    """Show the garments of the photo FILE with their colors and patterns.

    \b
    Examples:
      snsfashion garments look.jpg
      snsfashion garments look.jpg --json
    """
    photo = file.read_bytes()
    with open_client("segmenter") as client:
        found = client.segment(photo)
    colored = found.garments
    if found.garments:
        with open_client("color") as client:
            colored = client.extract_colors(photo, found.garments).garments
    if as_json:
        print_json({"garments": [as_dict(garment) for garment in colored]})
        return
    if not colored:
        click.echo("No garment was found.")
        return
    rows = table("", "item", "score", "pattern", "color", "")
    for garment in colored:
        color = garment.colors[0] if garment.colors else None
        rows.add_row(
            swatch(color.rgb if color else None),
            category_word(garment.category),
            f"{garment.score:.2f}",
            pattern_word(garment.pattern),
            f"{color.name} ({color.family})" if color else "",
            f"{color.share:.0%}" if color else "",
        )
    console().print(rows)
