"""`snsfashion crawl`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from snsfashion.crawler.v1 import crawler_pb2
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.fate import fates_table
from snsfashion_client.cli.output import as_dict, console, json_option, print_json
from snsfashion_client.client import Client

_POLL_S = 0.3
_RUNNING = (crawler_pb2.CRAWL_STATE_QUEUED, crawler_pb2.CRAWL_STATE_RUNNING)


@click.group()
def crawl() -> None:
    """Start a crawl.

    \b
    Examples:
      snsfashion crawl instagram ootd 오오티디
      snsfashion crawl shop https://shop.example/feed.xml --wait
      snsfashion crawl folder photos --csv labels.csv --wait
    """


def _common(command: Any) -> Any:
    for option in (
        click.option(
            "--max-photos",
            type=click.IntRange(0),
            default=0,
            help="Stop after this many photos; 0 means no limit.",
        ),
        click.option("--wait", is_flag=True, help="Wait until every photo has its fate."),
        json_option,
    ):
        command = option(command)
    return command


@crawl.command()
@click.argument("hashtags", nargs=-1, required=True)
@click.option(
    "--top", is_flag=True, help="Also crawl the top posts, not only those of the last 24 hours."
)
@_common
def instagram(
    hashtags: tuple[str, ...], top: bool, max_photos: int, wait: bool, as_json: bool
) -> None:
    """Crawl posts with HASHTAGS, with Instagram's official Graph API.

    \b
    Examples:
      snsfashion crawl instagram ootd 오오티디 --wait
    """
    tags = [tag.removeprefix("#") for tag in hashtags]
    source = crawler_pb2.InstagramSource(hashtags=tags, include_top=top)
    _run(crawler_pb2.StartCrawlRequest(instagram=source, max_photos=max_photos), wait, as_json)


@crawl.command()
@click.argument("url")
@click.option("--site", default="", help="Name of the site in image ids; by default the host.")
@_common
def shop(url: str, site: str, max_photos: int, wait: bool, as_json: bool) -> None:
    """Crawl a shop, by the URL of its Merchant feed or sitemap.

    \b
    Examples:
      snsfashion crawl shop https://shop.example/feed.xml
    """
    source = crawler_pb2.ShopSource(url=url, site=site)
    _run(crawler_pb2.StartCrawlRequest(shop=source, max_photos=max_photos), wait, as_json)


@crawl.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--csv", type=click.Path(path_type=Path), help="Names, authors, dates and styles.")
@click.option("--site", default="", help='Name of the site in image ids; by default "folder".')
@_common
def folder(
    path: Path, csv: Path | None, site: str, max_photos: int, wait: bool, as_json: bool
) -> None:
    """Crawl the photos in the folder PATH and its subfolders, on the crawler's disk.

    Photos in a subfolder that is named after a style count as photos of a shop.

    \b
    Examples:
      snsfashion crawl folder photos --csv isImage.csv --wait
    """
    source = crawler_pb2.FolderSource(
        # The crawler runs in another folder.
        path=str(path.absolute()),
        csv=str(csv.absolute()) if csv else "",
        site=site,
    )
    _run(crawler_pb2.StartCrawlRequest(folder=source, max_photos=max_photos), wait, as_json)


def _run(request: crawler_pb2.StartCrawlRequest, wait: bool, as_json: bool) -> None:
    request.request_id = uuid.uuid4().hex
    with open_client("crawler") as client:
        job = client.crawler.StartCrawl(request).crawl
        if not wait:
            if as_json:
                print_json(job)
            else:
                click.echo(f"Crawl {job.crawl_id} has started.")
                click.echo(f"See what becomes of it: snsfashion fates --crawl {job.crawl_id}")
            return
        job, fates = _follow(client, job)
    if as_json:
        print_json({"crawl": as_dict(job), "fates": as_dict(fates)})
    else:
        out = console()
        out.print(_table(job))
        out.print(fates_table(fates))
    if job.state == crawler_pb2.CRAWL_STATE_FAILED:
        raise click.ClickException(f"the crawl failed: {job.error}")


def _follow(
    client: Client, job: crawler_pb2.Crawl
) -> tuple[crawler_pb2.Crawl, crawler_pb2.CountFatesResponse]:
    """Wait until the crawl has ended and each of its photos has its fate. Show the progress in one line."""
    ask_job = crawler_pb2.GetCrawlRequest(crawl_id=job.crawl_id)
    ask_fates = crawler_pb2.CountFatesRequest(crawl_id=job.crawl_id)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    # On stderr, so that --json on stdout stays JSON.
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting")
        while True:
            job = client.crawler.GetCrawl(ask_job).crawl
            fates = client.crawler.CountFates(ask_fates)
            waiting = sum(
                entry.photos for entry in fates.counts if entry.fate == crawler_pb2.FATE_WAITING
            )
            progress.update(
                task,
                description=f"{job.seen} photos seen, {job.stored} new; "
                f"{fates.total - waiting} of {fates.total} worked on",
            )
            if job.state not in _RUNNING and not waiting:
                return job, fates
            time.sleep(_POLL_S)


def _table(job: crawler_pb2.Crawl) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("seen", str(job.seen))
    table.add_row("new", str(job.stored))
    table.add_row("known", f"{job.unchanged} unchanged, {job.updated} with news")
    table.add_row("left out", _reasons(job.skipped))
    table.add_row("not fetched", _reasons(job.failed))
    return table


def _reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {reason}" for reason, n in sorted(counts.items())) or "none"
