"""What a request asks for, with the defaults filled in.

The contract states what each field may hold, and the RPC server has checked that. Here is what it can't state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from recommender import messages
from recommender.core.filters import Filters
from recommender.core.score import Weights
from servicekit.errors import InvalidArgument
from snsfashion.recommender.v1 import recommender_pb2

DEFAULT_K = 10


@dataclass(frozen=True)
class Query:
    """What a RecommendRequest asks for."""

    user_id: str
    k: int
    preferences: recommender_pb2.Preferences
    filters: Filters
    weights: Weights
    as_of: datetime


def query(request: recommender_pb2.RecommendRequest, now: datetime) -> Query:
    """Return what is asked for. Raise InvalidArgument, which names the field."""
    return Query(
        user_id=request.user_id,
        k=request.k or DEFAULT_K,
        preferences=request.preferences,
        filters=_filters(request.filters),
        weights=_weights(request.weights) if request.HasField("weights") else Weights(),
        as_of=moment("as_of", request.as_of) if request.HasField("as_of") else now,
    )


def moment(field: str, value: Timestamp) -> datetime:
    """Return a time as an aware datetime in UTC. Raise InvalidArgument: the contract can't state that nanos are below 10^9."""
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(field, f"is not a valid time: {error}") from None


def _filters(message: recommender_pb2.Filters) -> Filters:
    filters = Filters(
        categories=frozenset(message.categories),
        color_families=_lower(message.color_families),
        season=message.season,
        max_price_micros=message.max_price_micros or messages.micros(message.max_price_cents),
        currency=message.currency,
        exclude_image_ids=frozenset(message.exclude_image_ids),
        exclude_categories=frozenset(message.exclude_categories),
        exclude_color_families=_lower(message.exclude_color_families),
    )
    _check_apart("categories", filters.categories, filters.exclude_categories)
    _check_apart("color_families", filters.color_families, filters.exclude_color_families)
    return filters


def _weights(message: recommender_pb2.Weights) -> Weights:
    weights = Weights(**{field.name: getattr(message, field.name) for field in fields(Weights)})
    try:
        weights.scaled()
    except ValueError as error:
        raise InvalidArgument("weights", str(error)) from None
    return weights


def _check_apart(name: str, wanted: Collection[object], excluded: Collection[object]) -> None:
    both = set(wanted) & set(excluded)
    if both:
        raise InvalidArgument(
            f"filters.exclude_{name}", f"{sorted(map(str, both))} are also in filters.{name}"
        )


def _lower(names: Iterable[str]) -> frozenset[str]:
    """Return color families as the palette has them: in lower case."""
    return frozenset(name.lower() for name in names)
