"""`trends rebuild` and `trends export`: what operators and analysts do beside the running service."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from tqdm import tqdm

from servicekit.runtime import database, utc_now
from snsfashion.fashion.v1 import fashion_pb2
from trends.core import export
from trends.core.counts import Span
from trends.core.ranking import K
from trends.storage.rebuild import rebuild
from trends.storage.snapshot import Snapshot
from trends.storage.store import RebuildOvertaken, Store

_KINDS = {"social": fashion_pb2.SOURCE_KIND_SOCIAL, "shop": fashion_pb2.SOURCE_KIND_SHOP}
_DAYS = 84


def main(arguments: Sequence[str], clock: Callable[[], datetime] = utc_now) -> None:
    """Runs one command. `clock` gives the aware time of now."""
    options = _parser(clock().date()).parse_args(arguments)
    uri = options.mongodb_uri
    if not uri:
        sys.exit("MONGODB_URI is not set: set it, or give --mongodb-uri mongodb://host:port")
    command: Callable[[Store, argparse.Namespace], Coroutine[Any, Any, None]] = options.command
    try:
        asyncio.run(_with_store(uri, options, command))
    except PyMongoError as error:
        sys.exit(f"no MongoDB at the address in MONGODB_URI: {error}")
    except (RebuildOvertaken, OSError, ValueError) as error:
        sys.exit(f"error: {error or 'another rebuild that began later has finished already'}")
    except ModuleNotFoundError as error:
        sys.exit(
            f"error: Parquet needs pyarrow: pip install 'snsfashion-trends[parquet]' ({error})"
        )


def _parser(today: date) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trends",
        description="Without a command: serve. Beside the running service:",
        epilog="examples:\n"
        "  trends rebuild\n"
        "  trends export --step week --out weeks.parquet\n"
        "  trends export --kind shop --from 2026-09-01 --to 2026-11-22 --out shops.csv",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--mongodb-uri",
        default=os.environ.get("MONGODB_URI", ""),
        help="mongodb://... of the database; else MONGODB_URI of the environment",
    )
    shared.add_argument("--json", action="store_true", help="say the result as JSON")
    again = commands.add_parser(
        "rebuild",
        parents=[shared],
        help="count everything anew from the stored observations",
        description="Counts everything anew from the stored observations while the service goes on counting and "
        "answering, then switches over. Interrupted, it changes nothing.",
    )
    again.set_defaults(command=_rebuild)
    out = commands.add_parser(
        "export",
        parents=[shared],
        help="write all series as CSV or Parquet",
        description="Writes the series of every value as CSV or Parquet, by the ending of the file. "
        f"Points of fewer than {K} contributors are left out.",
    )
    out.set_defaults(command=_export)
    out.add_argument("--out", type=Path, required=True, help="a .csv or .parquet file")
    out.add_argument("--from", type=_day, dest="first", help=f"first day; {_DAYS} days unless set")
    out.add_argument("--to", type=_day, dest="last", default=today, help="last day; today")
    out.add_argument("--step", choices=("day", "week"), default="day", help="UTC days, ISO weeks")
    out.add_argument("--kind", choices=list(_KINDS), default="social", help="kind of source")
    out.add_argument("--site", default="", help="one site; else all of the kind")
    out.add_argument("--hashtag", default="", help="only photos with this hashtag, without '#'")
    return parser


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-11-22") from None


async def _with_store(
    uri: str,
    options: argparse.Namespace,
    command: Callable[[Store, argparse.Namespace], Coroutine[Any, Any, None]],
) -> None:
    async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        await command(Store(database(client, "trends")), options)


async def _rebuild(store: Store, options: argparse.Namespace) -> None:
    await store.prepare()
    with tqdm(total=await store.size(), unit=" photos", disable=options.json) as bar:

        def progress(photos: int) -> None:
            bar.update(photos)

        cells = await rebuild(store, progress)
    head = await store.head()
    if options.json:
        print(json.dumps({"cells": cells, "epoch": head.epoch, "seq": head.seq}))
    else:
        print(f"{cells} cells rebuilt and switched to (epoch {head.epoch})")


async def _export(store: Store, options: argparse.Namespace) -> None:
    first = options.first or options.last - timedelta(days=_DAYS - 1)
    if first > options.last:
        raise ValueError(f"--from {first} is after --to {options.last}")
    if options.out.suffix not in export.FORMATS:
        raise ValueError(f"--out {options.out} ends in neither {' nor '.join(export.FORMATS)}")
    loop = asyncio.get_running_loop()
    snapshot = Snapshot(store, loop.time)
    await snapshot.refresh()
    counts = await snapshot.counts(options.hashtag)
    chosen = [
        s for s in counts.strata if s.kind == _KINDS[options.kind] and options.site in ("", s.site)
    ]
    span = Span(counts, chosen, first, options.last)
    written = export.write(export.rows(counts, span, options.step == "week"), options.out)
    if options.json:
        print(json.dumps({"rows": written, "file": str(options.out), "from": f"{first}"}))
    else:
        print(f"{options.out}: {written} rows, {first} to {options.last}, {options.kind}")
        if not written:
            print(
                "nothing that enough people showed; sites: "
                + (", ".join(sorted({s.site for s in counts.strata})) or "none"),
                file=sys.stderr,
            )
