"""`snsfashion-admin color`: palettes, naming stored outfits again, and moving data of version 0.1."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import TextIO

import click
from tqdm import tqdm

from color.core import palette
from color.core.comparison import Comparison
from color.recolor import find_outdated, recolor
from color.storage.known_palettes import KnownPalettes
from color.storage.outfits import NewerPalette, Outfits
from color.storage.palette_history import PaletteHistory, VersionTaken
from servicekit.admin import (
    JSON,
    MONGODB_URI,
    NATS_URL,
    asynchronous,
    migration,
    open_broker,
    open_database,
)
from servicekit.migration import Old
from servicekit.mongo import Document
from servicekit.photostore import PhotoStore, Post
from servicekit.validation import check
from snsfashion.color.v1.color_pb2 import PutPaletteRequest


@click.group("color")
def commands() -> None:
    """Add and list palettes, name stored outfits again, and move data of version 0.1."""


@commands.group("palette")
def palettes() -> None:
    """Add and list palettes."""


@asynccontextmanager
async def _opened(uri: str) -> AsyncIterator[tuple[Outfits, KnownPalettes]]:
    async with open_database(uri, "color") as db:
        photos = PhotoStore(db)
        history = PaletteHistory(db, photos)
        await photos.prepare()
        await history.prepare()
        known = KnownPalettes(history)
        await known.load()
        yield Outfits(photos), known


@palettes.command(
    "put",
    epilog="\b\nExample:\n  snsfashion-admin color palette put acme.csv --version acme-2027",
)
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--version", required=True, help="A new version, such as acme-2027.")
@MONGODB_URI
@asynchronous
async def put_palette(file: TextIO, version: str, mongodb_uri: str) -> None:
    """Add a palette, by which photos are named from then on.

    FILE is a CSV with the columns name, rgb and family; name_ko and family_ko are optional.
    """
    try:
        csv = file.read()
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file.name}: {error}") from error
    check(PutPaletteRequest(palette_version=version, csv=csv))
    async with _opened(mongodb_uri) as (_, known):
        try:
            put = await known.put(version, csv)
        except palette.BadPalette as error:
            raise click.ClickException(f"{file.name}: {error}") from error
        except VersionTaken as error:
            raise click.ClickException(
                f"{version!r} is the version of a different palette; choose a new version"
            ) from error
    click.echo(
        f"{put.version}: {len(put.palette.names)} colors, {len(put.palette.families)} families. "
        f"New photos are named by it; for stored ones: snsfashion-admin color recolor --palette {put.version}"
    )


@palettes.command("list")
@MONGODB_URI
@JSON
@asynchronous
async def list_palettes(mongodb_uri: str, as_json: bool) -> None:
    """List the palettes, the active one last: colors are named by it. `snsfashion palette` does more."""
    async with _opened(mongodb_uri) as (_, known):
        rows = [
            {
                "version": p.version,
                "generation": p.generation,
                "colors": len(p.palette.names),
                "families": len(p.palette.families),
                "newest": p is known.active,
            }
            for p in known.all
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        names = "  (names)" if row["newest"] else ""
        click.echo(
            f"{row['version']:24} {row['colors']:6} colors {row['families']:4} families{names}"
        )


@commands.command(
    "recolor",
    epilog="\b\nExamples:\n  snsfashion-admin color recolor --palette acme-2027 --dry-run\n"
    "  snsfashion-admin color recolor --palette acme-2027 --json",
)
@click.option("--palette", "version", required=True, metavar="VERSION", help="The active palette.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@MONGODB_URI
@NATS_URL
@JSON
@asynchronous
async def recolor_outfits(
    version: str, dry_run: bool, mongodb_uri: str, nats_url: str, as_json: bool
) -> None:
    """Name all stored outfits again by the active palette, without the photos, and tell trends and recommender."""
    async with _opened(mongodb_uri) as (outfits, known):
        by = await known.get(version)
        if by is not known.active:
            raise click.ClickException(
                f"photos are named by {known.active.version}; to go back: "
                f"snsfashion palette activate {by.version}"
            )
        image_ids = await find_outdated(outfits, by)
        broker = nullcontext() if dry_run else open_broker(nats_url)
        with tqdm(total=len(image_ids), unit="outfit", disable=as_json) as bar:
            try:
                async with broker as publish:
                    report = await recolor(outfits, by, image_ids, publish, bar.update)
            except NewerPalette as error:
                raise click.ClickException(
                    "another palette was activated while this ran; run it again with that one"
                ) from error
    _show(report, version, dry_run, as_json)


def _show(report: Comparison, version: str, dry_run: bool, as_json: bool) -> None:
    moves = [{"from": a, "to": b, "garments": n} for (a, b), n in report.moves.most_common()]
    if as_json:
        document = {
            "palette": version,
            "dry_run": dry_run,
            "outfits": report.outfits,
            "garments_with_another_family": report.changed,
            "moves": moves,
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    verb = "would be" if dry_run else "were"
    click.echo(
        f"{report.outfits} outfits {verb} named again; {report.changed} garments have another family"
    )
    for move in moves[:20]:
        click.echo(f"  {move['from']} -> {move['to']}: {move['garments']}")


def _old_tombstone(document: Document) -> tuple[Post, Document]:
    site, _, post = document["_id"].partition("/")
    return Post(site, post), {}


OLD = Old(
    photos="outfits", tombstones="erased", photo=lambda document: document, tombstone=_old_tombstone
)
"""Version 0.1 has `outfits` {_id, site, post, order, described}, and `erased` {_id: "<site>/<post>"}."""

commands.add_command(migration("color", OLD))
