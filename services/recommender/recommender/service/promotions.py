"""PutPromotion, ListPromotions and DeletePromotion."""

from __future__ import annotations

import numpy as np

from recommender import requests
from recommender.service.parts import Context, Parts
from servicekit.errors import InvalidArgument, NotFound
from servicekit.events import timestamp
from snsfashion.recommender.v1 import recommender_pb2


class PromotionCalls:
    """The RPCs about promotions."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def PutPromotion(
        self, request: recommender_pb2.PutPromotionRequest, context: Context
    ) -> recommender_pb2.PutPromotionResponse:
        """Store a promotion."""
        promotion = recommender_pb2.Promotion()
        promotion.CopyFrom(request.promotion)
        if not promotion.HasField("starts_at"):
            promotion.starts_at.CopyFrom(timestamp(self._parts.clock()))
        starts = requests.moment("promotion.starts_at", promotion.starts_at)
        ends = requests.moment("promotion.ends_at", promotion.ends_at)
        if ends <= starts:
            raise InvalidArgument("promotion.ends_at", f"{ends} is not after the start, {starts}")
        catalog = self._parts.replica.catalog
        # Families that are unknown are refused here, not when somebody asks for outfits.
        requests.filters(promotion.selects, catalog.families)
        await self._parts.board.put(promotion)
        promoted = requests.promotion(promotion).find(catalog)
        return recommender_pb2.PutPromotionResponse(
            promotion=promotion, outfits=int(np.count_nonzero(promoted))
        )

    async def ListPromotions(
        self, request: recommender_pb2.ListPromotionsRequest, context: Context
    ) -> recommender_pb2.ListPromotionsResponse:
        """List all promotions."""
        return recommender_pb2.ListPromotionsResponse(promotions=await self._parts.board.find_all())

    async def DeletePromotion(
        self, request: recommender_pb2.DeletePromotionRequest, context: Context
    ) -> recommender_pb2.DeletePromotionResponse:
        """End a promotion."""
        if not await self._parts.board.delete(request.promotion_id):
            raise NotFound(f"there is no promotion {request.promotion_id!r}")
        return recommender_pb2.DeletePromotionResponse()
