"""Identity and order of events: ids that are never random, and the tuple that decides which result wins."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from servicekit import topology
from servicekit.errors import InvalidMessage
from snsfashion.events.v1 import events_pb2
from snsfashion.fashion.v1 import fashion_pb2

PhotoEvent: TypeAlias = (
    events_pb2.ImageCrawled
    | events_pb2.ImageClassified
    | events_pb2.GarmentsSegmented
    | events_pb2.OutfitDescribed
)
Event: TypeAlias = PhotoEvent | events_pb2.PostErased | events_pb2.DeadLetter

# What each subject carries.
TYPES: dict[str, type[Event]] = {
    topology.CRAWLED: events_pb2.ImageCrawled,
    topology.FASHION: events_pb2.ImageClassified,
    topology.REJECTED: events_pb2.ImageClassified,
    topology.SEGMENTED: events_pb2.GarmentsSegmented,
    topology.DESCRIBED: events_pb2.OutfitDescribed,
    topology.ERASED: events_pb2.PostErased,
}


@dataclass(frozen=True)
class Publication:
    """An event and the subject it goes to. `event_id` of the event becomes its Nats-Msg-Id."""

    subject: str
    event: Event


def timestamp(moment: datetime) -> Timestamp:
    """A protobuf timestamp of an aware datetime."""
    result = Timestamp()
    result.FromDatetime(moment.astimezone(UTC))
    return result


def event_id(subject: str, *parts: str | bytes | int) -> str:
    """Hex SHA-256 of the subject and the parts, each with its length, so that no two lists of parts collide."""
    digest = hashlib.sha256()
    for part in (subject, *parts):
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.hexdigest()


def photo_event_id(
    subject: str, image: fashion_pb2.ImageRef, generations: fashion_pb2.Generations
) -> str:
    """The id of an event about a photo: the same fact always has the same id, a real update never has an old one."""
    return event_id(subject, image.image_id, image.sha256, *order(generations))


def order(generations: fashion_pb2.Generations) -> tuple[int, int, int, int]:
    """The tuple by which results of one photo compare: the greater one wins."""
    return (
        generations.provenance,
        generations.classifier,
        generations.segmenter,
        generations.color,
    )


def decode(subject: str, body: bytes) -> Event:
    """Parses and checks the body of a message on `subject`.

    Raises InvalidMessage if it is no such protobuf or lacks what every consumer needs.
    """
    kind = events_pb2.DeadLetter if subject.startswith("sns.dead.") else TYPES.get(subject)
    if kind is None:
        raise InvalidMessage(f"no event is defined for subject {subject}")
    try:
        event = kind.FromString(body)
    except DecodeError as error:
        raise InvalidMessage(f"not a {kind.DESCRIPTOR.full_name}: {error}") from error
    if not event.event_id:
        raise InvalidMessage("event_id is empty")
    if not isinstance(event, events_pb2.PostErased | events_pb2.DeadLetter):
        _check_photo(event)
    elif isinstance(event, events_pb2.PostErased) and not (event.site and event.post):
        raise InvalidMessage("site or post is empty")
    return event


def _check_photo(event: PhotoEvent) -> None:
    if not event.image.image_id:
        raise InvalidMessage("image.image_id is empty")
    if len(event.image.sha256) != 32:
        raise InvalidMessage(f"image.sha256 has {len(event.image.sha256)} bytes, not 32")
    if not (event.provenance.site and event.provenance.post):
        raise InvalidMessage("provenance lacks site or post")
    if event.provenance.kind == fashion_pb2.SOURCE_KIND_UNSPECIFIED:
        raise InvalidMessage("provenance.kind is not stated")
    if not event.provenance.HasField("posted_at"):
        raise InvalidMessage("provenance.posted_at is absent")


def image_id_of(subject: str, body: bytes) -> str:
    """The photo that a message is about, or "" if that can't be read. Never raises."""
    kind = TYPES.get(subject)
    if kind is None or kind is events_pb2.PostErased:
        return ""
    try:
        event: Message = kind.FromString(body)
    except DecodeError:
        return ""
    return str(event.image.image_id)  # type: ignore[attr-defined]
