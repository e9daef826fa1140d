"""The look-book's truth as events: what services would be told if every network were always right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import numpy as np

from fashion import lab
from fashion.words import FAMILIES, STYLES
from lookbook.spec.photo import PATTERNS, GarmentSpec, PhotoSpec
from lookbook.world.four_weeks import World
from lookbook.world.posts import SITE_SOCIAL, Post
from lookbook.world.shop import CURRENCY, SITE_SHOP, Product
from servicekit.events import timestamp
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2

# Of a patterned garment; its other colors share the rest.
_MAIN_SHARE = 0.7
_KOREAN = {family.name: family.name_ko for family in FAMILIES}
_STYLE = {label.name: fashion_pb2.Style.ValueType(number) for number, label in STYLES.items()}
_PATTERN = {
    "plain": fashion_pb2.PATTERN_PLAIN,
    "striped": fashion_pb2.PATTERN_STRIPED,
    "checked": fashion_pb2.PATTERN_CHECKED,
    "dotted": fashion_pb2.PATTERN_DOTTED,
}
assert set(_PATTERN) == set(PATTERNS)
_GENDER = {
    "female": fashion_pb2.GENDER_FEMALE,
    "male": fashion_pb2.GENDER_MALE,
    "unisex": fashion_pb2.GENDER_UNISEX,
}


def social(world: World) -> Iterator[OutfitDescribed]:
    """Yield the outfits of the posts. A repost has the photo of what it repeats."""
    for post in world.posts:
        for position, photo in enumerate(post.photos):
            if photo.spec is not None and photo.spec.fashion:
                yield _post(post, position, photo.spec)


def shop(world: World) -> Iterator[OutfitDescribed]:
    """Yield the outfits that the shop lists, found on the world's last day."""
    for product in world.products:
        yield _product(product, world.end)


def image_id(product: Product) -> str:
    """Return the image_id of a product's photo."""
    return f"{SITE_SHOP}:{product.id}:0"


def _post(post: Post, position: int, spec: PhotoSpec) -> OutfitDescribed:
    provenance = fashion_pb2.Provenance(
        site=SITE_SOCIAL,
        post=post.id,
        position=position,
        kind=fashion_pb2.SOURCE_KIND_SOCIAL,
        hashtags=sorted(post.hashtags),
        posted_at=timestamp(post.posted_at),
        date_source=fashion_pb2.DATE_SOURCE_STATED,
    )
    return _outfit(post.image_id(position), provenance, spec)


def _product(product: Product, crawled: date) -> OutfitDescribed:
    spec = product.photo.spec
    assert spec is not None
    provenance = fashion_pb2.Provenance(
        site=SITE_SHOP,
        post=product.id,
        kind=fashion_pb2.SOURCE_KIND_SHOP,
        style=_STYLE[product.style],
        posted_at=timestamp(datetime.combine(crawled, time(6), UTC)),
        date_source=fashion_pb2.DATE_SOURCE_CRAWL,
        product=fashion_pb2.Product(
            product_id=product.id,
            title=product.title,
            url=f"https://shop.example/p/{product.id}",
            price_micros=product.price_cents * 10_000,
            currency=CURRENCY,
            available=product.available,
            season=product.season,
            gender=_GENDER[product.gender],
            age_group=fashion_pb2.AGE_GROUP_ADULT,
            sizes=product.sizes,
            brand=product.brand,
            item_group_id=product.group,
            colors=product.colors,
        ),
    )
    return _outfit(image_id(product), provenance, spec)


def _outfit(image: str, provenance: fashion_pb2.Provenance, spec: PhotoSpec) -> OutfitDescribed:
    digest = hashlib.sha256(spec.to_json().encode()).digest()
    return OutfitDescribed(
        event_id=image,
        image=fashion_pb2.ImageRef(
            image_id=image,
            sha256=digest,
            phash=int.from_bytes(digest[:8]),
            width=spec.width,
            height=spec.height,
        ),
        provenance=provenance,
        generations=fashion_pb2.Generations(provenance=1, classifier=1, segmenter=1, color=1),
        garments=[_garment(garment) for garment in spec.garments],
    )


def _garment(spec: GarmentSpec) -> fashion_pb2.Garment:
    others = len(spec.colors) - 1
    main = _MAIN_SHARE if others else 1.0
    shares = [main] + [(1 - main) / others for _ in range(others)]
    points = lab.from_rgb(np.array([color.rgb for color in spec.colors], np.uint8))
    return fashion_pb2.Garment(
        category=fashion_pb2.Category.ValueType(spec.category),
        score=1.0,
        pattern=_PATTERN[spec.pattern],
        colors=[
            fashion_pb2.Color(
                rgb=int.from_bytes(bytes(color.rgb)),
                lab=fashion_pb2.Lab(l=point[0], a=point[1], b=point[2]),
                name=color.name,
                family=color.name,
                family_ko=_KOREAN[color.name],
                share=share,
                confidence=1.0,
            )
            for color, share, point in zip(spec.colors, shares, points.tolist(), strict=True)
        ],
    )
