"""Events of the pipeline -> the ledger: what became of each photo."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import DecodeError

from crawler.core import fate
from crawler.core.fate import Death
from crawler.storage.ledger import Ledger
from servicekit import telemetry, topology
from servicekit.consumer import Outcome
from servicekit.events import is_about_photo, order
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.events.v1.events_pb2 import DeadLetter, ImageClassified, OutfitDescribed

_log = telemetry.log("events")


class Events:
    """The event handlers of the crawler. All of them may be repeated, late, and in any order."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def rejected(self, events: Sequence[ImageClassified]) -> list[Outcome]:
        """Note photos that are not fashion."""
        await self._ledger.enter_outcomes([(e.image.image_id, of_rejection(e)) for e in events])
        return [()] * len(events)

    async def described(self, events: Sequence[OutfitDescribed]) -> list[Outcome]:
        """Note outfits, and fashion photos in which no garment was found."""
        await self._ledger.enter_outcomes([(e.image.image_id, of_description(e)) for e in events])
        return [()] * len(events)

    async def dead(self, events: Sequence[DeadLetter]) -> list[Outcome]:
        """Note what consumers gave up. A letter that is about no known photo only stays in the stream, for an operator."""
        for letter in events:
            if not letter.image_id:
                _log.error("dead_without_photo", service=letter.service, subject=letter.subject)
        await self._ledger.enter_deaths(
            [(letter.image_id, of_dead_letter(letter)) for letter in events if letter.image_id]
        )
        return [()] * len(events)

    async def retried(self, event: ImageClassified | OutfitDescribed, dead_letter: str) -> None:
        """Note that an operator sent a message again: its dead letter no longer decides the fate of the photo."""
        await self._ledger.mark_retried(event.image.image_id, dead_letter)


def of_rejection(event: ImageClassified) -> fate.Outcome:
    """Return the outcome of a photo that is not fashion."""
    return fate.Outcome(
        order(event.generations),
        crawler_pb2.FATE_REJECTED,
        reason=f"not a fashion photo: probability {event.probability:.3f}",
    )


def of_description(event: OutfitDescribed) -> fate.Outcome:
    """Return the outcome of a photo that is an outfit, or in which no garment was found."""
    garments = len(event.garments)
    found = crawler_pb2.FATE_DESCRIBED if garments else crawler_pb2.FATE_EMPTY
    return fate.Outcome(order(event.generations), found, garments)


def of_dead_letter(letter: DeadLetter) -> Death:
    """Return what a dead letter says of its photo."""
    return Death(letter.event_id, letter.service, letter.reason, _revision(letter))


def _revision(letter: DeadLetter) -> int:
    """Return the revision of the provenance in the dead event; 0 if it can't be read."""
    subject = topology.find_subject(letter.subject)
    if subject is None:
        return 0
    try:
        event = subject.message.FromString(letter.body)
    except DecodeError:
        return 0
    return event.generations.provenance if is_about_photo(event) else 0
