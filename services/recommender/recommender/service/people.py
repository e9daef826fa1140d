"""What people declare and do: RecordFeedback, RecordFeedbackBatch and the profiles."""

from __future__ import annotations

from collections import defaultdict

from recommender import messages, requests
from recommender.core import profile
from recommender.service.parts import Context, Parts
from servicekit.errors import InvalidArgument, NotFound
from servicekit.validation import check
from snsfashion.recommender.v1 import recommender_pb2


class PeopleCalls:
    """The RPCs about people. What they write goes to the database at once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def RecordFeedback(
        self, request: recommender_pb2.RecordFeedbackRequest, context: Context
    ) -> recommender_pb2.RecordFeedbackResponse:
        """Record what a person did with an outfit."""
        event = await self._feedback(request)
        with self._parts.people.writing(request.user_id):
            (recorded,) = await self._parts.stored_people.add_feedback(request.user_id, [event])
        return recommender_pb2.RecordFeedbackResponse(recorded=recorded)

    async def RecordFeedbackBatch(
        self, request: recommender_pb2.RecordFeedbackBatchRequest, context: Context
    ) -> recommender_pb2.RecordFeedbackBatchResponse:
        """Record events of any people, and say what is left out and why."""
        results = [recommender_pb2.FeedbackResult() for _ in request.events]
        by_person: dict[str, list[tuple[int, profile.Feedback]]] = defaultdict(list)
        for place, one in enumerate(request.events):
            try:
                check(one)
                by_person[one.user_id].append((place, await self._feedback(one)))
            except (InvalidArgument, NotFound) as error:
                results[place].error = str(error)
        for user_id, events in by_person.items():
            with self._parts.people.writing(user_id):
                recorded = await self._parts.stored_people.add_feedback(
                    user_id, [event for _, event in events]
                )
            for (place, _), new in zip(events, recorded, strict=True):
                results[place].recorded = new
        return recommender_pb2.RecordFeedbackBatchResponse(results=results)

    async def PutProfile(
        self, request: recommender_pb2.PutProfileRequest, context: Context
    ) -> recommender_pb2.PutProfileResponse:
        """Store what a person declares."""
        with self._parts.people.writing(request.user_id):
            await self._parts.stored_people.put_profile(request.user_id, request.preferences)
        result = await self._profile(request.user_id, request.preferences)
        return recommender_pb2.PutProfileResponse(profile=result)

    async def GetProfile(
        self, request: recommender_pb2.GetProfileRequest, context: Context
    ) -> recommender_pb2.GetProfileResponse:
        """Tell what is known of a person."""
        declared = await self._parts.stored_people.find_profile(request.user_id)
        result = await self._profile(request.user_id, declared or recommender_pb2.Preferences())
        if declared is None and not result.seen:
            raise NotFound(f"nothing is known of user_id {request.user_id!r}")
        return recommender_pb2.GetProfileResponse(profile=result)

    async def ErasePerson(
        self, request: recommender_pb2.ErasePersonRequest, context: Context
    ) -> recommender_pb2.ErasePersonResponse:
        """Forget a person."""
        with self._parts.people.writing(request.user_id):
            removed = await self._parts.stored_people.erase(request.user_id)
        return recommender_pb2.ErasePersonResponse(removed=removed)

    async def _feedback(self, request: recommender_pb2.RecordFeedbackRequest) -> profile.Feedback:
        at = self._parts.clock()
        if request.HasField("occurred_at"):
            at = requests.past_moment("occurred_at", request.occurred_at, at)
        outfit = await self._parts.find_outfit(request.image_id)
        return profile.Feedback(
            request.event_id,
            request.image_id,
            request.kind,
            outfit.style,
            at.timestamp(),
            messages.worn(outfit),
            request.position,
            request.recommendation_id,
            request.weights_id,
        )

    async def _profile(
        self, user_id: str, preferences: recommender_pb2.Preferences
    ) -> recommender_pb2.Profile:
        events = await self._parts.stored_people.find_feedback(user_id)
        learned = profile.learn(events, self._parts.clock().timestamp())
        return messages.profile(user_id, preferences, learned)
