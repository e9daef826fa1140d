"""What a request asks for, with the defaults filled in.

The contract states what each field may hold, and the RPC server has checked that. Here is what it can't state.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from babel.core import get_global
from google.protobuf.timestamp_pb2 import Timestamp

from fashion import said
from recommender import messages
from recommender.core.filters import Filters
from recommender.core.places import exploration
from recommender.core.places.promotions import Promotion
from recommender.core.score import Weights
from servicekit.errors import InvalidArgument
from snsfashion.recommender.v1 import recommender_pb2

DEFAULT_K = 10
CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of ours another clock may be."""

# Digits after the point of a price, by currency (ISO 4217, from CLDR).
_DIGITS = get_global("currency_fractions")
_MICRO_DIGITS = 6
_GREATEST_PRICE = 2**63 - 1


_NO_FILTERS = Filters()


@dataclass(frozen=True)
class Query:
    """What a RecommendRequest asks for."""

    user_id: str
    """Empty for a guest."""
    k: int
    preferences: recommender_pb2.Preferences
    filters: Filters
    weights: Weights
    as_of: datetime
    southern: bool
    exploration: float
    recommendation_id: str


def query(
    request: recommender_pb2.RecommendRequest, now: datetime, families: Iterable[str] = ()
) -> Query:
    """Return what is asked for. `families`: color families of the catalog. Raise InvalidArgument, which names the field."""
    if request.user_id and request.HasField("guest"):
        raise InvalidArgument("guest", "must not be given together with user_id")
    return Query(
        user_id=request.user_id,
        k=request.k or DEFAULT_K,
        preferences=request.preferences,
        filters=filters(request.filters, families),
        weights=_weights(request.weights) if request.HasField("weights") else Weights(),
        as_of=moment("as_of", request.as_of) if request.HasField("as_of") else now,
        southern=request.hemisphere == recommender_pb2.HEMISPHERE_SOUTHERN,
        exploration=(request.exploration if request.HasField("exploration") else exploration.SHARE),
        recommendation_id=request.recommendation_id or uuid.uuid4().hex,
    )


def moment(field: str, value: Timestamp) -> datetime:
    """Return a time as an aware datetime in UTC. Raise InvalidArgument: the contract can't state that nanos are below 10^9."""
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(field, f"is not a valid time: {error}") from None


def past_moment(field: str, value: Timestamp, now: datetime) -> datetime:
    """Return a time that is not in the future, as `moment` does."""
    at = moment(field, value)
    if at > now + CLOCKS_DIFFER:
        raise InvalidArgument(field, f"{at:%Y-%m-%d %H:%M} UTC is in the future")
    return at


def filters(message: recommender_pb2.Filters, families: Iterable[str] = ()) -> Filters:
    """Return what a Filters message asks for. `families`: color families of the catalog. Raise InvalidArgument."""
    if not message.ByteSize():
        return _NO_FILTERS
    known = tuple(families)
    found = Filters(
        categories=frozenset(message.categories),
        color_families=_families("filters.color_families", message.color_families, known),
        season=message.season,
        max_price_micros=_highest_price(message),
        currency=message.currency,
        exclude_image_ids=frozenset(message.exclude_image_ids),
        exclude_categories=frozenset(message.exclude_categories),
        exclude_color_families=_families(
            "filters.exclude_color_families", message.exclude_color_families, known
        ),
        genders=frozenset(message.genders),
        age_groups=frozenset(message.age_groups),
        sizes=_folded(message.sizes),
        brands=_folded(message.brands),
        exclude_brands=_folded(message.exclude_brands),
        include_bought=message.include_bought,
    )
    _check_apart("categories", found.categories, found.exclude_categories)
    _check_apart("color_families", found.color_families, found.exclude_color_families)
    _check_apart("brands", found.brands, found.exclude_brands)
    return found


def promotion(message: recommender_pb2.Promotion) -> Promotion:
    """Return the core's promotion. Its families were checked when it was put: palettes may have changed since."""
    selects = message.selects
    own = (*selects.color_families, *selects.exclude_color_families)
    return Promotion(
        message.promotion_id,
        frozenset(message.image_ids),
        filters(selects, own) if message.HasField("selects") else None,
        moment("starts_at", message.starts_at).timestamp(),
        moment("ends_at", message.ends_at).timestamp(),
        message.boost,
        message.position,
    )


def own_garments(
    request: recommender_pb2.CompleteOutfitRequest, families: Iterable[str]
) -> tuple[tuple[int, str], ...]:
    """Return (category, color family) of the garments that somebody has. Raise InvalidArgument, which names the field."""
    if bool(request.image_id) == bool(request.garments):
        raise InvalidArgument("image_id", "value is required, or garments, and not both")
    known = tuple(families)
    return tuple(
        (int(one.category), _family(f"garments[{n}].color_family", one.color_family, known))
        for n, one in enumerate(request.garments)
    )


def _highest_price(message: recommender_pb2.Filters) -> int:
    if message.max_price_minor:
        digits, *_ = _DIGITS.get(message.currency, _DIGITS["DEFAULT"])
        return min(message.max_price_minor * int(10 ** (_MICRO_DIGITS - digits)), _GREATEST_PRICE)
    return message.max_price_micros or messages.micros(message.max_price_cents)


def _weights(message: recommender_pb2.Weights) -> Weights:
    weights = Weights(**{field.name: getattr(message, field.name) for field in fields(Weights)})
    try:
        weights.check()
    except ValueError as error:
        raise InvalidArgument("weights", str(error)) from None
    return weights


def _check_apart(name: str, wanted: Collection[object], excluded: Collection[object]) -> None:
    both = set(wanted) & set(excluded)
    if both:
        raise InvalidArgument(
            f"filters.exclude_{name}", f"{sorted(map(str, both))} are also in filters.{name}"
        )


def _families(field: str, names: Iterable[str], known: Collection[str]) -> frozenset[str]:
    """Return color families as palettes have them. A name that is not known narrows nothing, and so excludes nothing: it is refused."""
    return frozenset(
        _family(f"{field}[{position}]", name, known) for position, name in enumerate(names)
    )


def _family(field: str, name: str, known: Collection[str]) -> str:
    family = said.family_of(name, known)
    if family is None:
        nearest = said.nearest_families(name, known)
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
        raise InvalidArgument(field, f"{name!r} is not a color family that is known{hint}")
    return family


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)
