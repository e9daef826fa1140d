"""`snsfashion color`."""

from __future__ import annotations

import click
from rich.text import Text

from snsfashion.color.v1 import color_pb2
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.output import console, json_option, print_json, swatch


@click.command()
@click.argument("hex_value", metavar="HEX")
@json_option
def color(hex_value: str, as_json: bool) -> None:
    """Name the color HEX.

    \b
    Examples:
      snsfashion color "#1f2852"
      snsfashion color 1f2852 --json
    """
    with open_client("color") as client:
        answer = client.color.NameColor(color_pb2.NameColorRequest(hex=hex_value))
    if as_json:
        print_json(answer)
        return
    found = answer.color
    lab = found.lab
    console().print(
        swatch(found.rgb),
        Text(f"#{found.rgb:06x}"),
        Text(f"{found.name} {found.name_ko}".strip(), style="bold"),
        Text(f"(CIEDE2000 {answer.distance:.1f} away), family"),
        Text(f"{found.family} {found.family_ko}".strip(), style="bold"),
        Text(f"(confidence {found.confidence:.2f}), Lab {lab.l:.1f} {lab.a:.1f} {lab.b:.1f}"),
    )
