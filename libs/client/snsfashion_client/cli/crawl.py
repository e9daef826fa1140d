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
from snsfashion_client.cli.output import as_dict, console, json_option, print_json, table
from snsfashion_client.client import Client

_POLL_S = 0.3
_RUNNING = (crawler_pb2.CRAWL_STATE_QUEUED, crawler_pb2.CRAWL_STATE_RUNNING)


@click.group()
def crawl() -> None:
    """Start, list, show and cancel crawls.

    \b
    Examples:
      snsfashion crawl instagram ootd 오오티디
      snsfashion crawl shop https://shop.example/feed.xml --wait
      snsfashion crawl folder photos --csv labels.csv --wait
      snsfashion crawl list
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


@crawl.command("list")
@click.option("--top", type=click.IntRange(1, 100), default=20, show_default=True, help="Rows.")
@json_option
def list_crawls(top: int, as_json: bool) -> None:
    """List crawls, newest first.

    \b
    Examples:
      snsfashion crawl list
      snsfashion crawl list --top 100 --json
    """
    with open_client("crawler") as client:
        answer = client.list_crawls(page_size=top)
    if as_json:
        print_json(answer)
        return
    rows = table("crawl", "started", "state", "source", "seen", "new")
    for job in answer.crawls:
        rows.add_row(
            job.crawl_id,
            f"{job.created_at.ToDatetime():%Y-%m-%d %H:%M}",
            _state(job),
            job.spider,
            str(job.seen),
            str(job.stored),
        )
    console().print(rows if answer.crawls else "There was no crawl yet.")


@crawl.command("show")
@click.argument("crawl_id")
@json_option
def show_crawl(crawl_id: str, as_json: bool) -> None:
    """Show a crawl with its counts.

    \b
    Examples:
      snsfashion crawl show 6f1c...
    """
    with open_client("crawler") as client:
        job = client.get_crawl(crawl_id).crawl
    if as_json:
        print_json(job)
        return
    out = console()
    out.print(f"{job.crawl_id}: {_state(job)} {job.error}".rstrip(), soft_wrap=True)
    out.print(_table(job))


@crawl.command("cancel")
@click.argument("crawl_id")
@json_option
def cancel_crawl(crawl_id: str, as_json: bool) -> None:
    """Ask a running crawl to stop.

    \b
    Examples:
      snsfashion crawl cancel 6f1c...
    """
    with open_client("crawler") as client:
        answer = client.cancel_crawl(crawl_id)
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{crawl_id}: {_state(answer.crawl)}.")


@click.command()
@click.argument("posts", nargs=-1, metavar="[SITE:POST]...")
@click.option("--author", default="", help="A handle, all of whose posts are erased.")
@click.option("--site", default="", help="The site of the author.")
@click.confirmation_option(prompt="This can't be undone. Erase?")
@json_option
def erase(posts: tuple[str, ...], author: str, site: str, as_json: bool) -> None:
    """Erase posts, or all of an author, with everything that was found in them, in all services.

    \b
    Examples:
      snsfashion erase instagram:18023 instagram:18024
      snsfashion erase --author kim --site instagram --yes
    """
    refs = [(where, post) for where, _, post in (one.partition(":") for one in posts)]
    if any(not where or not post for where, post in refs):
        raise click.UsageError("write posts as site:post, such as instagram:18023")
    if bool(author) != bool(site) or not (refs or author):
        raise click.UsageError("give posts, or both --author and --site")
    with open_client("crawler") as client:
        answer = client.erase_posts(refs, author=author, site=site)
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{answer.posts} posts are erased; {answer.photos} photos had been stored.")


def _state(job: crawler_pb2.Crawl) -> str:
    return crawler_pb2.CrawlState.Name(job.state).removeprefix("CRAWL_STATE_").lower()


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
