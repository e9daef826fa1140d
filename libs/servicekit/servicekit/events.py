"""The identity and order of events: ids are never random, and a tuple decides which result wins."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeAlias, TypeGuard, cast

from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from servicekit import topology
from servicekit.errors import InvalidArgument, InvalidMessage
from servicekit.topology import E
from servicekit.validation import check
from snsfashion.fashion.v1 import fashion_pb2

Order: TypeAlias = tuple[int, int, int, int]
"""Revision of the provenance and generations of classifier, segmenter and color: results of one photo compare by it."""


class PhotoEvent(topology.Event, Protocol):
    """An event about one photo."""

    @property
    def image(self) -> fashion_pb2.ImageRef:
        """The photo."""

    @property
    def provenance(self) -> fashion_pb2.Provenance:
        """Where the photo comes from."""

    @property
    def generations(self) -> fashion_pb2.Generations:
        """The revision and the generations that the event depends on."""


@dataclass(frozen=True)
class Publication(Generic[E]):
    """An event and the subject to publish it on. The event's `event_id` becomes its Nats-Msg-Id."""

    subject: topology.Subject[E]
    event: E


def timestamp(moment: datetime) -> Timestamp:
    """Return the protobuf timestamp of an aware datetime."""
    result = Timestamp()
    result.FromDatetime(moment.astimezone(UTC))
    return result


def event_id(subject: str, *parts: str | bytes | int) -> str:
    """Hash the subject and the parts, each with its length, so that no two lists of parts collide: hex SHA-256."""
    digest = hashlib.sha256()
    for part in (subject, *parts):
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.hexdigest()


def photo_event_id(
    subject: str, image: fashion_pb2.ImageRef, generations: fashion_pb2.Generations
) -> str:
    """Return the id of an event about a photo. The same fact always has the same id; an update always has a new one."""
    return event_id(subject, image.image_id, image.sha256, *order(generations))


def order(generations: fashion_pb2.Generations) -> Order:
    """Return the tuple by which results of one photo compare: the greater one wins."""
    return (
        generations.provenance,
        generations.classifier,
        generations.segmenter,
        generations.color,
    )


def supersedes(new: Order, standing: Order | None) -> bool:
    """Tell whether a result replaces the one that stands: only a greater tuple does."""
    return standing is None or new > standing


def decode(subject: str, body: bytes) -> topology.Event:
    """Parse and check the body of a message on `subject`.

    Raise InvalidMessage if the subject is not declared, the body is not the subject's message, or the event breaks a rule
    of the contract.
    """
    declared = topology.find_subject(subject)
    if declared is None:
        raise InvalidMessage(f"no event is declared for the subject {subject}")
    try:
        event: topology.Event = declared.message.FromString(body)
    except DecodeError as error:
        raise InvalidMessage(f"not a {declared.message.DESCRIPTOR.full_name}: {error}") from error
    try:
        check(cast(Message, event))
    except InvalidArgument as error:
        raise InvalidMessage(str(error)) from error
    return event


def is_about_photo(event: topology.Event) -> TypeGuard[PhotoEvent]:
    """Tell whether an event is about one photo."""
    fields = event.DESCRIPTOR.fields_by_name
    return all(name in fields for name in ("image", "provenance", "generations"))


def image_id_of(subject: str, body: bytes) -> str:
    """Return the photo that a message is about, or "" if that can't be read. Never raises."""
    declared = topology.find_subject(subject)
    if declared is None:
        return ""
    try:
        event = declared.message.FromString(body)
    except DecodeError:
        return ""
    return event.image.image_id if is_about_photo(event) else ""
