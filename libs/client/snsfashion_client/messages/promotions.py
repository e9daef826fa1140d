"""Requests to the recommender from a shop: what it promotes, and where its words and photos disagree."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from snsfashion.recommender.v1.recommender_pb2 import (
    DeletePromotionRequest,
    Filters,
    ListDisagreementsRequest,
    ListPromotionsRequest,
    Promotion,
    PutPromotionRequest,
)
from snsfashion_client.messages.arguments import listed, moment


def put_promotion(
    promotion_id: str,
    *,
    ends_at: datetime,
    starts_at: datetime | None = None,
    outfits: Iterable[str] = (),
    selects: Filters | None = None,
    boost: float = 0,
    position: int = 0,
    note: str = "",
) -> PutPromotionRequest:
    """Promote outfits for a time, in place of the promotion with the same id.

    `outfits`: image ids; `selects`: and those that these filters select; give at least one of the two. `starts_at` and
    `ends_at`: aware datetimes; without a start it holds at once. `boost`: how much higher they stand, 0 to 1; `position`:
    their place in every answer, from 1; give at least one of the two. `note`: for people.
    """
    return PutPromotionRequest(
        promotion=Promotion(
            promotion_id=promotion_id,
            note=note,
            image_ids=listed("outfits", outfits),
            selects=selects,
            starts_at=moment("starts_at", starts_at),
            ends_at=moment("ends_at", ends_at),
            boost=boost,
            position=position,
        )
    )


def list_promotions() -> ListPromotionsRequest:
    """Ask for all promotions, also those that are over."""
    return ListPromotionsRequest()


def delete_promotion(promotion_id: str) -> DeletePromotionRequest:
    """End a promotion."""
    return DeletePromotionRequest(promotion_id=promotion_id)


def list_disagreements(*, page_size: int = 0, page_token: str = "") -> ListDisagreementsRequest:
    """Ask for outfits of which the shop's words and the photo disagree. `page_size`: at most 500; 0 means 50."""
    return ListDisagreementsRequest(page_size=page_size, page_token=page_token)
