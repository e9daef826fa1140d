"""RPC and events of the classifier, around an engine with a known answer."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from classifier.app import ClassifierApp, wire
from classifier.settings import Settings
from photokit.blobs import BlobStore, photo_key
from photokit.photo import BadPhoto
from servicekit import topology
from servicekit.app import Ports
from servicekit.errors import Gone, InvalidMessage, StartError
from servicekit.events import Publication
from snsfashion.classifier.v1.classifier_pb2 import ClassifyRequest
from snsfashion.events.v1.events_pb2 import ImageCrawled
from snsfashion.fashion.v1.fashion_pb2 import Generations, ImageRef

GENERATION = 3
context: Any = None  # of a call; no RPC here looks at it


class RednessEngine:
    """Says how red a photo is; fashion from a half on."""

    generation = GENERATION
    threshold = 0.5

    def predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[float]:
        return [float(photo[:, :, 0].mean()) / 255 for photo in photos]


def ports(blob_url: str, weights: Path = Path("unused")) -> Ports[Settings]:
    return Ports(
        settings=Settings(nats_url="nats://unused", blob_url=blob_url, classifier_weights=weights),
        publish=_publish,
    )


async def _publish(publication: Publication[Any]) -> None:
    raise AssertionError("the classifier publishes nothing but what its handlers return")


@pytest.fixture
async def app(blob_url: str) -> AsyncIterator[ClassifierApp]:
    app = wire(ports(blob_url), RednessEngine())
    yield app
    await app.close()


@pytest.fixture
def blobs(blob_url: str) -> BlobStore:
    return BlobStore(blob_url)


def png(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 80), color).save(out, "PNG")
    return out.getvalue()


async def crawled(blobs: BlobStore, data: bytes) -> ImageCrawled:
    digest = hashlib.sha256(data).digest()
    await blobs.put_if_absent(photo_key(digest), data)
    image = ImageRef(image_id="site:post:0", sha256=digest, key=photo_key(digest))
    return ImageCrawled(image=image, generations=Generations(provenance=2))


async def test_an_rpc_answers_with_probability_threshold_and_generation(app: ClassifierApp) -> None:
    answer = await app.service.Classify(ClassifyRequest(photo=png("red")), context)
    assert (answer.probability, answer.fashion) == (1.0, True)
    assert (answer.threshold, answer.generation) == (0.5, GENERATION)


async def test_an_rpc_without_a_photo_is_refused(app: ClassifierApp) -> None:
    with pytest.raises(BadPhoto):
        await app.service.Classify(ClassifyRequest(photo=b"no photo"), context)


@pytest.mark.parametrize(
    ("color", "subject"), [("red", topology.FASHION), ("blue", topology.REJECTED)]
)
async def test_a_photo_is_published_as_fashion_or_as_rejected(
    app: ClassifierApp, blobs: BlobStore, color: str, subject: str
) -> None:
    (outcome,) = await app.events.crawled([await crawled(blobs, png(color))])
    assert not isinstance(outcome, BaseException)
    (publication,) = outcome
    assert publication.subject == subject
    assert publication.event.generations == Generations(provenance=2, classifier=GENERATION)


async def test_a_redelivered_photo_is_the_same_event(app: ClassifierApp, blobs: BlobStore) -> None:
    event = await crawled(blobs, png("red"))
    assert await app.events.crawled([event]) == await app.events.crawled([event])


async def test_a_photo_that_cannot_be_decoded_is_a_dead_letter_and_its_neighbor_is_not(
    app: ClassifierApp, blobs: BlobStore
) -> None:
    bad, good = await crawled(blobs, b"no photo"), await crawled(blobs, png("red"))
    outcomes = await app.events.crawled([bad, good])
    assert isinstance(outcomes[0], InvalidMessage)
    assert not isinstance(outcomes[1], BaseException)


async def test_a_photo_that_is_gone_is_dropped(app: ClassifierApp, blobs: BlobStore) -> None:
    event = await crawled(blobs, png("red"))
    await blobs.delete(event.image.key)
    (outcome,) = await app.events.crawled([event])
    assert isinstance(outcome, Gone)


def test_weights_that_cannot_be_served_stop_the_start(blob_url: str, tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"model\.json is missing"):
        wire(ports(blob_url, tmp_path))
