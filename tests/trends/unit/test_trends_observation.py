"""An outfit becomes one observation; a rejection none."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from servicekit.errors import InvalidMessage
from servicekit.events import timestamp
from snsfashion.events.v1 import events_pb2
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.core.observation import Value, shown_garment, state_of_outfit, state_of_rejection

RED = fashion_pb2.Color(family="red", share=0.8)
NAVY = fashion_pb2.Color(family="navy", share=0.2)


def outfit() -> events_pb2.OutfitDescribed:
    return events_pb2.OutfitDescribed(
        event_id="e",
        image=fashion_pb2.ImageRef(image_id="instagram:9:0", sha256=b"s" * 32, phash=255),
        provenance=fashion_pb2.Provenance(
            site="instagram",
            post="9",
            kind=fashion_pb2.SOURCE_KIND_SOCIAL,
            hashtags=["ootd"],
            posted_at=timestamp(datetime(2026, 11, 16, 23, 59, 59, tzinfo=UTC)),
            date_source=fashion_pb2.DATE_SOURCE_STATED,
        ),
        generations=fashion_pb2.Generations(provenance=4, classifier=3, segmenter=2, color=1),
        garments=[
            fashion_pb2.Garment(category=fashion_pb2.CATEGORY_SKIRT, score=0.9, colors=[RED, NAVY]),
            fashion_pb2.Garment(category=fashion_pb2.CATEGORY_VEST, score=0.8, colors=[NAVY]),
            fashion_pb2.Garment(category=fashion_pb2.CATEGORY_SKIRT, score=0.7, colors=[RED]),
        ],
    )


def test_an_outfit_says_its_items_main_colors_and_pairs_once() -> None:
    state = state_of_outfit(outfit())
    assert state.order == (4, 3, 2, 1)
    assert state.observation is not None
    assert state.observation.day == date(2026, 11, 16)
    skirt, vest = fashion_pb2.CATEGORY_SKIRT, fashion_pb2.CATEGORY_VEST
    assert state.observation.values() == {
        Value(trends_pb2.DIMENSION_ITEM, skirt),
        Value(trends_pb2.DIMENSION_ITEM, vest),
        Value(trends_pb2.DIMENSION_COLOR, color="red"),
        Value(trends_pb2.DIMENSION_COLOR, color="navy"),
        Value(trends_pb2.DIMENSION_ITEM_COLOR, skirt, "red"),
        Value(trends_pb2.DIMENSION_ITEM_COLOR, vest, "navy"),
    }


def test_a_contributor_is_the_author_where_known_else_the_photo() -> None:
    event = outfit()
    anonymous = state_of_outfit(event).observation
    event.provenance.author_key = "ab" * 32
    known = state_of_outfit(event).observation
    assert anonymous is not None
    assert known is not None
    assert (anonymous.contributor, anonymous.authored) == ("00000000000000ff", False)
    assert (known.contributor, known.authored) == ("ab" * 32, True)


def test_styles_are_shops_only() -> None:
    event = outfit()
    event.provenance.style = fashion_pb2.STYLE_STREET
    style = Value(trends_pb2.DIMENSION_STYLE, style=fashion_pb2.STYLE_STREET)
    social = state_of_outfit(event).observation
    event.provenance.kind = fashion_pb2.SOURCE_KIND_SHOP
    shop = state_of_outfit(event).observation
    assert social is not None
    assert shop is not None
    assert style not in social.values()
    assert style in shop.values()


def test_a_day_of_the_crawl_is_marked() -> None:
    event = outfit()
    event.provenance.date_source = fashion_pb2.DATE_SOURCE_CRAWL
    observation = state_of_outfit(event).observation
    assert observation is not None
    assert not observation.dated


def test_an_outfit_without_garments_still_counts_as_seen() -> None:
    event = outfit()
    del event.garments[:]
    observation = state_of_outfit(event).observation
    assert observation is not None
    assert observation.values() == set()


def test_a_rejection_has_no_observation() -> None:
    event = events_pb2.ImageClassified(
        image=outfit().image,
        provenance=outfit().provenance,
        generations=fashion_pb2.Generations(provenance=4, classifier=4),
    )
    state = state_of_rejection(event)
    assert state.order == (4, 4, 0, 0)
    assert state.observation is None


def test_an_outfit_with_a_garment_without_category_is_invalid() -> None:
    event = outfit()
    event.garments[0].category = fashion_pb2.CATEGORY_UNSPECIFIED
    with pytest.raises(InvalidMessage, match="category"):
        state_of_outfit(event)


def test_the_garment_shown_is_the_surest_that_has_the_value() -> None:
    skirt = fashion_pb2.CATEGORY_SKIRT
    shown = shown_garment(outfit(), Value(trends_pb2.DIMENSION_ITEM_COLOR, skirt, "red"))
    assert shown is not None
    assert shown.score == pytest.approx(0.9)
    navy = shown_garment(outfit(), Value(trends_pb2.DIMENSION_COLOR, color="navy"))
    assert navy is not None
    assert navy.category == fashion_pb2.CATEGORY_VEST
    assert shown_garment(outfit(), Value(trends_pb2.DIMENSION_STYLE, style=1)) is None
