"""Checks requests against the limits of the contract; every InvalidArgument names the field."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from recommender.core.filters import Filters
from recommender.core.score import Weights
from servicekit.errors import InvalidArgument
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2

MAX_K = 50
DEFAULT_K = 10
MAX_EXCLUDED = 1000
# As long as the contract lets an image id be; names of colours and seasons are far shorter.
_MAX_NAME_BYTES = 256


@dataclass(frozen=True)
class Query:
    """A RecommendRequest within its limits."""

    user_id: str
    k: int
    preferences: recommender_pb2.Preferences
    filters: Filters
    weights: Weights
    as_of: datetime


def query(request: recommender_pb2.RecommendRequest, now: datetime) -> Query:
    """Checks a RecommendRequest and fills in the defaults."""
    if request.k > MAX_K:
        raise InvalidArgument("k", f"{request.k} is not within 1 to {MAX_K}")
    return Query(
        user_id=user_id(request.user_id),
        k=request.k or DEFAULT_K,
        preferences=preferences(request.preferences),
        filters=_filters(request.filters),
        weights=_weights(request.weights) if request.HasField("weights") else Weights(),
        as_of=moment("as_of", request.as_of) if request.HasField("as_of") else now,
    )


def user_id(value: str) -> str:
    """Checks a person's id."""
    return _text("user_id", value, 128)


def image_id(value: str) -> str:
    """Checks a photo's id."""
    return _text("image_id", value, _MAX_NAME_BYTES)


def preferences(value: recommender_pb2.Preferences) -> recommender_pb2.Preferences:
    """Checks what a person declares."""
    _known("preferences.styles", value.styles, fashion_pb2.Style.values())
    if len(set(value.styles)) != len(value.styles):
        raise InvalidArgument("preferences.styles", "a style may stand there once")
    if value.personal_color not in fashion_pb2.PersonalColor.values():
        raise InvalidArgument("preferences.personal_color", f"{value.personal_color} is unknown")
    return value


def feedback_kind(value: int) -> int:
    """Checks what a person did."""
    _known("kind", [value], recommender_pb2.FeedbackKind.values())
    return value


def event_id(value: str) -> str:
    """Checks the id of a feedback event."""
    return _text("event_id", value, 64)


def moment(field: str, value: Timestamp) -> datetime:
    """Checks a time and converts it, aware in UTC."""
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(field, f"is no time: {error}") from None


def _filters(message: recommender_pb2.Filters) -> Filters:
    _known("filters.categories", message.categories, fashion_pb2.Category.values())
    _known("filters.exclude_categories", message.exclude_categories, fashion_pb2.Category.values())
    for field in ("color_families", "exclude_color_families", "exclude_image_ids"):
        for value in getattr(message, field):
            _text(f"filters.{field}", value, _MAX_NAME_BYTES)
    if len(message.exclude_image_ids) > MAX_EXCLUDED:
        raise InvalidArgument("filters.exclude_image_ids", f"more than {MAX_EXCLUDED}")
    if message.season:
        _text("filters.season", message.season, _MAX_NAME_BYTES)
    if message.max_price_cents < 0:
        raise InvalidArgument("filters.max_price_cents", "is negative")
    if message.currency and not re.fullmatch("[A-Z]{3}", message.currency):
        raise InvalidArgument("filters.currency", "is no ISO 4217 code, such as EUR")
    if message.max_price_cents and not message.currency:
        raise InvalidArgument("filters.currency", "is required with max_price_cents")
    filters = Filters(
        categories=frozenset(message.categories),
        color_families=_lower(message.color_families),
        season=message.season,
        max_price_cents=message.max_price_cents,
        currency=message.currency,
        exclude_image_ids=frozenset(message.exclude_image_ids),
        exclude_categories=frozenset(message.exclude_categories),
        exclude_color_families=_lower(message.exclude_color_families),
    )
    _apart("categories", filters.categories, filters.exclude_categories)
    _apart("color_families", filters.color_families, filters.exclude_color_families)
    return filters


def _weights(message: recommender_pb2.Weights) -> Weights:
    names = [field.name for field in fields(Weights)]
    for name in names:
        value = getattr(message, name)
        if not math.isfinite(value) or value < 0:
            raise InvalidArgument(f"weights.{name}", f"{value} is not a number of at least 0")
    weights = Weights(**{name: getattr(message, name) for name in names})
    try:
        weights.scaled()
    except ValueError as error:
        raise InvalidArgument("weights", str(error)) from None
    return weights


def _apart(name: str, wanted: Collection[object], excluded: Collection[object]) -> None:
    both = set(wanted) & set(excluded)
    if both:
        raise InvalidArgument(
            f"filters.exclude_{name}", f"{sorted(map(str, both))} also stand in filters.{name}"
        )


def _known(field: str, values: Iterable[int], known: Collection[int]) -> None:
    for value in values:
        if value == 0 or value not in known:
            raise InvalidArgument(field, f"{value} is unknown")


def _lower(names: Iterable[str]) -> frozenset[str]:
    """Colour families are lower case in the palette."""
    return frozenset(name.lower() for name in names)


def _text(field: str, value: str, limit: int) -> str:
    size = len(value.encode())
    if not 1 <= size <= limit:
        raise InvalidArgument(field, f"has {size} bytes, not 1 to {limit}")
    return value
