"""Requests to the recommender for outfits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from snsfashion.fashion.v1.fashion_pb2 import STYLE_UNSPECIFIED
from snsfashion.recommender.v1.recommender_pb2 import (
    HEMISPHERE_UNSPECIFIED,
    CompleteOutfitRequest,
    Filters,
    GetOutfitRequest,
    GetPhotoRequest,
    Guest,
    Interaction,
    OwnGarment,
    RecommendBatchRequest,
    RecommendRequest,
    SimilarOutfitsRequest,
    Weights,
)
from snsfashion_client import names
from snsfashion_client.messages.arguments import listed, moment
from snsfashion_client.messages.people import preferences


def recommend(
    user_id: str = "",
    *,
    styles: Iterable[str] = (),
    personal_color: str = "",
    items: Iterable[str] = (),
    k: int = 10,
    as_of: datetime | None = None,
    filters: Filters | None = None,
    weights: Weights | None = None,
    exploration: float | None = None,
    hemisphere: str = "",
    guest: Iterable[tuple[str, str]] | None = None,
    recommendation_id: str = "",
) -> RecommendRequest:
    """Ask for outfits for a person, best first. Takes words instead of the numbers of the contract.

    `styles`, such as "casual", and `personal_color`, such as "winter-deep" or "winter", are used instead of what
    the person's profile declares. `items`, such as "skirt": only outfits with one of them. `k`: how many outfits,
    1 to 50. `as_of`: the time that trends and freshness refer to, an aware datetime; None means now.
    `filters` and `weights`: made by the functions of these names. `exploration`: part of the places for outfits to learn
    about, 0 to 0.5; None means 0.1. `hemisphere`: "northern" or "southern". `guest`: for a visitor without a `user_id`, the
    outfits of this visit and what was done with them, such as ("shop:p1:0", "clicked"). `recommendation_id`: the same id
    gives the same exploration. Raise UnknownName if a word is unknown.
    """
    request = RecommendRequest(
        user_id=user_id,
        k=k,
        preferences=preferences(styles, personal_color),
        filters=filters,
        weights=weights,
        as_of=moment("as_of", as_of),
        hemisphere=names.hemisphere(hemisphere) if hemisphere else HEMISPHERE_UNSPECIFIED,
        exploration=exploration,
        recommendation_id=recommendation_id,
    )
    request.filters.categories.extend(names.category(word) for word in listed("items", items))
    if guest is not None:
        acts = [
            Interaction(image_id=image_id, kind=names.feedback_kind(kind))
            for image_id, kind in listed("guest", guest)
        ]
        request.guest.CopyFrom(Guest(interactions=acts))
    return request


def weights(
    *,
    trend: float = 0,
    style: float = 0,
    personal_color: float = 0,
    freshness: float = 0,
    novelty: float = 0,
    season: float = 0,
) -> Weights:
    """Return weights of the parts of a score, not all 0. They are scaled to add up to 1."""
    return Weights(
        trend=trend,
        style=style,
        personal_color=personal_color,
        freshness=freshness,
        novelty=novelty,
        season=season,
    )


def recommend_batch(requests: Iterable[RecommendRequest]) -> RecommendBatchRequest:
    """Ask for outfits for many people: a stream with an answer for each request, in their order.

    `requests`: up to 1,000, each made by `messages.recommend`. An answer has `error` if its request is wrong.
    """
    return RecommendBatchRequest(requests=listed("requests", requests))


def similar_outfits(
    image_id: str, *, k: int = 10, filters: Filters | None = None
) -> SimilarOutfitsRequest:
    """Ask for outfits that are like one of the catalog, most alike first. `k`: 1 to 50."""
    return SimilarOutfitsRequest(image_id=image_id, k=k, filters=filters)


def complete_outfit(
    image_id: str = "",
    *,
    garments: Iterable[tuple[str, str]] = (),
    style: str = "",
    k: int = 10,
    filters: Filters | None = None,
) -> CompleteOutfitRequest:
    """Ask for what goes with an outfit of the catalog, or with garments that somebody has.

    `garments`: pairs of an item and a color, such as ("skirt", "red"); not together with `image_id`. `style` of what is
    wanted; "" means that of the outfit. `k`: 1 to 50. The `items` of `filters` are the only ones that are proposed.
    """
    own = [
        OwnGarment(category=names.category(item), color_family=color)
        for item, color in listed("garments", garments)
    ]
    return CompleteOutfitRequest(
        image_id=image_id,
        garments=own,
        style=names.style(style) if style else STYLE_UNSPECIFIED,
        k=k,
        filters=filters,
    )


def get_outfit(image_id: str) -> GetOutfitRequest:
    """Ask for an outfit of the catalog."""
    return GetOutfitRequest(image_id=image_id)


def get_photo(image_id: str) -> GetPhotoRequest:
    """Ask for the bytes of an outfit's photo."""
    return GetPhotoRequest(image_id=image_id)
