"""RPC, events and kept results of the segmenter, around an engine whose answers are counted."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from photokit.blobs import BlobStore, photo_key
from photokit.photo import BadPhoto
from segmenter.core.detection import Detection, encode_mask
from segmenter.results import Results
from segmenter.service import SegmenterService
from servicekit.batching import MicroBatcher
from servicekit.errors import Gone, InvalidMessage
from snsfashion.events.v1.events_pb2 import ImageClassified, PostErased
from snsfashion.fashion.v1.fashion_pb2 import CATEGORY_SKIRT, Generations, ImageRef
from snsfashion.segmenter.v1.segmenter_pb2 import SegmentRequest, SegmentResponse

GENERATION = 2


class Predictor:
    """Finds one skirt in the upper half of every photo, a little surer at each call."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, photos: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        self.calls += 1
        found = []
        for photo in photos:
            mask = np.zeros(photo.shape[:2], dtype=bool)
            mask[: photo.shape[0] // 2] = True
            box = (0.0, 0.0, float(photo.shape[1]), float(photo.shape[0] // 2))
            found.append([Detection(9, 0.5 + self.calls / 100, box, encode_mask(mask))])
        return found


@pytest.fixture
def predictor() -> Predictor:
    return Predictor()


@pytest.fixture
def blobs(blob_url: str) -> BlobStore:
    return BlobStore(blob_url)


@pytest.fixture
async def service(predictor: Predictor, blobs: BlobStore) -> AsyncIterator[SegmenterService]:
    batcher = MicroBatcher(predictor, max_batch=4, max_queue=4)
    yield SegmenterService(batcher, blobs, generation=GENERATION)
    await batcher.close()


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
    service: SegmenterService,
) -> None:
    answer = await service.Segment(SegmentRequest(photo=jpeg()), None)
    assert (answer.width, answer.height, answer.generation) == (60, 80, GENERATION)
    assert [garment.category for garment in answer.garments] == [CATEGORY_SKIRT]
    assert (answer.garments[0].mask.width, answer.garments[0].mask.height) == (60, 80)


async def test_an_rpc_with_no_photo_is_refused(service: SegmenterService) -> None:
    with pytest.raises(BadPhoto):
        await service.Segment(SegmentRequest(photo=b"no photo"), None)


async def test_a_redelivered_photo_gets_the_first_result_again(
    service: SegmenterService, blobs: BlobStore, predictor: Predictor
) -> None:
    event = await classified(blobs, jpeg())
    (first,) = await service.on_fashion([event])
    (again,) = await service.on_fashion([event])
    assert first == again
    assert predictor.calls == 1


async def test_a_photo_that_can_t_be_decoded_is_a_dead_letter_and_its_neighbour_is_not(
    service: SegmenterService, blobs: BlobStore
) -> None:
    good, bad = await classified(blobs, jpeg()), await classified(blobs, b"no photo")
    outcomes = await service.on_fashion([bad, good])
    assert isinstance(outcomes[0], InvalidMessage)
    assert not isinstance(outcomes[1], BaseException)


async def test_a_photo_that_is_gone_is_dropped(service: SegmenterService, blobs: BlobStore) -> None:
    event = await classified(blobs, jpeg())
    await blobs.delete(event.image.key)
    (outcome,) = await service.on_fashion([event])
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
    service: SegmenterService, blobs: BlobStore
) -> None:
    await blobs.put_if_absent("photo", b"bytes")
    for generation in (1, GENERATION):
        await Results(blobs, generation).keep(b"s" * 32, "photo", SegmentResponse(height=1))
    await service.on_erased([PostErased(sha256=[b"s" * 32])])
    assert await blobs.keys("segments") == []
