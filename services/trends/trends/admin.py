"""`snsfashion-admin trends`: counting again, series for analysts, and moving data of version 0.1."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path

import click
from tqdm import tqdm

from servicekit.admin import JSON, MONGODB_URI, asynchronous, migration, open_database
from servicekit.app import utc_now
from servicekit.errors import InvalidArgument
from servicekit.migration import Old
from servicekit.mongo import Document
from servicekit.photostore import Post
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends import query, table_file
from trends.core.counts import Span
from trends.core.disclosure import K
from trends.core.series import rows
from trends.storage.rebuild import rebuild
from trends.storage.snapshot import Snapshot
from trends.storage.store import RebuildOvertaken, Store

_KINDS = {"social": fashion_pb2.SOURCE_KIND_SOCIAL, "shop": fashion_pb2.SOURCE_KIND_SHOP}
_DAYS = 84


_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group("trends")
def commands() -> None:
    """Count again, and export series."""


@commands.command("rebuild", epilog="\b\nExample:\n  snsfashion-admin trends rebuild --json")
@MONGODB_URI
@JSON
@asynchronous
async def rebuild_cells(mongodb_uri: str, as_json: bool) -> None:
    """Count everything again from the stored photos.

    The service goes on counting and answering meanwhile. Then the new counts take over. If the command is stopped, nothing
    has changed.
    """
    async with open_database(mongodb_uri, "trends") as db:
        store = Store(db)
        await store.prepare()
        with tqdm(total=await store.photos.count(), unit=" photos", disable=as_json) as bar:
            try:
                cells = await rebuild(store, bar.update)
            except RebuildOvertaken as error:
                raise click.ClickException(str(error)) from error
        head = await store.read_head()
    if as_json:
        click.echo(json.dumps({"cells": cells, "epoch": head.epoch, "seq": head.seq}))
    else:
        click.echo(f"{cells} cells rebuilt and switched to (epoch {head.epoch})")


@commands.command(
    "export",
    short_help="Write all series as CSV or Parquet.",
    help="Write the series of every value as CSV or Parquet, by the ending of the file.\n\n"
    f"One row for each value and day or week. What fewer than {K} contributors show is withheld, with empty numbers; 0 means that "
    "nobody shows it. A day or week that is not over, or a week that reaches beyond the days asked for, is partial.",
    epilog="\b\nExamples:\n  snsfashion-admin trends export --step week --out weeks.parquet\n"
    "  snsfashion-admin trends export --kind shop --from 2026-09-01 --to 2026-11-22 --out shops.csv",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="A .csv or .parquet file.",
)
@click.option(
    "--from",
    "first_day",
    type=_DAY,
    metavar="YYYY-MM-DD",
    help=f"First day; {_DAYS} days unless set.",
)
@click.option(
    "--to", "last_day", type=_DAY, metavar="YYYY-MM-DD", default=utc_now, help="Last day; today."
)
@click.option(
    "--step",
    type=click.Choice(("day", "week")),
    default="day",
    show_default=True,
    help="UTC days, or ISO weeks.",
)
@click.option(
    "--kind",
    type=click.Choice(tuple(_KINDS)),
    default="social",
    show_default=True,
    help="Kind of source.",
)
@click.option("--site", default="", help="One site; else all of the kind.")
@click.option("--hashtag", default="", help="Only photos with this hashtag.")
@MONGODB_URI
@JSON
@asynchronous
async def export_series(
    out: Path,
    first_day: datetime | None,
    last_day: datetime,
    step: str,
    kind: str,
    site: str,
    hashtag: str,
    mongodb_uri: str,
    as_json: bool,
) -> None:
    """Write the series of every value."""
    last = last_day.date()
    first = first_day.date() if first_day else last - timedelta(days=_DAYS - 1)
    if first > last:
        raise click.ClickException(f"--from {first} is after --to {last}")
    if out.suffix not in table_file.ENDINGS:
        raise click.ClickException(f"--out {out} must end in {' or '.join(table_file.ENDINGS)}")
    async with open_database(mongodb_uri, "trends") as db:
        snapshot = Snapshot(Store(db), time.monotonic)
        await snapshot.refresh()
        everything = await snapshot.counts()
        asked = trends_pb2.Filter(kind=_KINDS[kind], site=site, hashtag=hashtag)
        try:
            chosen = query.strata(trends_pb2.DIMENSION_UNSPECIFIED, asked, everything)
            counts = await snapshot.counts(query.hashtag(asked))
        except InvalidArgument as error:
            raise click.ClickException(str(error).replace("filter.", "--")) from None
    table = rows(counts, Span(counts, chosen, first, last), step == "week", utc_now().date())
    try:
        written = table_file.write(table, out)
    except OSError as error:
        raise click.ClickException(f"--out {out}: {error}") from error
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"Parquet needs pyarrow: pip install 'snsfashion-trends[parquet]' ({error})"
        ) from error
    if as_json:
        click.echo(json.dumps({"rows": written, "file": str(out), "from": f"{first}"}))
        return
    click.echo(f"{out}: {written} rows, {first} to {last}, {kind}")
    if not written:
        click.echo("there is no photo of these", err=True)


def _old_tombstone(document: Document) -> tuple[Post, Document]:
    return Post(document["site"], document["post"]), {}


OLD = Old(
    photos="observations",
    tombstones="erased",
    photo=lambda document: document,
    tombstone=_old_tombstone,
)
"""`observations`, which are as `photos` are, and `erased` {_id: "<site>/<post>", site, post, seq}.

Changes, cells and what `meta` says of them stay as they are: the photos that count are the same.
"""

commands.add_command(migration("trends", OLD))
