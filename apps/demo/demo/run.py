"""One run from start to end."""

from __future__ import annotations

import json
import shlex
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import nats.errors
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo import against_truth, collect, commands, html_page, outfit_lines, tables
from demo.memory import PeakMemory
from demo.report import Report
from demo.sources import Folder, Lookbook, Source, state_name
from devstack import settle
from devstack.stack import Stack
from snsfashion.crawler.v1.crawler_pb2 import (
    CRAWL_STATE_FAILED,
    CRAWL_STATE_QUEUED,
    CRAWL_STATE_RUNNING,
    Crawl,
    FateRecord,
    GetCrawlRequest,
    GetFateRequest,
    StartCrawlRequest,
)
from snsfashion_client import Addresses, Client

Look = Callable[[Mapping[str, int]], None]
"""Called with the photos by fate, again and again while a run waits."""


class RunFailed(Exception):
    """A run that can't go on, though every process is up; the text says why."""


def run(
    folder: Path, photos: Path | None, terminal: Console, *, once: bool, posts_per_week: int
) -> bool:
    """Start everything, crawl, wait, print and write the results into `folder`, and serve until Ctrl-C unless `once`.

    Return True if every photo has a fate and none is dead. Nothing is left running, however it ends.
    """
    state = folder / state_name(photos)
    state.mkdir(exist_ok=True)
    shutil.rmtree(state / "log", ignore_errors=True)
    now = datetime.now(UTC)
    lookbook = Lookbook(state, now.date(), posts_per_week)
    source: Source = lookbook if photos is None else Folder(photos, lookbook, now)
    stack = Stack(state, source.environment)
    memory = PeakMemory()
    try:
        with _progress(terminal) as progress:
            task = progress.add_task("starting", total=source.photos)
            began = time.monotonic()
            memory.start()
            source.start()
            stack.start(lambda part: progress.update(task, description=f"starting {part}"))
            started = time.monotonic()
            _write_addresses(folder, stack)
            client = Client(Addresses(**stack.addresses))

            def look(fates: Mapping[str, int]) -> None:
                stack.check()
                done = sum(fates.values()) - fates.get("waiting", 0)
                progress.update(task, completed=done, total=max(source.photos, done))

            crawls = []
            for step in source.steps():
                progress.update(task, description=f"crawling {step.label}")
                crawls.append(_crawl(client, step.request, look))
            progress.update(task, description="describing")
            fates = settle.wait(client.crawler, client.trends, stack.nats_url, watch=look)
            flowed = time.monotonic()
            progress.update(task, description="reading results")
            rows = _rows(client, stack)
            own = [row for row in rows if row["site"] != source.catalog_site]
            truth = against_truth.compare(client, lookbook.world, own) if photos is None else {}
        report = collect.collect(
            client,
            source=source.title,
            as_of=source.as_of,
            stages=collect.count_stages(crawls, rows),
            truth=truth,
        )
        seen = sum(crawl.seen for crawl in crawls)
        summary = {
            **_count(rows, own),
            "dead": fates.get("dead", 0),
            "seconds": {"start": round(started - began, 2), "flow": round(flowed - started, 2)},
            "photos_per_second": round(seen / (flowed - started), 2),
            "peak_memory_mb": round(memory.stop()),
            **collect.summarize(report),
            **({"truth": truth} if truth else {}),
        }
        _write_results(folder, state, report, own, summary)
        tables.show(terminal, report)
        tables.show_summary(terminal, folder, summary)
        if not once:
            shown = [one for person in report.people for one in person.answer.recommendations]
            image_id = shown[0].outfit.image.image_id if shown else ""
            last_day = source.as_of.date()
            tables.show_addresses(
                terminal, stack, commands.lines(stack, folder, image_id, last_day)
            )
            _serve(stack)
    except (grpc.RpcError, nats.errors.Error, OSError) as error:
        source.check()
        stack.check()  # usually a process has ended: this names it, with the end of its log
        raise RunFailed(f"no answer although every process is up: {error!r}") from error
    finally:
        terminal.print("stopping", style="dim")
        _remove_addresses(folder)
        stack.stop()
        source.stop()
        memory.stop()
    return not summary["dead"] and not fates.get("waiting")


def _serve(stack: Stack) -> None:
    """Wait for Ctrl-C, which is how a run that is done ends. Raise StartFailed if a service ends by itself."""
    try:
        while True:
            stack.check()
            time.sleep(1)
    except KeyboardInterrupt:
        return


def _progress(terminal: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("photos"),
        TimeElapsedColumn(),
        console=terminal,
    )


def _write_addresses(folder: Path, stack: Stack) -> None:
    """Write where `snsfashion` finds the services, and where `snsfashion-admin` finds the servers."""
    addresses = {**stack.addresses, "nats_url": stack.nats_url}
    (folder / "services.json").write_text(json.dumps(addresses))
    environment = folder / "environment"
    # The user's own servers may have passwords in their addresses.
    environment.touch(mode=0o600)
    environment.write_text(
        f"export NATS_URL={shlex.quote(stack.nats_url)} "
        f"MONGODB_URI={shlex.quote(stack.mongodb_uri)}\n"
    )


def _remove_addresses(folder: Path) -> None:
    for name in ("services.json", "environment"):
        (folder / name).unlink(missing_ok=True)


def _crawl(client: Client, request: StartCrawlRequest, look: Look) -> Crawl:
    """Run one crawl from start to end."""
    crawl = client.crawler.StartCrawl(request, timeout=30).crawl
    while crawl.state in (CRAWL_STATE_QUEUED, CRAWL_STATE_RUNNING):
        time.sleep(settle.POLL_S)
        look(settle.fates(client.crawler))
        crawl = client.crawler.GetCrawl(GetCrawlRequest(crawl_id=crawl.crawl_id), timeout=30).crawl
    if crawl.state == CRAWL_STATE_FAILED:
        raise RunFailed(f"the {crawl.spider} crawl {crawl.crawl_id} failed: {crawl.error}")
    return crawl


def _rows(client: Client, stack: Stack) -> list[dict[str, Any]]:
    """Return the lines of outfits.jsonl, for every photo that was ever crawled into this state."""

    def fate_of(image_id: str) -> FateRecord:
        return client.crawler.GetFate(GetFateRequest(image_id=image_id), timeout=10).record

    return list(outfit_lines.lines(outfit_lines.read(stack.nats_url).values(), fate_of))


def _count(rows: Sequence[Mapping[str, Any]], own: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the counts of summary.json. `own` are the rows without those that only stand in for a catalog."""
    fates = Counter(row["fate"] for row in own)
    return {
        "photos_crawled": len(own),
        "catalog_photos": len(rows) - len(own),
        "fashion": fates["described"] + fates["empty"],
        "rejected": fates["rejected"],
        "garments": sum(len(row["garments"]) for row in own),
        "outfits": fates["described"],
    }


def _write_results(
    folder: Path,
    state: Path,
    report: Report,
    rows: Sequence[dict[str, Any]],
    summary: dict[str, Any],
) -> None:
    blobs = state / "blobs"

    def photo(key: str) -> bytes | None:
        file = blobs / key
        return file.read_bytes() if file.exists() else None

    outfit_lines.write(folder / "outfits.jsonl", rows)
    html_page.write(folder / "report.html", report, photo)
    (folder / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
