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
from recommender.core import profile
from recommender.core.catalog import Catalog
from recommender.core.outfit import Outfit
from recommender.core.reasons import reasons
from recommender.core.recommend import recommend
from recommender.core.score import Person
from recommender.core.shortlist import Key, Shortlist
from recommender.core.trend_table import NO_TRENDS
from recommender.storage.people import People
from recommender.storage.replica import Replica
from recommender.storage.shelf import Shelf
from recommender.storage.stored_outfits import StoredOutfits
from recommender.storage.stored_people import StoredPeople
from recommender.trend_feed import Trends
from servicekit.errors import Gone, NotFound
from snsfashion.recommender.v1 import recommender_pb2
from snsfashion.recommender.v1.recommender_pb2_grpc import RecommenderServiceServicer

PHOTO_URL_LIFETIME = timedelta(hours=1)

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class RecommenderService(RecommenderServiceServicer):
    """The contract, answered by the core from what is in memory. What a person writes goes to the database at once."""

    def __init__(
        self,
        outfits: StoredOutfits,
        replica: Replica,
        stored_people: StoredPeople,
        people: People,
        trends: Trends,
        shelf: Shelf,
        blobs: BlobStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._outfits = outfits
        self._replica = replica
        self._stored_people = stored_people
        self._people = people
        self._trends = trends
        self._shelf = shelf
        self._blobs = blobs
        self._clock = clock

    async def Recommend(
        self, request: recommender_pb2.RecommendRequest, context: Context
    ) -> recommender_pb2.RecommendResponse:
        """Recommend outfits to a person."""
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
        """Record what a person did with an outfit."""
        at = self._clock()
        if request.HasField("occurred_at"):
            at = requests.moment("occurred_at", request.occurred_at)
        outfit = self._known_outfit(request.image_id) or await self._outfit(request.image_id)
        event = profile.Feedback(
            request.event_id,
            request.image_id,
            request.kind,
            outfit.style,
            at.timestamp(),
            messages.worn(outfit),
        )
        with self._people.writing(request.user_id):
            recorded = await self._stored_people.add_feedback(request.user_id, event)
        return recommender_pb2.RecordFeedbackResponse(recorded=recorded)

    async def PutProfile(
        self, request: recommender_pb2.PutProfileRequest, context: Context
    ) -> recommender_pb2.PutProfileResponse:
        """Store what a person declares."""
        with self._people.writing(request.user_id):
            await self._stored_people.put_profile(request.user_id, request.preferences)
        result = await self._profile(request.user_id, request.preferences)
        return recommender_pb2.PutProfileResponse(profile=result)

    async def GetProfile(
        self, request: recommender_pb2.GetProfileRequest, context: Context
    ) -> recommender_pb2.GetProfileResponse:
        """Tell what is known of a person."""
        declared = await self._stored_people.find_profile(request.user_id)
        result = await self._profile(request.user_id, declared or recommender_pb2.Preferences())
        if declared is None and not result.seen:
            raise NotFound(f"nothing is known of user_id {request.user_id!r}")
        return recommender_pb2.GetProfileResponse(profile=result)

    async def ErasePerson(
        self, request: recommender_pb2.ErasePersonRequest, context: Context
    ) -> recommender_pb2.ErasePersonResponse:
        """Forget a person."""
        with self._people.writing(request.user_id):
            removed = await self._stored_people.erase(request.user_id)
        return recommender_pb2.ErasePersonResponse(removed=removed)

    async def GetOutfit(
        self, request: recommender_pb2.GetOutfitRequest, context: Context
    ) -> recommender_pb2.GetOutfitResponse:
        """Return an outfit of the catalog."""
        outfit = await self._outfit(request.image_id)
        await self._add_url(outfit)
        return recommender_pb2.GetOutfitResponse(outfit=outfit)

    async def GetPhoto(
        self, request: recommender_pb2.GetPhotoRequest, context: Context
    ) -> recommender_pb2.GetPhotoResponse:
        """Return the photo of an outfit."""
        outfit = await self._outfit(request.image_id)
        try:
            photo = await self._blobs.get(outfit.image.key)
        except Gone:
            raise NotFound(f"the photo of {request.image_id!r} is gone") from None
        return recommender_pb2.GetPhotoResponse(photo=photo, media_type=outfit.image.media_type)

    def _known_outfit(self, image_id: str) -> recommender_pb2.Outfit | None:
        catalog = self._replica.catalog
        row = catalog.row(image_id)
        return None if row is None else messages.parse(catalog.payloads[row])

    async def _outfit(self, image_id: str) -> recommender_pb2.Outfit:
        """Read an outfit from the database, since another replica may have just got it."""
        stored = await self._outfits.find(image_id)
        if stored is None:
            raise NotFound(f"no outfit of the catalog has image_id {image_id!r}")
        return messages.parse(stored.payload)

    async def _add_url(self, outfit: recommender_pb2.Outfit) -> None:
        outfit.photo_url = await self._blobs.url(outfit.image.key, PHOTO_URL_LIFETIME)

    async def _profile(
        self, user_id: str, preferences: recommender_pb2.Preferences
    ) -> recommender_pb2.Profile:
        events = await self._stored_people.find_feedback(user_id)
        learned = profile.learn(events, self._clock().timestamp())
        return messages.profile(user_id, preferences, learned)


# Some outfits are recommended again and again; 3 KB each.
@lru_cache(maxsize=4096)
def _parsed(payload: bytes) -> tuple[recommender_pb2.Outfit, Outfit]:
    """Return the stored outfit, not to be changed, and what the reasons need of it."""
    message = messages.parse(payload)
    return message, messages.outfit(message, "", "")


def _answer(
    catalog: Catalog, query: requests.Query, person: Person, shortlist: Shortlist
) -> recommender_pb2.RecommendResponse:
    trends = shortlist.moment.trends
    found = recommend(catalog, shortlist, person, query.filters, query.k)
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
