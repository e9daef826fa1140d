"""Requests to the recommender about people: what they declare and what they do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from snsfashion.fashion.v1.fashion_pb2 import PERSONAL_COLOR_UNSPECIFIED
from snsfashion.recommender.v1.recommender_pb2 import (
    ErasePersonRequest,
    GetProfileRequest,
    Preferences,
    PutProfileRequest,
    RecordFeedbackBatchRequest,
    RecordFeedbackRequest,
)
from snsfashion_client import names
from snsfashion_client.messages.arguments import listed, moment


def preferences(styles: Iterable[str], personal_color: str) -> Preferences:
    """Return what a person declares. Raise UnknownName if a word is unknown."""
    return Preferences(
        styles=[names.style(word) for word in listed("styles", styles)],
        personal_color=names.personal_color(personal_color)
        if personal_color
        else PERSONAL_COLOR_UNSPECIFIED,
    )


def put_profile(
    user_id: str, *, styles: Iterable[str] = (), personal_color: str = ""
) -> PutProfileRequest:
    """Store what a person declares, in place of what was declared before.

    `styles`, such as "casual", up to 6; `personal_color`, such as "winter-deep"; "" means not declared.
    """
    return PutProfileRequest(user_id=user_id, preferences=preferences(styles, personal_color))


def get_profile(user_id: str) -> GetProfileRequest:
    """Ask for what a person declared, and what feedback taught."""
    return GetProfileRequest(user_id=user_id)


def erase_person(user_id: str) -> ErasePersonRequest:
    """Erase a person: profile and feedback."""
    return ErasePersonRequest(user_id=user_id)


def record_feedback(
    user_id: str,
    image_id: str,
    kind: str,
    *,
    event_id: str,
    occurred_at: datetime | None = None,
    recommendation_id: str = "",
    position: int = 0,
    weights_id: str = "",
) -> RecordFeedbackRequest:
    """Record what a person did with an outfit.

    `kind`: "shown", "clicked", "liked", "bought", "disliked" or "dislike-undone". `event_id`: chosen by you; the same id
    counts once for a person, so a repeated call is safe. `occurred_at`: an aware datetime; None means now.
    `recommendation_id`, `position` (from 1) and `weights_id`: those of the answer that the outfit was seen in, if known.
    """
    return RecordFeedbackRequest(
        event_id=event_id,
        user_id=user_id,
        image_id=image_id,
        kind=names.feedback_kind(kind),
        occurred_at=moment("occurred_at", occurred_at),
        recommendation_id=recommendation_id,
        position=position,
        weights_id=weights_id,
    )


def record_feedback_batch(events: Iterable[RecordFeedbackRequest]) -> RecordFeedbackBatchRequest:
    """Record up to 1,000 events of any people, each made by `messages.record_feedback`."""
    return RecordFeedbackBatchRequest(events=listed("events", events))
