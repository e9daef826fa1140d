"""`snsfashion palette`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from snsfashion.color.v1 import color_pb2
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.output import console, json_option, print_json


@click.group()
def palette() -> None:
    """List and add the palettes that colors are named by.

    \b
    Examples:
      snsfashion palette list
      snsfashion palette put acme.csv --version acme-2027
    """


@palette.command("list")
@json_option
def list_palettes(as_json: bool) -> None:
    """List the palettes, oldest first. Colors are named by the last one.

    \b
    Examples:
      snsfashion palette list
      snsfashion palette list --json
    """
    with open_client("color") as client:
        answer = client.color.ListPalettes(color_pb2.ListPalettesRequest())
    if as_json:
        print_json(answer)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("version", "colors", "families", ""):
        table.add_column(name, justify="right" if name in ("colors", "families") else "left")
    for one in answer.palettes:
        note = "names" if one.newest else ""
        table.add_row(one.palette_version, str(one.colors), str(one.families), note)
    console().print(table)


@palette.command("put")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--version", required=True, help="A new version, such as acme-2027.")
@json_option
def put_palette(file: Path, version: str, as_json: bool) -> None:
    """Add a palette from FILE, by which photos are named from then on.

    FILE is a CSV in UTF-8 with the columns name, rgb and family; name_ko and family_ko are optional. Stored outfits keep
    their names until an operator runs `snsfashion-admin color recolor`.

    \b
    Examples:
      snsfashion palette put acme.csv --version acme-2027
      snsfashion palette put acme.csv --version acme-2027 --json
    """
    try:
        csv = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8: {error}") from error
    with open_client("color") as client:
        answer = client.color.PutPalette(
            color_pb2.PutPaletteRequest(palette_version=version, csv=csv)
        )
    if as_json:
        print_json(answer)
        return
    put = answer.palette
    console().print(f"{put.palette_version}: {put.colors} colors, {put.families} families.")
