"""Where a run's photos come from: the look-book over HTTP, day by day, or a folder."""

from __future__ import annotations

import hashlib
import json
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol
from urllib.error import URLError

from devstack.processes import Process, free_port, port_open
from lookbook.spec.photo import STYLES
from lookbook.world.four_weeks import World
from lookbook.world.posts import HASHTAGS
from lookbook.world.shop import SITE_SHOP
from snsfashion.crawler.v1.crawler_pb2 import (
    FolderSource,
    InstagramSource,
    ShopSource,
    StartCrawlRequest,
)

SEED = 7
PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}


@dataclass(frozen=True)
class Step:
    """One crawl: `label` is for the progress bar."""

    label: str
    request: StartCrawlRequest


class Source(Protocol):
    """What a run crawls."""

    title: str
    environment: dict[str, str]
    """Settings that the services need for it; known after `start`."""
    photos: int
    """About how many photos there are."""
    as_of: datetime
    """The end of the week that the run reports on."""
    catalog_site: str
    """Site whose photos only stand in for a catalog and are not the run's own; "" if there is none."""

    def start(self) -> None:
        """Start what serves the photos."""

    def steps(self) -> Iterator[Step]:
        """Yield the crawls in order; each one is over before the next is asked for."""

    def check(self) -> None:
        """Raise StartFailed if what serves the photos has ended."""

    def stop(self) -> None:
        """Stop what `start` started."""


class Lookbook:
    """Four weeks of a rendered world: a shop, and a Graph API whose clock steps through the days.

    The world is made once and kept with the run's state, so that a second run crawls the same posts.
    """

    def __init__(self, folder: Path, today: date, posts_per_week: int) -> None:
        file = folder / "world.json"
        if not file.exists():
            world = {
                "seed": SEED,
                "end": today.isoformat(),
                "posts_per_week": posts_per_week,
                "products_per_style": max(1, posts_per_week * 14 // 72),
            }
            file.write_text(json.dumps(world))
        kept = json.loads(file.read_text())
        end = date.fromisoformat(kept["end"])
        self.world = World.build(**{**kept, "end": end})
        self.title = f"the look-book's four weeks to {end:%-d %B %Y}"
        self.photos = len(self.world.photos)
        self.as_of = datetime.combine(end, time(23, 59, 59), UTC)
        self.catalog_site = ""
        self._end = end
        self._port = _kept_port(folder / "lookbook.port")
        self.url = f"http://127.0.0.1:{self._port}"
        self.environment = {
            "INSTAGRAM_GRAPH_URL": f"{self.url}/graph/v23.0",
            "INSTAGRAM_USER_ID": "17841400000000000",
            "INSTAGRAM_ACCESS_TOKEN": "look-book",
            "CRAWL_ALLOW_PRIVATE": "true",
            "CRAWL_CONCURRENCY": "8",
        }
        command = [sys.executable, "-m", "lookbook", "serve", "--port", str(self._port)]
        self._server = Process(
            "look-book",
            [*command, *(f"--{k.replace('_', '-')}={v}" for k, v in kept.items())],
            folder / "log" / "lookbook.log",
            self._answers,
        )

    def start(self) -> None:
        """Start the HTTP server."""
        self._server.spawn()
        self._server.wait_ready()

    def steps(self) -> Iterator[Step]:
        """Yield the crawl of the shop, then one of each day's hashtags at the end of that day."""
        yield self.shop_step()
        for ago in range(27, -1, -1):
            day = self._end - timedelta(days=ago)
            # recent_media shows the 24 hours before the clock: one crawl a day sees each post once.
            self._set_clock(datetime.combine(day + timedelta(days=1), time(), UTC))
            source = InstagramSource(hashtags=HASHTAGS)
            yield Step(f"#{HASHTAGS[0]} {day:%d %b}", StartCrawlRequest(instagram=source))

    def shop_step(self) -> Step:
        """Return the crawl of the shop's Merchant feed."""
        return Step(
            "shop",
            StartCrawlRequest(shop=ShopSource(url=f"{self.url}/shop/feed.xml", site=SITE_SHOP)),
        )

    def check(self) -> None:
        """Raise StartFailed if the HTTP server has ended."""
        self._server.check()

    def stop(self) -> None:
        """Stop the HTTP server."""
        self._server.stop()

    def _set_clock(self, now: datetime) -> None:
        body = json.dumps({"now": now.isoformat()}).encode()
        request = urllib.request.Request(
            f"{self.url}/lookbook/clock",
            data=body,
            method="PUT",
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10):
            pass

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/robots.txt", timeout=1) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


def _kept_port(file: Path) -> int:
    """Return the port of the run before if it is free: product pages keep their addresses, so nothing looks changed."""
    port = int(file.read_text()) if file.exists() else 0
    if not port or port_open(port):
        port = free_port()
        file.write_text(str(port))
    return port


class Folder:
    """Photos on disk. If none is in a folder named after a style, the look-book's shop is the catalog."""

    def __init__(self, photos: Path, catalog: Lookbook, now: datetime) -> None:
        self._folder = photos.resolve()
        files = [p for p in self._folder.rglob("*") if p.suffix.lower() in PHOTO_SUFFIXES]
        styled = any(
            part.lower() in STYLES
            for file in files
            for part in file.relative_to(self._folder).parts[:-1]
        )
        self._catalog = None if styled else catalog
        self.catalog_site = "" if styled else SITE_SHOP
        shop = 0 if styled else len(catalog.world.products)
        self.title = f"the photos of {photos}"
        self.photos = len(files) + shop
        self.as_of = now
        self.environment = dict(catalog.environment)

    def start(self) -> None:
        """Start the look-book's shop, if it is needed."""
        if self._catalog:
            self._catalog.start()

    def steps(self) -> Iterator[Step]:
        """Yield the crawl of the folder, then that of the catalog."""
        yield Step("folder", StartCrawlRequest(folder=FolderSource(path=str(self._folder))))
        if self._catalog:
            yield self._catalog.shop_step()

    def check(self) -> None:
        """Raise StartFailed if the look-book's shop has ended."""
        if self._catalog:
            self._catalog.check()

    def stop(self) -> None:
        """Stop the look-book's shop."""
        if self._catalog:
            self._catalog.stop()


def state_name(photos: Path | None) -> str:
    """Return the name of the folder for the state of a run over these photos: each source has its own."""
    if photos is None:
        return "lookbook"
    return "photos-" + hashlib.sha256(str(photos.resolve()).encode()).hexdigest()[:12]
