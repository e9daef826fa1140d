"""The recommender's RPCs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

import grpc.aio

from photokit.blobs import BlobStore
from recommender import messages, requests
from recommender.core import profile, ranking
from recommender.core.catalog import Catalog
from recommender.core.outfit import Outfit
from recommender.core.reasons import reasons
from recommender.core.score import Person
from recommender.core.shortlist import Key, Shortlist
from recommender.core.trend_table import NO_TRENDS
from recommender.storage.people import People
from recommender.storage.replica import Replica
from recommender.storage.shelf import Shelf
from recommender.storage.store import Store, person_key
from recommender.trend_feed import TrendFeed
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
        people: People,
        trends: TrendFeed,
        shelf: Shelf,
        blobs: BlobStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._replica = replica
        self._people = people
        self._trends = trends
        self._shelf = shelf
        self._blobs = blobs
        self._clock = clock

    async def Recommend(
        self, request: recommender_pb2.RecommendRequest, context: Context
    ) -> recommender_pb2.RecommendResponse:
        query = requests.query(request, self._clock())
        known, trends = await asyncio.gather(
            self._people.get(query.user_id), self._trends.table(query.as_of)
        )
        now = query.as_of.timestamp()
        catalog = self._replica.catalog
        color = query.preferences.personal_color or known.personal_color
        shortlist = await self._shelf.get(
            catalog, Key(query.weights, color), trends or NO_TRENDS, now
        )
        person = Person(
            frozenset(query.preferences.styles or known.styles),
            color,
            known.learned(shortlist.moment.hour),
        )
        answer = _answer(catalog, query, person, shortlist)
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
        outfit = self._known_outfit(image_id) or await self._outfit(image_id)
        recorded = await self._store.add_feedback(
            user_id,
            profile.Feedback(
                event_id, image_id, kind, outfit.style, at.timestamp(), messages.worn(outfit)
            ),
        )
        # Also if it was recorded before: whoever did that may have died before they announced it.
        await self._announce(user_id)
        return recommender_pb2.RecordFeedbackResponse(recorded=recorded)

    async def PutProfile(
        self, request: recommender_pb2.PutProfileRequest, context: Context
    ) -> recommender_pb2.PutProfileResponse:
        user_id = requests.user_id(request.user_id)
        preferences = requests.preferences(request.preferences)
        await self._store.put_profile(user_id, preferences)
        await self._announce(user_id)
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
        user_id = requests.user_id(request.user_id)
        removed = await self._store.erase_person(user_id)
        await self._announce(user_id)
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

    def _known_outfit(self, image_id: str) -> recommender_pb2.Outfit | None:
        catalog = self._replica.catalog
        row = catalog.row(image_id)
        return None if row is None else recommender_pb2.Outfit.FromString(catalog.payloads[row])

    async def _outfit(self, image_id: str) -> recommender_pb2.Outfit:
        """From the database, since another replica may have just got it."""
        found = await self._store.outfits([image_id])
        if not found:
            raise NotFound(f"no outfit of the catalog has image_id {image_id!r}")
        return recommender_pb2.Outfit.FromString(found[0].payload)

    async def _announce(self, user_id: str) -> None:
        """This replica answers with what was written at once, the others after their next poll."""
        self._people.forget(person_key(user_id))
        await self._store.announce_person(user_id)

    async def _add_url(self, outfit: recommender_pb2.Outfit) -> None:
        outfit.photo_url = await self._blobs.url(outfit.image.key, PHOTO_URL_LIFETIME)

    async def _profile(
        self, user_id: str, preferences: recommender_pb2.Preferences
    ) -> recommender_pb2.Profile:
        learned = profile.learn(await self._store.feedback(user_id), self._clock().timestamp())
        return messages.profile(user_id, preferences, learned)


# Some outfits are recommended again and again; 3 KB each.
@lru_cache(maxsize=4096)
def _parsed(payload: bytes) -> tuple[recommender_pb2.Outfit, Outfit]:
    """The stored outfit, not to be changed, and what the reasons need of it."""
    message = recommender_pb2.Outfit.FromString(payload)
    return message, messages.outfit(message, "", "")


def _answer(
    catalog: Catalog, query: requests.Query, person: Person, shortlist: Shortlist
) -> recommender_pb2.RecommendResponse:
    trends = shortlist.moment.trends
    found = ranking.recommend(catalog, shortlist, person, query.filters, query.k)
    state = recommender_pb2.RECOMMEND_STATE_OK
    if not found.candidates:
        state = recommender_pb2.RECOMMEND_STATE_NO_CATALOG
    elif found.relaxed:
        state = recommender_pb2.RECOMMEND_STATE_RELAXED
    recommendations = []
    for row, parts in zip(found.rows, found.parts.tolist(), strict=True):
        message, outfit = _parsed(catalog.payloads[row])
        why = reasons(outfit, person, trends, parts, query.as_of.timestamp())
        recommendations.append(messages.recommendation(message, parts, why))
    return recommender_pb2.RecommendResponse(
        recommendations=recommendations,
        state=state,
        relaxed=found.relaxed,
        degraded=trends is NO_TRENDS,
        candidates=found.candidates,
    )
