"""The recommender's RPCs: a module for each thing that they are about, put together here."""

from __future__ import annotations

from recommender.service.alike import AlikeCalls
from recommender.service.outfits import OutfitCalls
from recommender.service.parts import Parts
from recommender.service.people import PeopleCalls
from recommender.service.promotions import PromotionCalls
from recommender.service.recommend import RecommendCalls
from snsfashion.recommender.v1.recommender_pb2_grpc import RecommenderServiceServicer


class RecommenderService(
    RecommendCalls,
    AlikeCalls,
    PeopleCalls,
    OutfitCalls,
    PromotionCalls,
    RecommenderServiceServicer,
):
    """The contract, answered by the core from what is in memory."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
