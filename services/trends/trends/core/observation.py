"""What one photo says: who wore what, where and on which day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date
from itertools import combinations
from typing import NamedTuple

from servicekit.errors import InvalidMessage
from servicekit.events import Order, order
from snsfashion.events.v1.events_pb2 import ImageClassified, OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2


class Stratum(NamedTuple):
    """Photos that are counted together: a SourceKind and a site."""

    kind: int
    site: str


class Value(NamedTuple):
    """One value of a Dimension: a Category, a color family, a Pattern, one of both with a Category, or a Style.

    What doesn't belong to it is 0 or "".
    """

    dimension: int
    category: int = 0
    color: str = ""
    style: int = 0
    pattern: int = 0
    other: str = ""
    """Of two that are worn together (TOGETHER): the Category, as text, or the color family of the other garment."""

    def ends(self) -> tuple[Value, Value]:
        """Return the two values of a pair that `together` made."""
        dimension = self.dimension - TOGETHER
        if dimension == trends_pb2.DIMENSION_ITEM:
            return Value(dimension, self.category), Value(dimension, int(self.other))
        return Value(dimension, color=self.color), Value(dimension, color=self.other)


TOGETHER = 200
"""Added to the dimension of two items, or two colors, that different garments of a photo show."""
OFFERED = 100
"""Added to the dimension of a value that a shop offers. Offers are counted apart, and exactly: they are not people's."""


class Worn(NamedTuple):
    """One garment of a photo: a Category, the family of the main color ("" if unknown) and a Pattern (0 if unknown)."""

    category: int
    color: str = ""
    pattern: int = 0


@dataclass(frozen=True)
class Observation:
    """A fashion photo as trends count it.

    `day` is UTC. `contributor` is the author's key where the source gives one (`authored`), else the photo's exact
    perceptual hash, so that reposts count once. `dated`: the day is the photo's own, not that of the crawl. `offered`: a shop
    shows it, and it can be bought.
    """

    stratum: Stratum
    day: date
    contributor: str
    authored: bool
    garments: tuple[Worn, ...]
    style: int
    hashtags: frozenset[str]
    order: Order
    dated: bool
    offered: bool = False

    def values(self) -> frozenset[Value]:
        """Return everything that this photo shows, each once."""
        shown: set[Value] = set()
        for category, color, pattern in self.garments:
            shown.add(Value(trends_pb2.DIMENSION_ITEM, category))
            if pattern:
                shown.add(Value(trends_pb2.DIMENSION_PATTERN, pattern=pattern))
                shown.add(Value(trends_pb2.DIMENSION_ITEM_PATTERN, category, pattern=pattern))
            if color:
                shown.add(Value(trends_pb2.DIMENSION_COLOR, color=color))
                shown.add(Value(trends_pb2.DIMENSION_ITEM_COLOR, category, color))
        if self.style and self.stratum.kind == fashion_pb2.SOURCE_KIND_SHOP:
            shown.add(Value(trends_pb2.DIMENSION_STYLE, style=self.style))
        return frozenset(shown)

    def together(self) -> frozenset[Value]:
        """Return the pairs of items and of colors that different garments show, each once and sorted.

        Two garments of one item are no pair; two of one color are.
        """
        pairs: set[Value] = set()
        for one, other in combinations(self.garments, 2):
            low, high = sorted((one.category, other.category))
            if low != high:
                pairs.add(Value(TOGETHER + trends_pb2.DIMENSION_ITEM, low, other=str(high)))
            first, second = sorted((one.color, other.color))
            if first:
                pairs.add(Value(TOGETHER + trends_pb2.DIMENSION_COLOR, color=first, other=second))
        return frozenset(pairs)

    def offers(self) -> frozenset[Value]:
        """Return everything that this photo offers, and OFFERED_ANYTHING; nothing if it can't be bought."""
        if not self.offered:
            return frozenset()
        return frozenset(offered(value) for value in self.values()) | {OFFERED_ANYTHING}


def offered(value: Value) -> Value:
    """Return what stands for an offer of the value."""
    return value._replace(dimension=value.dimension + OFFERED)


OFFERED_ANYTHING = Value(OFFERED)
"""Every photo that can be bought."""


@dataclass(frozen=True)
class PhotoState:
    """What is known of a photo: an observation, or None if it was rejected. Of two, the greater `order` stands."""

    image_id: str
    site: str
    post: str
    order: Order
    observation: Observation | None

    def only_with(self, hashtag: str) -> PhotoState:
        """Return this state, without its observation if the photo does not carry the hashtag."""
        if self.observation is None or hashtag in self.observation.hashtags:
            return self
        return replace(self, observation=None)


def shown_garment(outfit: OutfitDescribed, value: Value) -> fashion_pb2.Garment | None:
    """Return the first garment of the outfit that shows the value, which is the surest; None for styles."""
    if value.style:
        return None
    for garment in outfit.garments:
        worn = _worn(garment)
        if (
            value.category in (0, worn.category)
            and value.color in ("", worn.color)
            and value.pattern in (0, worn.pattern)
        ):
            return garment
    return None


def state_of_outfit(event: OutfitDescribed) -> PhotoState:
    """Return what an outfit says of its photo.

    Raise InvalidMessage if a garment has no category or the date can't be read.
    """
    source = event.provenance
    if any(garment.category == fashion_pb2.CATEGORY_UNSPECIFIED for garment in event.garments):
        raise InvalidMessage("a garment has no category")
    try:
        day = source.posted_at.ToDatetime(tzinfo=UTC).date()
    except (ValueError, OverflowError) as error:
        raise InvalidMessage(f"provenance.posted_at: {error}") from error
    observation = Observation(
        stratum=Stratum(source.kind, source.site),
        day=day,
        contributor=source.author_key or f"{event.image.phash:016x}",
        authored=bool(source.author_key),
        garments=tuple(map(_worn, event.garments)),
        style=source.style,
        hashtags=frozenset(source.hashtags),
        order=order(event.generations),
        dated=source.date_source != fashion_pb2.DATE_SOURCE_CRAWL,
        offered=source.kind == fashion_pb2.SOURCE_KIND_SHOP and source.product.available,
    )
    return PhotoState(
        event.image.image_id, source.site, source.post, observation.order, observation
    )


def state_of_rejection(event: ImageClassified) -> PhotoState:
    """Return the state of a photo that is not a fashion photo: it counts nowhere, and supersedes an older outfit."""
    source = event.provenance
    return PhotoState(
        event.image.image_id, source.site, source.post, order(event.generations), None
    )


def _worn(garment: fashion_pb2.Garment) -> Worn:
    color = garment.colors[0].family if garment.colors else ""
    return Worn(garment.category, color, garment.pattern)
