"""The contract's messages to and from the core's values.

The contract has prices twice: in 1/1,000,000 of the currency, and for older callers in 1/100. Both are read and both are written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp

from fashion import said
from fashion.words import CATEGORIES, STYLES
from recommender.core.outfit import Garment, GarmentColor, Outfit
from recommender.core.profile import Learned
from recommender.core.score import PARTS
from recommender.core.why.reasons import Reason
from servicekit.errors import InvalidMessage
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2

_MICROS_IN_A_CENT = 10_000
# Outfits from before the source was kept have none.
_UNDATED = (fashion_pb2.DATE_SOURCE_UNSPECIFIED, fashion_pb2.DATE_SOURCE_CRAWL)
_GREATEST_PRICE = 2**63 - 1


def catalog_outfit(event: OutfitDescribed) -> recommender_pb2.Outfit:
    """Return the catalog's outfit: without masks, which are most of an event.

    Raise InvalidMessage on what the ranking could not work with.
    """
    provenance = event.provenance
    try:
        provenance.posted_at.ToDatetime()
    except (ValueError, OverflowError) as error:
        raise InvalidMessage(f"provenance.posted_at is not a valid time: {error}") from error
    if provenance.style and provenance.style not in STYLES:
        raise InvalidMessage(f"provenance.style {provenance.style} is unknown")
    outfit = recommender_pb2.Outfit(
        image=event.image,
        style=provenance.style,
        posted_at=provenance.posted_at,
        date_source=provenance.date_source,
    )
    if provenance.HasField("product"):
        outfit.product.CopyFrom(provenance.product)
    for position, garment in enumerate(event.garments):
        if garment.category not in CATEGORIES:
            raise InvalidMessage(f"garments[{position}].category {garment.category} is unknown")
        if not all(color.share > 0 and math.isfinite(color.share) for color in garment.colors):
            raise InvalidMessage(f"garments[{position}].colors: a share is not above 0")
        copy = outfit.garments.add()
        copy.CopyFrom(garment)
        copy.ClearField("mask")
    return outfit


def parse(payload: bytes) -> recommender_pb2.Outfit:
    """Return a stored outfit."""
    outfit = recommender_pb2.Outfit()
    parse_into(outfit, payload)
    return outfit


def parse_into(outfit: recommender_pb2.Outfit, payload: bytes) -> None:
    """Read a stored outfit into an empty message. Prices are completed, since version 0.1 stored them in 1/100 only.

    Into a part of an answer: to copy a message takes longer than to parse it.
    """
    outfit.MergeFromString(payload)
    if outfit.HasField("product"):
        product = outfit.product
        product.price_micros = price_micros(product)
        product.price_cents = product.price_cents or round(product.price_micros / _MICROS_IN_A_CENT)


def price_micros(product: fashion_pb2.Product) -> int:
    """Return a price in 1/1,000,000 of the currency; 0 if unknown."""
    return product.price_micros or micros(product.price_cents)


def micros(cents: int) -> int:
    """Return a price that is in 1/100 of the currency in 1/1,000,000 of it; 0 for one below 0, which is not a price."""
    return min(max(cents, 0) * _MICROS_IN_A_CENT, _GREATEST_PRICE)


def outfit(message: recommender_pb2.Outfit, site: str, author_key: str) -> Outfit:
    """Return the core's outfit."""
    # A photo without a product has no availability: it is not sold out.
    sold = message.HasField("product")
    says = shop_says(message)
    return Outfit(
        image_id=message.image.image_id,
        site=site,
        garments=tuple(_garment(g) for g in message.garments),
        style=message.style,
        posted_at=_seconds(message.posted_at),
        author_key=author_key,
        product_id=message.product.product_id,
        season=message.product.season,
        price_micros=price_micros(message.product),
        currency=message.product.currency,
        available=message.product.available if sold else True,
        dated=message.date_source not in _UNDATED,
        brand=message.product.brand,
        gender=message.product.gender,
        age_group=message.product.age_group,
        sizes=tuple(message.product.sizes),
        group=message.product.item_group_id,
        said_families=says.families,
        said_categories=says.categories,
        disagrees=says.disagrees,
    )


def shown(message: recommender_pb2.Outfit) -> Outfit:
    """Return of the core's outfit only what sentences are about: less work than all of it."""
    return Outfit(
        image_id=message.image.image_id,
        site="",
        garments=tuple(_garment(g) for g in message.garments),
        style=message.style,
        posted_at=_seconds(message.posted_at),
        season=message.product.season,
        dated=message.date_source not in _UNDATED,
    )


@dataclass(frozen=True)
class Said:
    """What the shop's title and colors say of an outfit's looks, and what of it was not found in the photo."""

    families: frozenset[str]
    categories: frozenset[int]
    colors_not_found: frozenset[str]
    items_not_found: tuple[frozenset[int], ...]
    """What each may be, as Category numbers."""

    @property
    def disagrees(self) -> bool | None:
        """Whether something was not found; None if nothing is said."""
        if not self.families and not self.categories:
            return None
        return bool(self.colors_not_found or self.items_not_found)


def shop_says(message: recommender_pb2.Outfit) -> Said:
    """Return what the shop says of an outfit's looks."""
    words = "\n".join((message.product.title, *message.product.colors))
    items = said.categories_in(message.product.title)
    measured = {color.family for garment in message.garments for color in garment.colors}
    worn = {int(garment.category) for garment in message.garments}
    return Said(
        said.families_in(words),
        frozenset(category for item in items for category in item),
        said.main_families_in(words) - measured,
        tuple(item for item in items if not item & worn),
    )


def worn(message: recommender_pb2.Outfit) -> tuple[tuple[int, str], ...]:
    """Return category and color family of each garment, "" where no color was measured: what `profile.Feedback` keeps."""
    return tuple(
        (int(g.category), g.colors[0].family if g.colors else "") for g in message.garments
    )


def _seconds(moment: Timestamp) -> float:
    return moment.seconds + moment.nanos / 1e9


def _garment(message: fashion_pb2.Garment) -> Garment:
    return Garment(
        message.category,
        tuple(GarmentColor(c.rgb, c.family, c.family_ko, c.share) for c in message.colors),
    )


def say(
    recommendation: recommender_pb2.Recommendation,
    parts: Sequence[float],
    reasons: Iterable[Reason],
) -> None:
    """Add the score and why to one of the outfits of an answer; `parts` as in score.PARTS."""
    sent = recommendation.parts
    for name, value in zip(PARTS, parts, strict=True):
        setattr(sent, name, value)
    # Of the parts as sent, so that they add up for the caller too.
    recommendation.score = sum(getattr(sent, name) for name in PARTS)
    for reason in reasons:
        recommendation.reasons.add(code=reason.code, text=reason.text, text_ko=reason.text_ko)


def profile(
    user_id: str, preferences: recommender_pb2.Preferences, learned: Learned
) -> recommender_pb2.Profile:
    """Return a person's profile."""
    return recommender_pb2.Profile(
        user_id=user_id,
        preferences=preferences,
        learned_styles=dict(learned.styles),
        learned_categories=dict(learned.categories),
        learned_colors=dict(learned.families),
        seen=len(learned.shown),
        acts=learned.acts,
        impressions=learned.impressions,
    )
