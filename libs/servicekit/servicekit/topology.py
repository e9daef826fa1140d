"""Every stream, subject and consumer of the system, in one place. `provision` creates them; services only bind.

docs/events.md is the same table for people; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

CRAWLED = "sns.image.crawled.v1"
FASHION = "sns.image.fashion.v1"
REJECTED = "sns.image.rejected.v1"
SEGMENTED = "sns.garments.segmented.v1"
DESCRIBED = "sns.outfit.described.v1"
ERASED = "sns.post.erased.v1"
DEAD = "sns.dead.*.v1"

PIPELINE = "PIPELINE"
ERASURES = "ERASURES"
DEADLETTERS = "DEADLETTERS"


def dead_subject(service: str) -> str:
    """Subject of the dead letters of one consumer."""
    return DEAD.replace("*", service)


@dataclass(frozen=True)
class Stream:
    """A JetStream stream with limits retention and file storage. `max_age` None keeps for ever."""

    name: str
    subjects: tuple[str, ...]
    max_age: timedelta | None
    max_bytes: int


@dataclass(frozen=True)
class Durable:
    """The one pull consumer of a service on a stream; its durable name is the service's name."""

    stream: str
    service: str
    subjects: tuple[str, ...]


STREAMS = (
    Stream(
        PIPELINE,
        (CRAWLED, FASHION, REJECTED, SEGMENTED, DESCRIBED),
        timedelta(days=30),
        16 * 2**30,
    ),
    Stream(ERASURES, (ERASED,), None, 2**30),
    Stream(DEADLETTERS, (DEAD,), timedelta(days=90), 4 * 2**30),
)

DURABLES = (
    Durable(PIPELINE, "classifier", (CRAWLED,)),
    Durable(PIPELINE, "segmenter", (FASHION,)),
    Durable(PIPELINE, "color", (SEGMENTED,)),
    Durable(PIPELINE, "crawler", (REJECTED, DESCRIBED)),
    Durable(PIPELINE, "trends", (REJECTED, DESCRIBED)),
    Durable(PIPELINE, "recommender", (REJECTED, DESCRIBED)),
    Durable(ERASURES, "segmenter", (ERASED,)),
    Durable(ERASURES, "color", (ERASED,)),
    Durable(ERASURES, "trends", (ERASED,)),
    Durable(ERASURES, "recommender", (ERASED,)),
    Durable(DEADLETTERS, "crawler", (DEAD,)),
)

# A consumer that was killed gives its messages back after this. Work that takes longer says `in_progress`.
ACK_WAIT = timedelta(seconds=10)
# Nats-Msg-Id dedupes within this window: it saves work, correctness does not rest on it.
DUPLICATE_WINDOW = timedelta(minutes=2)
