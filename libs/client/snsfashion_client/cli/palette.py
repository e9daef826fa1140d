"""`snsfashion palette`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from snsfashion.color.v1 import color_pb2
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.output import console, json_option, print_json, swatch

_SHOWN = 15


@click.group()
def palette() -> None:
    """Try, add, activate and download the palettes that colors are named by.

    \b
    Examples:
      snsfashion palette list
      snsfashion palette put acme.csv --version acme-2027 --inactive
      snsfashion palette preview --version acme-2027
      snsfashion palette activate acme-2027
    """


@palette.command("list")
@json_option
def list_palettes(as_json: bool) -> None:
    """List the palettes in the order in which they were last active. Colors are named by the last one.

    \b
    Examples:
      snsfashion palette list
      snsfashion palette list --json
    """
    with open_client("color") as client:
        answer = client.list_palettes()
    if as_json:
        print_json(answer)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("version", "colors", "families", ""):
        table.add_column(name, justify="right" if name in ("colors", "families") else "left")
    for one in answer.palettes:
        table.add_row(one.palette_version, str(one.colors), str(one.families), _state(one))
    console().print(table)


def _state(one: color_pb2.PaletteInfo) -> str:
    if one.newest:
        return "active"
    return "active before" if one.generation else "never active"


@palette.command("put")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--version", required=True, help="A new version, such as acme-2027.")
@click.option("--inactive", is_flag=True, help="Only store it: to be tried, and activated later.")
@json_option
def put_palette(file: Path, version: str, inactive: bool, as_json: bool) -> None:
    """Add a palette from FILE, by which photos are named from then on.

    FILE is a CSV in UTF-8 with the columns name, rgb and family; name_ko and family_ko are optional. It has at least 12
    colors in 8 families. Stored outfits keep their names until an operator runs `snsfashion-admin color recolor`.

    \b
    Examples:
      snsfashion palette put acme.csv --version acme-2027
      snsfashion palette put acme.csv --version acme-2027 --inactive --json
    """
    with open_client("color") as client:
        answer = client.put_palette(version, _read(file), keep_inactive=inactive)
    if as_json:
        print_json(answer)
        return
    put = answer.palette
    console().print(
        f"{put.palette_version}: {put.colors} colors, {put.families} families, {_state(put)}."
    )


@palette.command("preview")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)
@click.option("--version", default="", help="A stored palette, instead of FILE.")
@click.option(
    "--outfits",
    type=click.IntRange(1, 100_000),
    default=10_000,
    show_default=True,
    help="The most outfits to look at.",
)
@json_option
def preview_palette(file: Path | None, version: str, outfits: int, as_json: bool) -> None:
    """Show what a palette, of FILE or stored, would change in stored outfits. It changes nothing.

    \b
    Examples:
      snsfashion palette preview acme.csv
      snsfashion palette preview --version acme-2027 --outfits 100000 --json
    """
    if (file is None) == (not version):
        raise click.UsageError("give either a FILE or --version")
    csv = _read(file) if file else ""
    with open_client("color") as client:
        answer = client.preview_palette(version, csv=csv, max_outfits=outfits)
    if as_json:
        print_json(answer)
        return
    out = console()
    out.print(
        f"{answer.changed_garments} of {answer.garments} garments would get another family "
        f"({answer.outfits} of {answer.stored_outfits} outfits looked at)."
    )
    for move in answer.moves[:_SHOWN]:
        line = Text.assemble(f"{move.garments:6}  {move.family_before} -> {move.family_after}  ")
        for rgb in move.example_rgb:
            line.append_text(swatch(rgb))
        out.print(line)
    for label, names in (
        ("families that are gone", answer.lost_families),
        ("families that are new", answer.new_families),
        ("names that nothing has any more", [one.name for one in answer.lost_names]),
        ("names that are new", [one.name for one in answer.new_names]),
    ):
        if names:
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            out.print(f"{label}: {', '.join(names[:_SHOWN])}{more}", soft_wrap=True)


@palette.command("activate")
@click.argument("version")
@json_option
def activate_palette(version: str, as_json: bool) -> None:
    """Name colors by a stored palette VERSION from now on, also by an older one.

    Stored outfits keep their names until an operator runs `snsfashion-admin color recolor`.

    \b
    Examples:
      snsfashion palette activate acme-2027
      snsfashion palette activate acme-2027 --json
    """
    with open_client("color") as client:
        answer = client.activate_palette(version)
    if as_json:
        print_json(answer)
        return
    now, before = answer.palette.palette_version, answer.previous_version
    console().print(
        f"{now} was active already."
        if now == before
        else f"Colors are named by {now}. To take it back: snsfashion palette activate {before}"
    )


@palette.command("download")
@click.argument("version", default="")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
def download_palette(version: str, out: Path | None) -> None:
    """Write the CSV of a palette, the active one without VERSION, as `put` takes it again.

    \b
    Examples:
      snsfashion palette download > active.csv
      snsfashion palette download acme-2027 --out acme.csv
    """
    with open_client("color") as client:
        csv = client.get_palette(version).csv
    if out is None:
        click.echo(csv, nl=False)
    else:
        out.write_text(csv, encoding="utf-8", newline="")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8: {error}") from error
