"""One run from start to report."""

from __future__ import annotations

import json
import shlex
import shutil
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import nats.errors
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo import comparison, console, outfits, report, results
from demo.sources import Folder, Lookbook, Source, state_name
from devstack import settle
from devstack.processes import memory_mb
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

MEMORY_EVERY_S = 2.0


class RunFailed(Exception):
    """A run that can't go on, though every process is up; the text says why."""


def run(
    folder: Path, photos: Path | None, terminal: Console, *, once: bool, posts_per_week: int
) -> bool:
    """Starts everything, crawls, waits, prints and writes the results into `folder`, and serves until Ctrl-C unless `once`.

    True if every photo has a fate and none is dead. Nothing is left running, however it ends.
    """
    state = folder / state_name(photos)
    state.mkdir(exist_ok=True)
    shutil.rmtree(state / "log", ignore_errors=True)
    now = datetime.now(UTC)
    lookbook = Lookbook(state, now.date(), posts_per_week)
    source: Source = lookbook if photos is None else Folder(photos, lookbook, now)
    stack = Stack(state, source.environment)
    memory = _Memory()
    addresses, environment = folder / "services.json", folder / "environment"
    try:
        with _progress(terminal) as progress:
            task = progress.add_task("starting", total=source.photos)
            began = time.monotonic()
            memory.start()
            source.start()
            stack.start(lambda part: progress.update(task, description=f"starting {part}"))
            started = time.monotonic()
            # Where `snsfashion` finds the services.
            addresses.write_text(json.dumps({**stack.addresses, "nats_url": stack.nats_url}))
            # For the commands that stand beside the services, such as `trends export`. The user's own servers may have
            # passwords in their addresses.
            environment.touch(mode=0o600)
            environment.write_text(
                f"export NATS_URL={shlex.quote(stack.nats_url)} "
                f"MONGODB_URI={shlex.quote(stack.mongodb_uri)}\n"
            )
            client = Client(Addresses(**stack.addresses))

            def look(counts: dict[str, int]) -> None:
                stack.check()
                done = sum(counts.values()) - counts.get("waiting", 0)
                progress.update(task, completed=done, total=max(source.photos, done))

            crawls = []
            for step in source.steps():
                progress.update(task, description=f"crawling {step.label}")
                crawls.append(_crawl(client, step.request, look))
            progress.update(task, description="describing")
            fates = settle.wait(client.crawler, client.trends, stack.nats_url, watch=look)
            flowed = time.monotonic()
            progress.update(task, description="reading results")
            everything = _rows(client, stack)
            rows = [row for row in everything if row["site"] != source.catalog_site]
            truth = comparison.compare(client, lookbook.world, rows) if photos is None else {}
        found = results.collect(
            client,
            source=source.title,
            as_of=source.as_of,
            stages=results.stages(crawls, everything),
            truth=truth,
        )
        seconds = {"start": round(started - began, 2), "flow": round(flowed - started, 2)}
        seen = sum(crawl.seen for crawl in crawls)
        own = Counter(row["fate"] for row in rows)
        summary = {
            "photos_crawled": len(rows),
            "catalog_photos": len(everything) - len(rows),
            "fashion": own["described"] + own["empty"],
            "rejected": own["rejected"],
            "garments": sum(len(row["garments"]) for row in rows),
            "outfits": own["described"],
            "dead": fates.get("dead", 0),
            "seconds": seconds,
            "photos_per_second": round(seen / seconds["flow"], 2),
            "peak_memory_mb": round(memory.stop()),
            **results.summary_of(found),
            **({"truth": truth} if truth else {}),
        }
        _write(folder, state, found, rows, summary)
        console.show(terminal, found)
        console.ending(terminal, folder, summary)
        if not once:
            console.listening(terminal, stack)
            _serve(stack)
    except (grpc.RpcError, nats.errors.Error, OSError) as error:
        source.check()
        stack.check()  # usually a process has ended: this names it, with the end of its log
        raise RunFailed(f"no answer although every process is up: {error!r}") from error
    finally:
        terminal.print("stopping", style="dim")
        addresses.unlink(missing_ok=True)
        environment.unlink(missing_ok=True)
        stack.stop()
        source.stop()
        memory.stop()
    return not summary["dead"] and not fates.get("waiting")


def _serve(stack: Stack) -> None:
    """Until Ctrl-C, which is how a run that is done ends. Raises StartFailed if a service ends by itself."""
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


def _crawl(client: Client, request: StartCrawlRequest, look: Any) -> Crawl:
    """One crawl from start to end."""
    crawl = client.crawler.StartCrawl(request, timeout=30).crawl
    while crawl.state in (CRAWL_STATE_QUEUED, CRAWL_STATE_RUNNING):
        time.sleep(settle.POLL_S)
        look(settle.fates(client.crawler))
        crawl = client.crawler.GetCrawl(GetCrawlRequest(crawl_id=crawl.crawl_id), timeout=30).crawl
    if crawl.state == CRAWL_STATE_FAILED:
        raise RunFailed(f"the {crawl.spider} crawl {crawl.crawl_id}: {crawl.error}")
    return crawl


def _rows(client: Client, stack: Stack) -> list[dict[str, Any]]:
    """The lines of outfits.jsonl, for every photo that was ever crawled into this state."""

    def fate_of(image_id: str) -> FateRecord:
        return client.crawler.GetFate(GetFateRequest(image_id=image_id), timeout=10).record

    return list(outfits.lines(outfits.read(stack.nats_url).values(), fate_of))


def _write(
    folder: Path,
    state: Path,
    found: report.Report,
    rows: Sequence[dict[str, Any]],
    summary: dict[str, Any],
) -> None:
    blobs = state / "blobs"

    def photo(key: str) -> bytes | None:
        file = blobs / key
        return file.read_bytes() if file.exists() else None

    outfits.write(folder / "outfits.jsonl", rows)
    report.write(folder / "report.html", found, photo)
    (folder / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")


class _Memory:
    """Samples the memory of the run and all its processes."""

    def __init__(self) -> None:
        self._peak = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begins to look, every few seconds."""
        self._thread.start()

    def stop(self) -> float:
        """Ends; the highest sum seen, in megabytes."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        return self._peak

    def _run(self) -> None:
        while not self._stop.is_set():
            self._peak = max(self._peak, memory_mb())
            self._stop.wait(MEMORY_EVERY_S)
