"""The commands of the color service beside serving: its palettes, and naming anew what is stored."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import nats.errors
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from tqdm import tqdm

from color.core import palette
from color.settings import PaletteSettings, RecolorSettings
from color.storage.palettes import Palettes
from color.storage.recolor import Report, recolor, waiting
from color.storage.store import NewerPalette, Store, VersionTaken
from servicekit.consumer import publish
from servicekit.errors import NotFound
from servicekit.events import Publication
from servicekit.runtime import database
from servicekit.settings import load

_EXAMPLES = """examples:
  color                                                    serve
  color palette put acme.csv --version acme-2027           name by a palette of your own from now on
  color palette list
  color recolor --palette acme-2027 --dry-run              what would change in all stored outfits
  color recolor --palette acme-2027                        change it, and tell trends and recommender

MONGODB_URI names the database, NATS_URL the broker (recolor only).
"""


class CommandFailed(Exception):
    """Why a command ends with status 1."""


def main(arguments: list[str]) -> int:
    """Runs a command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        asyncio.run(options.command(options))
    except (CommandFailed, NotFound) as error:
        print(f"color: {error}", file=sys.stderr)
        return 1
    except PyMongoError as error:
        print(f"color: the database at MONGODB_URI: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same again goes on from here", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="color", description=__doc__, epilog=_EXAMPLES, formatter_class=raw
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    palettes = commands.add_parser("palette", help="palettes").add_subparsers(
        required=True, metavar="COMMAND"
    )
    put = palettes.add_parser(
        "put",
        help="add a palette, by which photos are named from then on",
        epilog="example:\n  color palette put acme.csv --version acme-2027",
        formatter_class=raw,
    )
    put.add_argument("file", type=Path, metavar="FILE.csv", help=",".join(palette.COLUMNS))
    put.add_argument("--version", required=True, help="a new one, such as acme-2027")
    put.set_defaults(command=_put)
    lists = palettes.add_parser("list", help="the palettes, oldest first; the last one names")
    lists.add_argument("--json", action="store_true", help="JSON for programs")
    lists.set_defaults(command=_list)
    anew = commands.add_parser(
        "recolor",
        help="name all stored outfits anew by the newest palette, without the photos",
        epilog="examples:\n  color recolor --palette acme-2027 --dry-run\n"
        "  color recolor --palette acme-2027 --json",
        formatter_class=raw,
    )
    anew.add_argument("--palette", required=True, metavar="VERSION", help="must be the newest")
    anew.add_argument("--dry-run", action="store_true", help="only tell what would change")
    anew.add_argument("--json", action="store_true", help="JSON for programs")
    anew.set_defaults(command=_recolor)
    return parser


@asynccontextmanager
async def _opened(uri: str) -> AsyncIterator[tuple[Store, Palettes]]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        uri, tz_aware=True, serverSelectionTimeoutMS=10_000
    )
    try:
        store = Store(database(client, "color"))
        await store.prepare()
        palettes = Palettes(store)
        await palettes.load()
        yield store, palettes
    finally:
        await client.close()


async def _put(options: argparse.Namespace) -> None:
    if not palette.is_version(options.version):
        raise CommandFailed(
            f"--version {options.version!r}: 1 to 64 letters, digits, dots, hyphens and underscores"
        )
    try:
        csv = options.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{options.file}: {error}") from error
    async with _opened(load(PaletteSettings).mongodb_uri) as (_, palettes):
        try:
            put = await palettes.put(options.version, csv)
        except palette.BadPalette as error:
            raise CommandFailed(f"{options.file}: {error}") from error
        except VersionTaken as error:
            raise CommandFailed(
                f"{options.version!r} is another palette already: take a new version"
            ) from error
    print(
        f"{put.version}: {len(put.palette.names)} colours, {len(put.palette.families)} families. "
        f"New photos are named by it; for stored ones: color recolor --palette {put.version}"
    )


async def _list(options: argparse.Namespace) -> None:
    async with _opened(load(PaletteSettings).mongodb_uri) as (_, palettes):
        rows = [
            {
                "version": p.version,
                "generation": p.generation,
                "colors": len(p.palette.names),
                "families": len(p.palette.families),
                "newest": p is palettes.newest,
            }
            for p in palettes.all
        ]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        names = "  (names)" if row["newest"] else ""
        print(f"{row['version']:24} {row['colors']:6} colours {row['families']:4} families{names}")


async def _recolor(options: argparse.Namespace) -> None:
    settings = load(RecolorSettings)
    async with _opened(settings.mongodb_uri) as (store, palettes):
        by = await palettes.get(options.palette)
        if by is not palettes.newest:
            raise CommandFailed(
                f"{by.version} is older than {palettes.newest.version}, by which photos are named; "
                "to go back, put its CSV again under a new version"
            )
        image_ids = await waiting(store, by)
        with tqdm(total=len(image_ids), unit="outfit", disable=options.json) as bar:
            try:
                if options.dry_run:
                    report = await recolor(store, by, image_ids, None, bar.update)
                else:
                    async with _broker(settings.nats_url) as tell:
                        report = await recolor(store, by, image_ids, tell, bar.update)
            except NewerPalette as error:
                raise CommandFailed(
                    "a newer palette was put meanwhile; run it again with that one"
                ) from error
    _show(report, options)


@asynccontextmanager
async def _broker(url: str) -> AsyncIterator[Any]:
    try:
        connection = await nats.connect(url, name="color recolor", connect_timeout=5)
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise CommandFailed(f"no broker at {url} (NATS_URL): {error!r}") from error
    js = connection.jetstream(timeout=10)

    async def tell(publication: Publication) -> None:
        await publish(js, publication)

    try:
        yield tell
    except (nats.errors.Error, TimeoutError) as error:
        raise CommandFailed(
            f"the broker at {url} does not take events: {error!r}; the same again goes on from here"
        ) from error
    finally:
        await connection.close()


def _show(report: Report, options: argparse.Namespace) -> None:
    moves = [{"from": a, "to": b, "garments": n} for (a, b), n in report.moves.most_common()]
    if options.json:
        document = {
            "palette": options.palette,
            "dry_run": options.dry_run,
            "outfits": report.outfits,
            "garments_with_another_family": report.garments,
            "moves": moves,
        }
        print(json.dumps(document, ensure_ascii=False, indent=2))
        return
    verb = "would be" if options.dry_run else "were"
    print(
        f"{report.outfits} outfits {verb} named anew; {report.garments} garments have another family"
    )
    for move in moves[:20]:
        print(f"  {move['from']} -> {move['to']}: {move['garments']}")
