"""The recommender's RPCs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import grpc.aio

from recommender import filters, messages, profile, rank, requests, score
from recommender.catalog import Catalog
from recommender.reasons import reasons
from recommender.replica import Replica
from recommender.store import Store
from recommender.trend_feed import TrendFeed
from recommender.trend_table import NO_TRENDS, TrendTable
from servicekit.blobs import BlobStore
from servicekit.errors import Gone, NotFound
from snsfashion.recommender.v1 import recommender_pb2
from snsfashion.recommender.v1.recommender_pb2_grpc import RecommenderServiceServicer

PHOTO_URL_LIFETIME = timedelta(hours=1)

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class RecommenderService(RecommenderServiceServicer):
    """Maps the contract to the core."""

    def __init__(
        self,
        store: Store,
        replica: Replica,
        trends: TrendFeed,
        blobs: BlobStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._replica = replica
        self._trends = trends
        self._blobs = blobs
        self._clock = clock

    async def Recommend(
        self, request: recommender_pb2.RecommendRequest, context: Context
    ) -> recommender_pb2.RecommendResponse:
        query = requests.query(request, self._clock())
        declared, events, trends = await asyncio.gather(
            self._store.profile(query.user_id),
            self._store.feedback(query.user_id),
            self._trends.table(query.as_of),
        )
        now = query.as_of.timestamp()
        person = _person(query.preferences, declared, profile.learn(events, now))
        answer = _answer(self._replica.catalog, query, person, trends or NO_TRENDS)
        answer.degraded = trends is None
        for recommendation in answer.recommendations:
            await self._add_url(recommendation.outfit)
        return answer

    async def RecordFeedback(
        self, request: recommender_pb2.RecordFeedbackRequest, context: Context
    ) -> recommender_pb2.RecordFeedbackResponse:
        event_id = requests.event_id(request.event_id)
        user_id = requests.user_id(request.user_id)
        image_id = requests.image_id(request.image_id)
        kind = requests.feedback_kind(request.kind)
        at = self._clock()
        if request.HasField("occurred_at"):
            at = requests.moment("occurred_at", request.occurred_at)
        outfit = await self._outfit(image_id)
        recorded = await self._store.add_feedback(
            user_id,
            profile.Feedback(event_id, image_id, kind, outfit.style, at.timestamp()),
        )
        return recommender_pb2.RecordFeedbackResponse(recorded=recorded)

    async def PutProfile(
        self, request: recommender_pb2.PutProfileRequest, context: Context
    ) -> recommender_pb2.PutProfileResponse:
        user_id = requests.user_id(request.user_id)
        preferences = requests.preferences(request.preferences)
        await self._store.put_profile(user_id, preferences)
        return recommender_pb2.PutProfileResponse(profile=await self._profile(user_id, preferences))

    async def GetProfile(
        self, request: recommender_pb2.GetProfileRequest, context: Context
    ) -> recommender_pb2.GetProfileResponse:
        user_id = requests.user_id(request.user_id)
        declared = await self._store.profile(user_id)
        result = await self._profile(user_id, declared or recommender_pb2.Preferences())
        if declared is None and not result.seen:
            raise NotFound(f"nothing is known of user_id {user_id!r}")
        return recommender_pb2.GetProfileResponse(profile=result)

    async def ErasePerson(
        self, request: recommender_pb2.ErasePersonRequest, context: Context
    ) -> recommender_pb2.ErasePersonResponse:
        removed = await self._store.erase_person(requests.user_id(request.user_id))
        return recommender_pb2.ErasePersonResponse(removed=removed)

    async def GetOutfit(
        self, request: recommender_pb2.GetOutfitRequest, context: Context
    ) -> recommender_pb2.GetOutfitResponse:
        outfit = await self._outfit(requests.image_id(request.image_id))
        await self._add_url(outfit)
        return recommender_pb2.GetOutfitResponse(outfit=outfit)

    async def GetPhoto(
        self, request: recommender_pb2.GetPhotoRequest, context: Context
    ) -> recommender_pb2.GetPhotoResponse:
        outfit = await self._outfit(requests.image_id(request.image_id))
        try:
            photo = await self._blobs.get(outfit.image.key)
        except Gone:
            raise NotFound(f"the photo of {request.image_id!r} is gone") from None
        return recommender_pb2.GetPhotoResponse(photo=photo, media_type=outfit.image.media_type)

    async def _outfit(self, image_id: str) -> recommender_pb2.Outfit:
        """From the database, since another replica may have just got it."""
        found = await self._store.outfits([image_id])
        if not found:
            raise NotFound(f"no outfit of the catalog has image_id {image_id!r}")
        return recommender_pb2.Outfit.FromString(found[0].payload)

    async def _add_url(self, outfit: recommender_pb2.Outfit) -> None:
        outfit.photo_url = await self._blobs.url(outfit.image.key, PHOTO_URL_LIFETIME)

    async def _profile(
        self, user_id: str, preferences: recommender_pb2.Preferences
    ) -> recommender_pb2.Profile:
        learned = profile.learn(await self._store.feedback(user_id), self._clock().timestamp())
        return messages.profile(user_id, preferences, learned)


def _person(
    asked: recommender_pb2.Preferences,
    declared: recommender_pb2.Preferences | None,
    learned: profile.Learned,
) -> score.Person:
    """What the request sets comes before what the profile holds, field by field."""
    stored = declared or recommender_pb2.Preferences()
    return score.Person(
        styles=frozenset(asked.styles or stored.styles),
        personal_color=asked.personal_color or stored.personal_color,
        learned=learned,
    )


def _answer(
    catalog: Catalog, query: requests.Query, person: score.Person, trends: TrendTable
) -> recommender_pb2.RecommendResponse:
    now = query.as_of.timestamp()
    passed = filters.apply(catalog, query.filters, person.learned.disliked)
    if not len(passed.rows):
        return recommender_pb2.RecommendResponse(state=recommender_pb2.RECOMMEND_STATE_NO_CATALOG)
    parts = query.weights.scaled() * score.values(catalog, passed.rows, person, trends, now)
    recommendations = []
    for position in rank.best(catalog, passed.rows, parts.sum(axis=1), query.k):
        message = recommender_pb2.Outfit.FromString(catalog.payloads[passed.rows[position]])
        own = parts[position].tolist()
        why = reasons(messages.outfit(message, "", ""), person, trends, own, now)
        recommendations.append(messages.recommendation(message, own, why))
    return recommender_pb2.RecommendResponse(
        recommendations=recommendations,
        state=(
            recommender_pb2.RECOMMEND_STATE_RELAXED
            if passed.relaxed
            else recommender_pb2.RECOMMEND_STATE_OK
        ),
        relaxed=passed.relaxed,
        candidates=len(passed.rows),
    )
