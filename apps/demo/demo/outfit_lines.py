"""`.run/outfits.jsonl`: one line for each photo, with its fate and everything that was found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
import nats.errors

from servicekit import events, topology
from snsfashion.crawler.v1.crawler_pb2 import Fate, FateRecord
from snsfashion.events.v1.events_pb2 import ImageClassified, ImageCrawled, OutfitDescribed
from snsfashion.fashion.v1.fashion_pb2 import Garment, Pattern
from snsfashion_client.names import category_word


@dataclass
class Seen:
    """The winning events of one photo: those with the greatest generations."""

    crawled: ImageCrawled
    rejected: ImageClassified | None = None
    described: OutfitDescribed | None = None


def read(nats_url: str) -> dict[str, Seen]:
    """Return every photo that the stream holds, by image id."""
    return asyncio.run(_read(nats_url))


async def _read(nats_url: str) -> dict[str, Seen]:
    photos: dict[str, Seen] = {}
    connection = await nats.connect(nats_url)
    try:
        # An ephemeral consumer: reading moves no service's place in the stream.
        subscription = await connection.jetstream().pull_subscribe(
            "sns.>", stream=topology.PIPELINE
        )
        pending = (await subscription.consumer_info()).num_pending or 0
        while pending:
            for message in await subscription.fetch(min(pending, 256), timeout=10):
                pending = message.metadata.num_pending
                _keep(photos, events.decode(message.subject, message.data))
                await message.ack()
    finally:
        await connection.close()
    return photos


def _keep(photos: dict[str, Seen], event: topology.Event) -> None:
    match event:
        case ImageCrawled():
            seen = photos.setdefault(event.image.image_id, Seen(event))
            if events.order(event.generations) > events.order(seen.crawled.generations):
                seen.crawled = event
        case ImageClassified() if not event.fashion:
            seen = photos[event.image.image_id]
            if _newer(event, seen.rejected):
                seen.rejected = event
        case OutfitDescribed():
            seen = photos[event.image.image_id]
            if _newer(event, seen.described):
                seen.described = event


def _newer(
    event: ImageClassified | OutfitDescribed, than: ImageClassified | OutfitDescribed | None
) -> bool:
    return than is None or events.order(event.generations) > events.order(than.generations)


def lines(photos: Iterable[Seen], fate_of: Callable[[str], FateRecord]) -> Iterator[dict[str, Any]]:
    """Yield the lines of the file. `fate_of` asks the ledger."""
    for seen in photos:
        image, provenance = seen.crawled.image, seen.crawled.provenance
        record = fate_of(image.image_id)
        found = seen.described if record.fate == Fate.FATE_DESCRIBED else None
        yield {
            "image_id": image.image_id,
            "site": provenance.site,
            "fate": Fate.Name(record.fate).removeprefix("FATE_").lower(),
            "reason": record.reason,
            "sha256": image.sha256.hex(),
            "width": image.width,
            "height": image.height,
            "kind": "shop" if provenance.HasField("product") or provenance.style else "social",
            "posted_at": provenance.posted_at.ToJsonString(),
            "page": provenance.page,
            "hashtags": list(provenance.hashtags),
            "probability": seen.rejected.probability if seen.rejected else None,
            "garments": [_garment(garment) for garment in found.garments] if found else [],
        }


def _garment(garment: Garment) -> dict[str, Any]:
    box = garment.box
    return {
        "category_id": garment.category,
        "category": category_word(garment.category),
        "score": round(garment.score, 4),
        "box": [round(v, 1) for v in (box.x1, box.y1, box.x2, box.y2)],
        # COCO's own form: pycocotools.mask.decode(line["garments"][0]["mask"])
        "mask": {
            "size": [garment.mask.height, garment.mask.width],
            "counts": garment.mask.counts.decode("ascii"),
        },
        "pattern": Pattern.Name(garment.pattern).removeprefix("PATTERN_").lower(),
        "colors": [
            {
                "rgb": f"#{color.rgb:06x}",
                "name": color.name,
                "family": color.family,
                "share": round(color.share, 4),
                "confidence": round(color.confidence, 4),
            }
            for color in garment.colors
        ],
    }


def write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write JSON lines."""
    with path.open("w") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
