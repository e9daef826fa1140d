"""What every engine promises, through the service in a process of its own and the real broker."""

from __future__ import annotations

import asyncio
import hashlib
import io
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import grpc
import nats
import numpy as np
import pytest
from nats.aio.msg import Msg
from numpy.typing import NDArray
from PIL import Image

from devstack.processes import Process, free_port
from devstack.stack import serving
from fashion.words import CATEGORIES
from lookbook.draw.render import render
from lookbook.spec.sampling import sample_outfit
from photokit import mask as rle
from photokit.blobs import BlobStore, photo_key
from servicekit import topology
from servicekit.events import photo_event_id, timestamp
from snsfashion.events.v1.events_pb2 import GarmentsSegmented, ImageClassified
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.segmenter.v1 import segmenter_pb2_grpc
from snsfashion.segmenter.v1.segmenter_pb2 import SegmentRequest, SegmentResponse

ROOT = Path(__file__).parents[3]
DEADLINE_S = 120


@dataclass
class Service:
    """A running segmenter."""

    address: str
    nats_url: str
    blobs: BlobStore
    generation: int | None  # from its settings

    def segment(self, *photos: bytes) -> list[SegmentResponse]:
        """Return the answers to photos that are sent together."""
        with grpc.insecure_channel(self.address) as channel:
            stub = segmenter_pb2_grpc.SegmenterServiceStub(channel)
            calls = [
                stub.Segment.future(SegmentRequest(photo=p), timeout=DEADLINE_S) for p in photos
            ]
            return [call.result() for call in calls]


MRCNN = pytest.param("mrcnn", marks=pytest.mark.tensorflow)


@pytest.fixture(scope="module", params=["torchvision", "matterport", MRCNN])
def service(
    request: pytest.FixtureRequest, nats_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Start the segmenter with each engine.

    torchvision has trained weights; the two that read Matterport's have random ones of one file.
    """
    folder = tmp_path_factory.mktemp(request.param)
    address, blob_url = f"127.0.0.1:{free_port()}", (folder / "blobs").as_uri()
    python, own = Path(sys.executable), {"SEGMENTER_WEIGHTS": str(ROOT / "models" / "segmenter")}
    if request.param != "torchvision":
        own = {
            "SEGMENTER_WEIGHTS": str(request.getfixturevalue("matterport_h5")),
            "SEGMENTER_GENERATION": "7",
        }
    if request.param == "mrcnn":
        python = request.getfixturevalue("mrcnn_python")
        own["SEGMENTER_ENGINE"] = "mrcnn"
    common = {
        "NATS_URL": nats_url,
        "BLOB_URL": blob_url,
        "GRPC_PORT": address.rsplit(":", 1)[1],
        "METRICS_PORT": "0",
    }
    process = Process(
        f"segmenter with {request.param}",
        [str(python), "-m", "segmenter"],
        folder / "segmenter.log",
        lambda: serving(address),
        {**common, **own},
        start_timeout_s=300,
    )
    process.spawn()
    try:
        process.wait_ready()
        told = own.get("SEGMENTER_GENERATION")
        yield Service(address, nats_url, BlobStore(blob_url), int(told) if told else None)
    finally:
        process.stop()


def png(pixels: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def photo() -> bytes:
    return png(render(sample_outfit(3, "run")).image)


@pytest.fixture(scope="module")
def answer(service: Service, photo: bytes) -> SegmentResponse:
    """Return what the engine answers about the photo alone."""
    return service.segment(photo)[0]


def test_garments_have_a_category_and_a_score_best_first(answer: SegmentResponse) -> None:
    assert answer.garments
    scores = [garment.score for garment in answer.garments]
    assert scores == sorted(scores, reverse=True)
    assert 0 < min(scores) <= max(scores) <= 1
    assert {garment.category for garment in answer.garments} <= CATEGORIES.keys()


def test_masks_have_the_photo_s_size_and_lie_in_their_boxes(
    answer: SegmentResponse, photo: bytes
) -> None:
    assert (answer.width, answer.height) == Image.open(io.BytesIO(photo)).size
    for garment in answer.garments:
        box = garment.box
        assert 0 <= box.x1 < box.x2 <= answer.width
        assert 0 <= box.y1 < box.y2 <= answer.height
        mask = rle.decode(garment.mask)
        assert mask.shape == (answer.height, answer.width)
        ys, xs = np.nonzero(mask)
        assert box.x1 - 1 <= xs.min() <= xs.max() <= box.x2 + 1
        assert box.y1 - 1 <= ys.min() <= ys.max() <= box.y2 + 1


def test_the_generation_of_a_file_is_the_one_that_is_set(
    service: Service, answer: SegmentResponse
) -> None:
    assert answer.generation >= 1
    assert service.generation in (None, answer.generation)


def test_a_photo_gets_the_same_answer_in_company_and_photos_of_any_shape_get_one(
    service: Service, photo: bytes, answer: SegmentResponse
) -> None:
    flat = png(np.full((32, 900, 3), 128, np.uint8))
    first, other, again = service.segment(photo, flat, photo)
    assert first == again == answer
    assert (other.height, other.width) == (32, 900)


def test_bytes_that_are_no_photo_are_refused(service: Service) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        service.segment(b"no photo")
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_an_event_brings_the_same_garments_and_so_does_its_redelivery(
    service: Service, photo: bytes, answer: SegmentResponse
) -> None:
    event = await classified(service.blobs, photo)
    first, again = await deliver(service.nats_url, event, times=2)
    assert first == again
    assert first.image == event.image
    assert first.generations.segmenter == answer.generation
    assert list(first.garments) == list(answer.garments)


async def classified(blobs: BlobStore, photo: bytes) -> ImageClassified:
    """Put a photo into the store, and return the event that it is fashion; of another post each time."""
    digest = hashlib.sha256(photo).digest()
    await blobs.put_if_absent(photo_key(digest), photo)
    post = uuid.uuid4().hex
    image = fashion_pb2.ImageRef(image_id=f"site:{post}:0", sha256=digest, key=photo_key(digest))
    generations = fashion_pb2.Generations(provenance=1, classifier=1)
    return ImageClassified(
        event_id=photo_event_id(topology.FASHION, image, generations),
        image=image,
        provenance=fashion_pb2.Provenance(
            site="site",
            post=post,
            kind=fashion_pb2.SOURCE_KIND_SOCIAL,
            posted_at=timestamp(datetime(2026, 11, 16, tzinfo=UTC)),
        ),
        generations=generations,
    )


async def deliver(nats_url: str, event: ImageClassified, times: int) -> list[GarmentsSegmented]:
    """Publish the event so many times, without the id by which the broker drops duplicates; return the answers."""
    connection = await nats.connect(nats_url)
    js = connection.jetstream()
    inbox: asyncio.Queue[GarmentsSegmented] = asyncio.Queue()

    async def take(message: Msg) -> None:
        answer = GarmentsSegmented.FromString(message.data)
        if answer.image.image_id == event.image.image_id:
            await inbox.put(answer)

    # All that the service publishes, also what the stream drops as a duplicate.
    await connection.subscribe(topology.SEGMENTED, cb=take)
    answers = []
    for _ in range(times):
        await js.publish(topology.FASHION, event.SerializeToString())
        answers.append(await asyncio.wait_for(inbox.get(), DEADLINE_S))
    await connection.close()
    return answers
