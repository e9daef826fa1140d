"""What operators see of the photos that come in: garments a photo, and categories."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from prometheus_client import REGISTRY

from photokit.blobs import BlobStore, photo_key
from segmenter.core.detection import Detection, encode_mask
from segmenter.events import Events
from segmenter.results import Results
from servicekit.batching import MicroBatcher
from snsfashion.events.v1.events_pb2 import ImageClassified
from snsfashion.fashion.v1.fashion_pb2 import ImageRef


def find(photos: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
    """Find a skirt in a light photo, and nothing in a dark one."""
    mask = np.ones((40, 40), bool)
    skirt = Detection(9, 0.9, (0.0, 0.0, 40.0, 40.0), encode_mask(mask))
    return [[skirt] if photo.mean() > 100 else [] for photo in photos]


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_each_photo_is_counted_once_with_its_garments(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri())
    batcher = MicroBatcher(find, max_batch=8, max_queue=8)
    events = Events(batcher, blobs, Results(blobs, 1), generation=1)
    before = [
        count("sns_garments_total", category="skirt"),
        count("sns_garments_a_photo_bucket", le="0.0"),
        count("sns_garments_a_photo_count"),
    ]
    messages = []
    for shade in (0, 200):
        file = tmp_path / f"{shade}.png"
        Image.new("RGB", (40, 40), (shade, shade, shade)).save(file)
        digest = hashlib.sha256(file.read_bytes()).digest()
        await blobs.put_if_absent(photo_key(digest), file.read_bytes())
        image = ImageRef(image_id=f"s:{shade}:0", sha256=digest, key=photo_key(digest))
        messages.append(ImageClassified(image=image))
    await events.fashion(messages)
    await events.fashion(messages)
    after = [
        count("sns_garments_total", category="skirt"),
        count("sns_garments_a_photo_bucket", le="0.0"),
        count("sns_garments_a_photo_count"),
    ]
    assert [now - then for now, then in zip(after, before, strict=True)] == pytest.approx([1, 1, 2])
    await batcher.close()
