"""Crawler, color, trends and recommender keep one law: of a photo the greatest tuple wins, and an erased post stays away.

Whatever order events come in, how often, in which batches, and wherever a write dies before or after it is done: each
service ends as after one clean run.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from color_world import World as ColorWorld
from color_world import photo_bytes, segmented
from hypothesis import example, given, settings
from hypothesis import strategies as st

import crawler.app
import crawler.settings
import recommender.app
import recommender.settings
import trends.app
import trends.settings
from servicekit import mongo, topology
from servicekit.app import StatefulPorts
from servicekit.events import Publication, photo_event_id, timestamp
from servicekit.mongo import Client, Database
from servicekit.photostore import PhotoStore, Post, Write
from snsfashion.events.v1.events_pb2 import ImageClassified, OutfitDescribed, PostErased
from snsfashion.fashion.v1 import fashion_pb2
from trends.core.cell import Cell, total

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SITE = "shop"
POSTS = 3
NATS_URL, MONGODB_URI = "nats://unused", "mongodb://unused"


class Killed(Exception):
    """Stands for a kill."""


@dataclass(frozen=True)
class Fact:
    """One event: `described` and `rejected` of post, classifier and segmenter; `erased` of a post."""

    kind: str
    post: int
    classifier: int = 1
    segmenter: int = 0


facts = st.one_of(
    st.builds(
        Fact, st.just("described"), st.integers(0, POSTS - 1), st.integers(1, 2), st.integers(1, 3)
    ),
    st.builds(Fact, st.just("rejected"), st.integers(0, POSTS - 1), st.integers(1, 3)),
    st.builds(Fact, st.just("erased"), st.integers(0, POSTS - 1)),
)
Batches: TypeAlias = list[list[Fact]]


@dataclass(frozen=True)
class History:
    """Batches in the order in which they are delivered, and what happens to each write in turn."""

    batches: Batches
    kills: tuple[str, ...]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Draw every fact at least once, in any order, some of them twice."""
    told = draw(st.lists(facts, min_size=1, max_size=6))
    again = draw(st.lists(st.sampled_from(told), max_size=4))
    order = draw(st.permutations([*told, *again]))
    size = draw(st.integers(1, 3))
    kills = draw(st.lists(st.sampled_from(["", "before", "after"]), max_size=5))
    return History([order[i : i + size] for i in range(0, len(order), size)], tuple(kills))


def generations(fact: Fact) -> fashion_pb2.Generations:
    """Return the tuple of a fact; a rejection ends with the classifier."""
    described = fact.kind == "described"
    return fashion_pb2.Generations(
        provenance=1,
        classifier=fact.classifier,
        segmenter=fact.segmenter if described else 0,
        color=1 if described else 0,
    )


def image(post: int) -> fashion_pb2.ImageRef:
    """Return the photo of a post."""
    digest = hashlib.sha256(str(post).encode()).digest()
    return fashion_pb2.ImageRef(image_id=f"{SITE}:{post}:0", sha256=digest, phash=post + 1)


def provenance(post: int) -> fashion_pb2.Provenance:
    """Return where the photo comes from."""
    return fashion_pb2.Provenance(
        site=SITE,
        post=str(post),
        kind=fashion_pb2.SOURCE_KIND_SHOP,
        style=fashion_pb2.STYLE_CASUAL,
        posted_at=timestamp(NOW),
    )


def outfit(fact: Fact) -> OutfitDescribed:
    """Return what is described, which follows from the fact alone: with segmenter 3 nothing is worn."""
    families = {1: ["red"], 2: ["navy", "black"], 3: []}[fact.segmenter]
    event = OutfitDescribed(
        image=image(fact.post),
        provenance=provenance(fact.post),
        generations=generations(fact),
        garments=[
            fashion_pb2.Garment(
                category=fashion_pb2.CATEGORY_SKIRT,
                colors=[fashion_pb2.Color(rgb=0xCA1C26, family=family, share=1.0)],
            )
            for family in families
        ],
    )
    event.event_id = photo_event_id(topology.DESCRIBED, event.image, event.generations)
    return event


def rejection(fact: Fact) -> ImageClassified:
    """Return the event of a photo that is not fashion."""
    event = ImageClassified(
        image=image(fact.post), provenance=provenance(fact.post), generations=generations(fact)
    )
    event.event_id = photo_event_id(topology.REJECTED, event.image, event.generations)
    return event


async def ignore(publication: Publication[Any]) -> None:
    """Take everything, as a broker would."""


class Service(ABC):
    """One service on a database of its own."""

    @abstractmethod
    async def start(self) -> None:
        """Start on an empty database."""

    @abstractmethod
    async def deliver(self, kind: str, batch: Sequence[Fact]) -> None:
        """Handle events of one kind."""

    @abstractmethod
    async def state(self) -> Any:
        """Return all that is kept, comparable with that of another database."""


class Consumer(Service):
    """A service that takes described, rejected and erased."""

    app: Any

    async def start(self) -> None:
        await self.app.prepare()

    async def deliver(self, kind: str, batch: Sequence[Fact]) -> None:
        events = self.app.events
        handle: Callable[[Sequence[Any]], Awaitable[Any]] = getattr(events, kind)
        make: Callable[[Fact], Any] = {
            "described": outfit,
            "rejected": rejection,
            "erased": lambda fact: PostErased(event_id="e", site=SITE, post=str(fact.post)),
        }[kind]
        await handle([make(fact) for fact in batch])


class Trends(Consumer):
    def __init__(self, db: Database, folder: Path) -> None:
        ports = StatefulPorts(
            settings=trends.settings.Settings(nats_url=NATS_URL, mongodb_uri=MONGODB_URI),
            publish=ignore,
            db=db,
        )
        self.app: trends.app.TrendsApp = trends.app.wire(ports)

    async def state(self) -> Any:
        store = self.app.store
        head = await store.read_head()
        cells = await store.cells.read_cells(head.epoch)
        for key, change in (await store.cells.sum_changes(head.folded, head.seq)).items():
            cells[key] = total([cells.get(key, Cell()), change])
        return {key: cell.document() for key, cell in cells.items() if cell}


class Recommender(Consumer):
    def __init__(self, db: Database, folder: Path) -> None:
        settings = recommender.settings.Settings(
            nats_url=NATS_URL,
            mongodb_uri=MONGODB_URI,
            blob_url=folder.as_uri(),
            trends_address="127.0.0.1:1",
        )
        ports = StatefulPorts(settings=settings, publish=ignore, db=db)
        self.app: recommender.app.RecommenderApp = recommender.app.wire(ports)

    async def state(self) -> Any:
        await self.app.replica.refresh()
        catalog = self.app.replica.catalog
        held = dict(zip(catalog.image_ids, catalog.payloads, strict=True))
        held.pop("", None)  # rows that are free again
        stored = {found.image_id: found.payload for found in await self.app.outfits.find_all()}
        assert held == stored, "the replica equals the database"
        return stored


class Crawler(Consumer):
    """Every photo has been seen before anything is known of it; who erases is the crawler itself."""

    def __init__(self, db: Database, folder: Path) -> None:
        settings = crawler.settings.Settings(
            nats_url=NATS_URL,
            mongodb_uri=MONGODB_URI,
            blob_url=folder.as_uri(),
            author_keys=f"new:{'ab' * 32}",
        )
        ports = StatefulPorts(settings=settings, publish=ignore, db=db, clock=lambda: NOW)
        self.app: crawler.app.CrawlerApp = crawler.app.wire(ports)

    async def start(self) -> None:
        await super().start()
        for post in range(POSTS):
            await self.app.shared.ledger.enter(
                image(post), provenance(post), crawl_id="c", expires_at=None
            )

    async def deliver(self, kind: str, batch: Sequence[Fact]) -> None:
        if kind == "erased":
            await self.app.erasure.erase({Post(SITE, str(fact.post)) for fact in batch})
        else:
            await super().deliver(kind, batch)

    async def state(self) -> Any:
        found = await self.app.shared.ledger.find(image(post).image_id for post in range(POSTS))
        return {
            name: (entry.fate, entry.facts.outcome, bool(entry.digests))
            for name, entry in found.items()
        }


class Color(Service):
    """Measures what was segmented; what is rejected never reaches it."""

    def __init__(self, db: Database, folder: Path) -> None:
        self._world = ColorWorld(db.client, db.name, folder.as_uri())
        self._photos: list[bytes] = []

    async def start(self) -> None:
        await self._world.app.prepare()
        for rgb in ((202, 28, 38), (31, 40, 82), (219, 200, 168)):
            self._photos.append(await self._world.keep(photo_bytes(rgb)))

    async def deliver(self, kind: str, batch: Sequence[Fact]) -> None:
        if kind == "described":
            events = [self._segmented(fact) for fact in batch]
            for outcome in await self._world.events.segmented(events):
                if isinstance(outcome, Killed):
                    raise outcome
        elif kind == "erased":
            await self._world.events.erased(
                [PostErased(event_id="e", site=SITE, post=str(fact.post)) for fact in batch]
            )

    def _segmented(self, fact: Fact) -> Any:
        event = segmented(
            self._photos[fact.post], str(fact.post), segmenter=fact.segmenter, site=SITE
        )
        event.generations.classifier = fact.classifier
        return event

    async def state(self) -> Any:
        names = [name async for name, _ in self._world.outfits.find_generations()]
        return {
            found.image.image_id: found.SerializeToString(deterministic=True)
            for found in await self._world.outfits.find(names)
        }


async def run(service: Service, history: History) -> Any:
    """Deliver all batches; one that is killed is delivered again."""
    await service.start()
    kills = list(history.kills)
    original = PhotoStore.write

    async def write(store: PhotoStore, work: Callable[[Write], Awaitable[Any]]) -> Any:
        kill = kills.pop(0) if kills else ""

        async def dying(write: Write) -> Any:
            result = await work(write)
            if kill == "before":
                raise Killed
            return result

        result = await original(store, dying)
        if kill == "after":
            raise Killed
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PhotoStore, "write", write)
        for batch in history.batches:
            for kind in ("described", "rejected", "erased"):
                part = [fact for fact in batch if fact.kind == kind]
                while part:
                    try:
                        await service.deliver(kind, part)
                        break
                    except Killed:
                        continue
    return await service.state()


def clean(history: History) -> History:
    """Return the same facts, each once, in the plainest order, with no kill."""
    told = dict.fromkeys(fact for batch in history.batches for fact in batch)
    order = sorted(told, key=lambda f: (f.kind == "erased", f.post, f.classifier, f.segmenter))
    return History([[fact] for fact in order], ())


NEWER, OLDER = Fact("described", 0, 2, 2), Fact("described", 0, 1, 1)
ERASED = Fact("erased", 0)


@pytest.mark.parametrize("kind", [Crawler, Color, Trends, Recommender])
@example(History([[NEWER], [OLDER]], ()))  # an older result comes late
@example(History([[NEWER, OLDER]], ()))
@example(History([[NEWER], [Fact("rejected", 0, 1)]], ()))  # so does an older rejection
@example(History([[OLDER], [ERASED]], ()))
@example(History([[ERASED], [NEWER]], ()))  # an event comes after the erasure
@example(History([[NEWER], [ERASED], [NEWER]], ("after", "before", "after")))
@settings(max_examples=10, deadline=None)
@given(history=histories())
def test_any_history_ends_as_a_clean_run(
    mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory, kind: type[Any], history: History
) -> None:
    folder = tmp_path_factory.mktemp("blobs")

    async def both() -> None:
        client: Client = mongo.open_client(mongodb_uri, 10)
        names = [f"test_laws_{uuid.uuid4().hex}" for _ in range(2)]
        try:
            one, other = [
                await run(kind(client[name], folder), told)
                for name, told in zip(names, (history, clean(history)), strict=True)
            ]
            assert one == other
        finally:
            for name in names:
                await client.drop_database(name)
            await client.close()

    asyncio.run(both())
