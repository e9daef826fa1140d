"""Events of the pipeline -> the ledger: what became of each photo."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import DecodeError

from crawler.core.fate import Death, Outcome
from crawler.storage.ledger import Ledger
from servicekit import events, telemetry
from servicekit.consumer import Outcome as Handled
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.events.v1.events_pb2 import (
    DeadLetter,
    ImageClassified,
    OutfitDescribed,
    PostErased,
)

_log = telemetry.log("outcomes")


def of_rejection(event: ImageClassified) -> Outcome:
    """Not a fashion photo."""
    return Outcome(
        events.order(event.generations),
        crawler_pb2.FATE_REJECTED,
        reason=f"not a fashion photo: probability {event.probability:.3f}",
    )


def of_description(event: OutfitDescribed) -> Outcome:
    """An outfit, or a fashion photo in which no garment was found."""
    garments = len(event.garments)
    fate = crawler_pb2.FATE_DESCRIBED if garments else crawler_pb2.FATE_EMPTY
    return Outcome(events.order(event.generations), fate, garments)


def of_dead_letter(letter: DeadLetter) -> Death:
    """What a consumer gave up."""
    return Death(letter.event_id, letter.service, letter.reason, _provenance(letter))


def _provenance(letter: DeadLetter) -> int:
    """Revision of the provenance in the dead event; 0 if it can't be read."""
    kind = events.TYPES.get(letter.subject)
    if kind is None or kind is PostErased:
        return 0
    try:
        return kind.FromString(letter.body).generations.provenance  # type: ignore[union-attr]
    except DecodeError:
        return 0


class Outcomes:
    """The event handlers of the crawler. All of them may be repeated, late, and in any order."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def rejected(self, batch: Sequence[ImageClassified]) -> Sequence[Handled]:
        """sns.image.rejected.v1"""
        await self._ledger.outcomes([(e.image.image_id, of_rejection(e)) for e in batch])
        return [[] for _ in batch]

    async def described(self, batch: Sequence[OutfitDescribed]) -> Sequence[Handled]:
        """sns.outfit.described.v1"""
        await self._ledger.outcomes([(e.image.image_id, of_description(e)) for e in batch])
        return [[] for _ in batch]

    async def dead(self, batch: Sequence[DeadLetter]) -> Sequence[Handled]:
        """sns.dead.*.v1. A letter that is about no known photo stays in the stream for an operator only."""
        for letter in batch:
            if not letter.image_id:
                _log.error("dead_without_photo", service=letter.service, subject=letter.subject)
        await self._ledger.deaths(
            [(letter.image_id, of_dead_letter(letter)) for letter in batch if letter.image_id]
        )
        return [[] for _ in batch]

    async def retried(self, event: ImageClassified | OutfitDescribed, dead_letter: str) -> None:
        """A message that an operator sent again: its dead letter no longer decides the fate of the photo."""
        await self._ledger.retried(event.image.image_id, dead_letter)
