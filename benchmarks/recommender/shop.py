"""A generated shop: outfits, and what is worn on the street."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from photokit.blobs import photo_key
from recommender.core.trend_table import TrendRow, TrendTable
from servicekit.events import timestamp
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2

SITE = "shop.example"
FAMILIES = {
    "black": 0x1A1A1C, "white": 0xF6F5F2, "grey": 0x8B8C8E, "charcoal": 0x44474B, "navy": 0x1F2852,
    "blue": 0x2F5DA8, "sky blue": 0x9CC3E4, "denim": 0x4B6A8F, "beige": 0xD9C6A5, "camel": 0xB98B56,
    "brown": 0x6B4630, "khaki": 0x7A7650, "olive": 0x5C6135, "green": 0x2F7A4A, "mint": 0xA9DCC3,
    "red": 0xCA1C26, "burgundy": 0x6A1B2D, "pink": 0xE9A3B4, "hot pink": 0xD93B82, "orange": 0xE07A2C,
    "yellow": 0xEBCB3F, "mustard": 0xC5992B, "purple": 0x6C4390, "lavender": 0xB9A7D6, "teal": 0x1F7C80,
    "ivory": 0xF3EAD4, "nude": 0xE3BFA6,
}  # fmt: skip
CATEGORIES = range(1, 14)
SEASONS = ("", "spring", "summer", "autumn", "winter")
MAX_AGE_DAYS = 365
MICROS_IN_A_CENT = 10_000


def outfits(number: int, now: datetime) -> Iterator[recommender_pb2.Outfit]:
    """Yield outfits of a shop. Items and colors are heavy-tailed, as they are in shops."""
    random_ = random.Random(number)
    categories = random_.sample(CATEGORIES, len(CATEGORIES))
    families = random_.sample(sorted(FAMILIES), len(FAMILIES))
    by_rank = [1 / rank for rank in range(1, 28)]
    for n in range(number):
        count = random_.choices((1, 2, 3, 4), (0.15, 0.5, 0.25, 0.1))[0]
        digest = random_.randbytes(32)
        outfit = recommender_pb2.Outfit(
            image=fashion_pb2.ImageRef(
                image_id=f"{SITE}:look-{n}:0",
                sha256=digest,
                phash=random_.getrandbits(64),
                key=photo_key(digest),
                width=900,
                height=1200,
                media_type="image/jpeg",
            ),
            style=fashion_pb2.Style.ValueType(random_.randint(1, 6)),
            posted_at=timestamp(now - timedelta(days=random_.uniform(0, MAX_AGE_DAYS))),
            product=fashion_pb2.Product(
                product_id=f"look-{n}",
                title=f"Look {n} with a title of the usual length",
                url=f"https://{SITE}/products/look-{n}",
                price_micros=random_.randint(1000, 30000) * MICROS_IN_A_CENT,
                currency="EUR",
                available=random_.random() < 0.97,
                season=random_.choice(SEASONS),
            ),
        )
        for category in set(random_.choices(categories, by_rank[:13], k=count)):
            family = random_.choices(families, by_rank)[0]
            outfit.garments.add(
                category=fashion_pb2.Category.ValueType(category),
                score=0.9,
                colors=[
                    fashion_pb2.Color(rgb=FAMILIES[family], family=family, family_ko="색", share=1)
                ],
            )
        yield outfit


def trends(random_: random.Random) -> TrendTable:
    """Return what is worn: every item and color with a share, pairs of them too or withheld, some rising."""

    def row() -> TrendRow:
        rising = random_.random() < 0.05
        share = random_.paretovariate(1) / 100 % 1
        return TrendRow(share, 0.01, random_.random() if rising else 0.0, rising)

    return TrendTable(
        {(c, f): row() for c in CATEGORIES for f in FAMILIES if random_.random() < 0.7},
        {c: row() for c in CATEGORIES},
        {f: row() for f in FAMILIES},
    )
