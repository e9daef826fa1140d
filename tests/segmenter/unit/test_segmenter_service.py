"""RPC, events and kept results of the segmenter, around an engine whose answers are counted."""

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

from photokit.blobs import BlobStore, photo_key
from photokit.photo import BadPhoto
from segmenter.app import SegmenterApp, wire
from segmenter.core.detection import Detection, encode_mask
from segmenter.engines.matterport.config import Config
from segmenter.results import Results
from segmenter.settings import Settings
from servicekit.app import Ports
from servicekit.errors import Gone, InvalidMessage, StartError
from servicekit.events import Publication
from snsfashion.events.v1.events_pb2 import ImageClassified, PostErased
from snsfashion.fashion.v1.fashion_pb2 import CATEGORY_SKIRT, Generations, ImageRef
from snsfashion.segmenter.v1.segmenter_pb2 import SegmentRequest, SegmentResponse

GENERATION = 2


class CountingEngine:
    """Finds one skirt in the upper half of every photo, a little surer at each call."""

    generation = GENERATION
    info = Config()

    def __init__(self) -> None:
        self.calls = 0

    def predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        self.calls += 1
        found = []
        for photo in photos:
            mask = np.zeros(photo.shape[:2], dtype=bool)
            mask[: photo.shape[0] // 2] = True
            box = (0.0, 0.0, float(photo.shape[1]), float(photo.shape[0] // 2))
            found.append([Detection(9, 0.5 + self.calls / 100, box, encode_mask(mask))])
        return found


@pytest.fixture
def engine() -> CountingEngine:
    return CountingEngine()


@pytest.fixture
def blobs(blob_url: str) -> BlobStore:
    return BlobStore(blob_url)


def ports(blob_url: str, weights: Path = Path("unused")) -> Ports[Settings]:
    return Ports(
        settings=Settings(nats_url="nats://unused", blob_url=blob_url, segmenter_weights=weights),
        publish=_publish,
    )


async def _publish(publication: Publication[Any]) -> None:
    raise AssertionError("the segmenter publishes nothing but what its handlers return")


@pytest.fixture
async def app(engine: CountingEngine, blob_url: str) -> AsyncIterator[SegmenterApp]:
    app = wire(ports(blob_url), engine)
    yield app
    await app.close()


context: Any = None  # of a call; no RPC here looks at it


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 80), "red").save(out, "JPEG")
    return out.getvalue()


async def classified(blobs: BlobStore, data: bytes) -> ImageClassified:
    digest = hashlib.sha256(data).digest()
    await blobs.put_if_absent(photo_key(digest), data)
    image = ImageRef(image_id="site:post:0", sha256=digest, key=photo_key(digest))
    return ImageClassified(image=image, generations=Generations(provenance=1, classifier=1))


async def test_an_rpc_answers_with_garments_in_the_photo_s_pixels(
    app: SegmenterApp,
) -> None:
    answer = await app.service.Segment(SegmentRequest(photo=jpeg()), context)
    assert (answer.width, answer.height, answer.generation) == (60, 80, GENERATION)
    assert [garment.category for garment in answer.garments] == [CATEGORY_SKIRT]
    assert (answer.garments[0].mask.width, answer.garments[0].mask.height) == (60, 80)


async def test_an_rpc_with_no_photo_is_refused(app: SegmenterApp) -> None:
    with pytest.raises(BadPhoto):
        await app.service.Segment(SegmentRequest(photo=b"no photo"), context)


async def test_a_redelivered_photo_gets_the_first_result_again(
    app: SegmenterApp, blobs: BlobStore, engine: CountingEngine
) -> None:
    event = await classified(blobs, jpeg())
    (first,) = await app.events.fashion([event])
    (again,) = await app.events.fashion([event])
    assert first == again
    assert engine.calls == 1


async def test_a_photo_that_can_t_be_decoded_is_a_dead_letter_and_its_neighbor_is_not(
    app: SegmenterApp, blobs: BlobStore
) -> None:
    good, bad = await classified(blobs, jpeg()), await classified(blobs, b"no photo")
    outcomes = await app.events.fashion([bad, good])
    assert isinstance(outcomes[0], InvalidMessage)
    assert not isinstance(outcomes[1], BaseException)


async def test_a_photo_that_is_gone_is_dropped(app: SegmenterApp, blobs: BlobStore) -> None:
    event = await classified(blobs, jpeg())
    await blobs.delete(event.image.key)
    (outcome,) = await app.events.fashion([event])
    assert isinstance(outcome, Gone)


async def test_the_first_result_stands(blobs: BlobStore) -> None:
    await blobs.put_if_absent("photo", b"bytes")
    results = Results(blobs, GENERATION)
    assert await results.keep(b"s" * 32, "photo", SegmentResponse(height=1)) == SegmentResponse(
        height=1
    )
    assert (await results.keep(b"s" * 32, "photo", SegmentResponse(height=2))).height == 1


async def test_no_result_is_kept_of_a_photo_that_was_erased_meanwhile(blobs: BlobStore) -> None:
    results = Results(blobs, GENERATION)
    with pytest.raises(Gone):
        await results.keep(b"s" * 32, "photo that is gone", SegmentResponse(height=1))
    assert await results.find(b"s" * 32) is None


async def test_an_erasure_removes_the_results_of_every_generation(
    app: SegmenterApp, blobs: BlobStore
) -> None:
    await blobs.put_if_absent("photo", b"bytes")
    for generation in (1, GENERATION):
        await Results(blobs, generation).keep(b"s" * 32, "photo", SegmentResponse(height=1))
    await app.events.erased([PostErased(sha256=[b"s" * 32])])
    assert await blobs.keys("segments") == []


def test_weights_that_cannot_be_served_stop_the_start(blob_url: str, tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"model\.json is missing"):
        wire(ports(blob_url, tmp_path))
