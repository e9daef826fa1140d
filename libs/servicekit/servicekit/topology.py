"""Every event, stream and consumer of the system, declared once.

An event is declared by its `Subject`: its name, its message, the stream that keeps it, who publishes it and who consumes it.
Streams, consumers, the types of handlers and the tables of docs/events.md follow from that. `provision` creates streams and
consumers; services only bind to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, Protocol, Self, TypeVar

from google.protobuf.descriptor import Descriptor

from snsfashion.events.v1 import events_pb2


class Event(Protocol):
    """A message of `snsfashion.events.v1`."""

    DESCRIPTOR: Descriptor
    event_id: str

    @classmethod
    def FromString(cls, s: bytes) -> Self:
        """Parse the message."""

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes:
        """Serialize the message."""


E = TypeVar("E", bound=Event)


class Stream(str):
    """A JetStream stream with limits retention and file storage. As a string it is its name."""

    max_age: timedelta | None
    """None means that messages stay forever."""
    max_bytes: int

    def __new__(cls, name: str, *, max_age: timedelta | None, max_bytes: int) -> Self:
        """Declare a stream."""
        stream = super().__new__(cls, name)
        stream.max_age = max_age
        stream.max_bytes = max_bytes
        return stream


class Subject(str, Generic[E]):
    """A kind of event. As a string it is the subject that its messages are published on."""

    message: type[E]
    stream: Stream
    producer: str
    """The service that publishes it."""
    consumers: tuple[str, ...]
    """The services that consume it; each has one durable consumer per stream."""

    def __new__(
        cls,
        name: str,
        message: type[E],
        stream: Stream,
        *,
        producer: str,
        consumers: tuple[str, ...],
    ) -> Self:
        """Declare an event. `*` in the name stands for one token, such as a service."""
        subject = super().__new__(cls, name)
        subject.message = message
        subject.stream = stream
        subject.producer = producer
        subject.consumers = consumers
        return subject

    def at(self, token: str) -> Subject[E]:
        """Return the subject with `token` in the place of `*`."""
        return Subject(
            self.replace("*", token),
            self.message,
            self.stream,
            producer=self.producer,
            consumers=self.consumers,
        )


PIPELINE = Stream("PIPELINE", max_age=timedelta(days=30), max_bytes=16 * 2**30)
ERASURES = Stream("ERASURES", max_age=None, max_bytes=2**30)
DEADLETTERS = Stream("DEADLETTERS", max_age=timedelta(days=90), max_bytes=4 * 2**30)

CRAWLED = Subject(
    "sns.image.crawled.v1",
    events_pb2.ImageCrawled,
    PIPELINE,
    producer="crawler",
    consumers=("classifier",),
)
FASHION = Subject(
    "sns.image.fashion.v1",
    events_pb2.ImageClassified,
    PIPELINE,
    producer="classifier",
    consumers=("segmenter",),
)
REJECTED = Subject(
    "sns.image.rejected.v1",
    events_pb2.ImageClassified,
    PIPELINE,
    producer="classifier",
    consumers=("crawler", "trends", "recommender"),
)
SEGMENTED = Subject(
    "sns.garments.segmented.v1",
    events_pb2.GarmentsSegmented,
    PIPELINE,
    producer="segmenter",
    consumers=("color",),
)
DESCRIBED = Subject(
    "sns.outfit.described.v1",
    events_pb2.OutfitDescribed,
    PIPELINE,
    producer="color",
    consumers=("crawler", "trends", "recommender"),
)
ERASED = Subject(
    "sns.post.erased.v1",
    events_pb2.PostErased,
    ERASURES,
    producer="crawler",
    consumers=("segmenter", "color", "trends", "recommender"),
)
DEAD = Subject(
    "sns.dead.*.v1",
    events_pb2.DeadLetter,
    DEADLETTERS,
    producer="every consumer",
    consumers=("crawler",),
)

SUBJECTS: tuple[Subject[Any], ...] = (
    CRAWLED,
    FASHION,
    REJECTED,
    SEGMENTED,
    DESCRIBED,
    ERASED,
    DEAD,
)
STREAMS: tuple[Stream, ...] = tuple(dict.fromkeys(subject.stream for subject in SUBJECTS))

# The messages of a consumer that was killed are delivered again after this. Longer work sends `in_progress`.
ACK_WAIT = timedelta(seconds=10)
# Nats-Msg-Id removes duplicates within this window. This saves work; correctness does not depend on it.
DUPLICATE_WINDOW = timedelta(minutes=2)


@dataclass(frozen=True)
class Durable:
    """The one pull consumer of a service on a stream; its durable name is the service's name."""

    stream: Stream
    service: str
    subjects: tuple[Subject[Any], ...]


def subjects_of(stream: Stream) -> tuple[Subject[Any], ...]:
    """Return the subjects that a stream keeps."""
    return tuple(subject for subject in SUBJECTS if subject.stream is stream)


def durables_of(service: str) -> tuple[Durable, ...]:
    """Return the consumers of a service, one for each stream that it consumes events of."""
    taken = [subject for subject in SUBJECTS if service in subject.consumers]
    return tuple(
        Durable(stream, service, tuple(subject for subject in taken if subject.stream is stream))
        for stream in STREAMS
        if any(subject.stream is stream for subject in taken)
    )


DURABLES: tuple[Durable, ...] = tuple(
    durable
    for service in dict.fromkeys(name for subject in SUBJECTS for name in subject.consumers)
    for durable in durables_of(service)
)


def find_subject(name: str) -> Subject[Any] | None:
    """Return the subject that a message published on `name` belongs to, or None."""
    tokens = name.split(".")
    for subject in SUBJECTS:
        pattern = subject.split(".")
        if len(pattern) == len(tokens) and all(
            p in ("*", t) for p, t in zip(pattern, tokens, strict=True)
        ):
            return subject
    return None


def dead_subject(service: str) -> Subject[events_pb2.DeadLetter]:
    """Return the subject of the dead letters of one service."""
    return DEAD.at(service)
