"""A replica of the color service on a database and a blob store of its own, and photos for it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from PIL import Image

from color.app import wire
from color.core.generation import join
from color.settings import Settings
from photokit import mask as rle
from photokit.blobs import BlobStore, photo_key
from servicekit import topology
from servicekit.app import StatefulPorts
from servicekit.events import Publication, photo_event_id, timestamp
from servicekit.mongo import Client
from servicekit.validation import check
from snsfashion.events.v1 import events_pb2
from snsfashion.fashion.v1 import fashion_pb2

HEIGHT, WIDTH = 96, 64
FIRST = join(1)
# Enough for a palette to go live, and nothing near the colors that tests name by it.
OTHERS = (
    ("lawn", "00b020", "green"),
    ("fern", "208040", "green"),
    ("lemon", "fff000", "yellow"),
    ("sun", "f0e020", "yellow"),
    ("lagoon", "008890", "teal"),
    ("reef", "10a0a0", "teal"),
    ("plum", "8020a0", "purple"),
    ("violet", "9030c0", "purple"),
    ("neon", "ff20a0", "hot pink"),
    ("mint", "a0f0d0", "mint"),
    ("lilac", "c0b0f0", "lavender"),
    ("moss", "607010", "olive"),
)


def with_others(csv: str) -> str:
    """Return a CSV of few colors with OTHERS added, 12 in 8 families."""
    columns = csv.splitlines()[0].split(",")
    lines = []
    for name, rgb, family in OTHERS:
        row = {"name": name, "rgb": rgb, "family": family}
        lines.append(",".join(row.get(column, "") for column in columns) + "\n")
    return csv + "".join(lines)


def photo_bytes(rgb: tuple[int, int, int] = (202, 28, 38)) -> bytes:
    """Return a gray PNG with a garment of one color in the middle."""
    pixels = np.full((HEIGHT, WIDTH, 3), 150, np.uint8)
    pixels[20:80, 12:52] = rgb
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def garment() -> fashion_pb2.Garment:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[20:80, 12:52] = True
    return fashion_pb2.Garment(
        category=fashion_pb2.CATEGORY_SKIRT, score=0.9, mask=rle.encode(mask)
    )


def segmented(
    data: bytes,
    post: str = "9",
    *,
    segmenter: int = 1,
    garments: Sequence[fashion_pb2.Garment] | None = None,
    site: str = "instagram",
) -> events_pb2.GarmentsSegmented:
    digest = hashlib.sha256(data).digest()
    image = fashion_pb2.ImageRef(
        image_id=f"{site}:{post}:0",
        sha256=digest,
        key=photo_key(digest),
        width=WIDTH,
        height=HEIGHT,
    )
    generations = fashion_pb2.Generations(provenance=1, classifier=1, segmenter=segmenter)
    return events_pb2.GarmentsSegmented(
        event_id=photo_event_id(topology.SEGMENTED, image, generations),
        image=image,
        provenance=fashion_pb2.Provenance(
            site=site,
            post=post,
            kind=fashion_pb2.SOURCE_KIND_SOCIAL,
            posted_at=timestamp(datetime(2026, 11, 16, tzinfo=UTC)),
        ),
        generations=generations,
        garments=[garment()] if garments is None else garments,
    )


async def _publish(publication: Publication[Any]) -> None:
    raise AssertionError("color publishes nothing but what its handlers return")


class World:
    """One database and blob store with a replica of the service on them."""

    def __init__(self, client: Client, name: str, blob_url: str) -> None:
        self.db = client[name]
        self.blob_url = blob_url
        self.blobs = BlobStore(blob_url)
        settings = Settings(
            nats_url="nats://unused", mongodb_uri="mongodb://unused", blob_url=blob_url
        )
        self.app = wire(StatefulPorts(settings=settings, publish=_publish, db=self.db))
        self.outfits = self.app.outfits
        self.palettes = self.app.palettes
        self.events = self.app.events
        self.service: Any = self.app.service

    async def keep(self, data: bytes) -> bytes:
        await self.blobs.put_if_absent(photo_key(hashlib.sha256(data).digest()), data)
        return data

    async def describe(self, *events: events_pb2.GarmentsSegmented) -> list[Any]:
        """Return what each event led to: the published outfit, or the error."""
        outcomes = await self.events.segmented(events)
        return [o if isinstance(o, BaseException) else published(o) for o in outcomes]


async def ask(method: Any, request: Any) -> Any:
    """Call an RPC as the server does: the request is checked first."""
    check(request)
    return await method(request, None)


def published(outcome: Sequence[Publication[Any]]) -> events_pb2.OutfitDescribed:
    (publication,) = outcome
    assert publication.subject == topology.DESCRIBED
    assert isinstance(publication.event, events_pb2.OutfitDescribed)
    return publication.event
