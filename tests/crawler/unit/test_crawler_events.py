from __future__ import annotations

import pytest

from crawler.core.fate import Death
from crawler.events import of_dead_letter, of_description, of_rejection
from servicekit import topology
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.events.v1.events_pb2 import (
    DeadLetter,
    ImageClassified,
    OutfitDescribed,
    PostErased,
)
from snsfashion.fashion.v1.fashion_pb2 import Garment, Generations

SECOND = Generations(provenance=2, classifier=1)


def test_a_rejection_says_how_probable_fashion_was() -> None:
    outcome = of_rejection(ImageClassified(probability=0.1234, generations=SECOND))
    assert (outcome.order, outcome.fate) == ((2, 1, 0, 0), crawler_pb2.FATE_REJECTED)
    assert outcome.reason == "not a fashion photo: probability 0.123"


def test_an_outfit_without_garments_is_empty() -> None:
    assert of_description(OutfitDescribed()).fate == crawler_pb2.FATE_EMPTY
    described = of_description(OutfitDescribed(garments=[Garment(), Garment()]))
    assert (described.fate, described.garments) == (crawler_pb2.FATE_DESCRIBED, 2)


@pytest.mark.parametrize(
    ("subject", "body", "revision"),
    [
        (topology.DESCRIBED, OutfitDescribed(generations=SECOND).SerializeToString(), 2),
        (topology.DESCRIBED, b"\xff", 0),
        (topology.ERASED, PostErased(site="s", post="p").SerializeToString(), 0),
        ("sns.unknown.v1", b"", 0),
    ],
)
def test_a_dead_letter_tells_the_revision_of_its_event_if_it_can_be_read(
    subject: str, body: bytes, revision: int
) -> None:
    letter = DeadLetter(
        event_id="d", service="trends", subject=subject, reason="disk full", body=body
    )
    assert of_dead_letter(letter) == Death("d", "trends", "disk full", revision)
