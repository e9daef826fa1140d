"""An empty database for each test, the recommender wired on it, and events for it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc.aio
import pytest

from recommender.app import RecommenderApp, wire
from recommender.core.trend_table import TrendTable
from recommender.settings import Settings
from servicekit import mongo
from servicekit.app import StatefulPorts
from servicekit.events import Publication, photo_event_id, timestamp
from servicekit.mongo import Database
from servicekit.topology import DESCRIBED, REJECTED
from snsfashion.events.v1.events_pb2 import ImageClassified, OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COLORS = {
    "red": (0xCA1C26, "빨강"),
    "navy": (0x1F2852, "네이비"),
    "black": (0x1A1A1C, "검정"),
    "ivory": (0xF3EAD4, "아이보리"),
}

Described = Callable[..., OutfitDescribed]
Rejected = Callable[..., ImageClassified]
Wire = Callable[..., RecommenderApp]


@pytest.fixture
async def db(mongodb_uri: str) -> AsyncIterator[Database]:
    """An empty database."""
    client = mongo.open_client(mongodb_uri, timeout_s=10)
    name = f"test_{uuid.uuid4().hex}"
    try:
        yield client[name]
    finally:
        await client.drop_database(name)
        await client.close()


@pytest.fixture
async def service_database(mongodb_uri: str) -> AsyncIterator[Database]:
    """The service's own database, empty."""
    client = mongo.open_client(mongodb_uri, timeout_s=10)
    db = mongo.database(client, "recommender")
    await client.drop_database(db.name)
    yield db
    await client.drop_database(db.name)
    await client.close()


class OutOfReach:
    """Trends that can't be read."""

    async def table(self, as_of: datetime) -> TrendTable | None:
        return None


@pytest.fixture
def wired(blob_url: str) -> Wire:
    """Wires a replica of the service on a database. Trends are out of reach unless an address is given."""

    async def publish(publication: Publication[Any]) -> None:
        raise AssertionError("the recommender publishes nothing")

    def make(
        db: Database,
        trends_address: str = "",
        monotonic: Callable[[], float] = lambda: 0.0,
    ) -> RecommenderApp:
        settings = Settings(
            nats_url="nats://unused",
            mongodb_uri="mongodb://unused",
            blob_url=blob_url,
            trends_address=trends_address,
        )
        ports = StatefulPorts(
            settings=settings, publish=publish, db=db, clock=lambda: NOW, monotonic=monotonic
        )
        return wire(ports, None if trends_address else OutOfReach())

    return make


def _image(post: str) -> fashion_pb2.ImageRef:
    digest = hashlib.sha256(post.encode()).digest()
    return fashion_pb2.ImageRef(
        image_id=f"shop:{post}:0",
        sha256=digest,
        key=f"photos/{digest.hex()[:2]}/{digest.hex()}",
        width=480,
        height=640,
        media_type="image/jpeg",
    )


def _provenance(
    post: str, kind: int, style: int, age_days: float, **product: Any
) -> fashion_pb2.Provenance:
    return fashion_pb2.Provenance(
        site="shop",
        post=post,
        kind=fashion_pb2.SourceKind.ValueType(kind),
        style=fashion_pb2.Style.ValueType(style),
        posted_at=timestamp(NOW - timedelta(days=age_days)),
        product=fashion_pb2.Product(
            product_id=post, title=f"Look {post}", available=True, **product
        )
        if kind == fashion_pb2.SOURCE_KIND_SHOP
        else None,
    )


@pytest.fixture(scope="session")
def described() -> Described:
    """Makes an OutfitDescribed."""

    def make(
        post: str,
        garments: Sequence[tuple[int, str]] = ((1, "navy"),),
        *,
        style: int = 1,
        generations: tuple[int, int, int, int] = (1, 1, 1, 1),
        kind: int = fashion_pb2.SOURCE_KIND_SHOP,
        age_days: float = 1.0,
        **product: Any,
    ) -> OutfitDescribed:
        image = _image(post)
        provenance, classifier, segmenter, color = generations
        numbers = fashion_pb2.Generations(
            provenance=provenance, classifier=classifier, segmenter=segmenter, color=color
        )
        return OutfitDescribed(
            event_id=photo_event_id(DESCRIBED, image, numbers),
            image=image,
            provenance=_provenance(post, kind, style, age_days, **product),
            generations=numbers,
            garments=[
                fashion_pb2.Garment(
                    category=fashion_pb2.Category.ValueType(category),
                    score=0.9,
                    mask=fashion_pb2.Mask(height=640, width=480, counts=b"mask"),
                    colors=[
                        fashion_pb2.Color(
                            rgb=COLORS[family][0],
                            family=family,
                            family_ko=COLORS[family][1],
                            share=1.0,
                        )
                    ],
                )
                for category, family in garments
            ],
        )

    return make


@pytest.fixture(scope="session")
def rejected() -> Rejected:
    """Makes an ImageClassified that says no."""

    def make(
        post: str,
        generations: tuple[int, int] = (1, 1),
        kind: int = fashion_pb2.SOURCE_KIND_SHOP,
    ) -> ImageClassified:
        image = _image(post)
        numbers = fashion_pb2.Generations(provenance=generations[0], classifier=generations[1])
        return ImageClassified(
            event_id=photo_event_id(REJECTED, image, numbers),
            image=image,
            provenance=_provenance(post, kind, 1, 1.0),
            generations=numbers,
            probability=0.1,
        )

    return make


@pytest.fixture
async def absent_address() -> str:
    """Where nothing listens."""
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    await server.stop(None)
    return f"127.0.0.1:{port}"
