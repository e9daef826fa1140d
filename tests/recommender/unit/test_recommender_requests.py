"""Bad requests are refused with the name of the field, by the contract or by what it can't state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from recommender import requests
from recommender.core.score import Weights as DefaultWeights
from servicekit.errors import InvalidArgument
from servicekit.validation import check
from snsfashion.fashion.v1.fashion_pb2 import Category, Gender, PersonalColor, Style
from snsfashion.recommender.v1.recommender_pb2 import FEEDBACK_KIND_LIKED as LIKED
from snsfashion.recommender.v1.recommender_pb2 import (
    FeedbackKind,
    Filters,
    Guest,
    Preferences,
    RecommendRequest,
    RecordFeedbackRequest,
    Weights,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def query(request: RecommendRequest) -> requests.Query:
    """Return what the service makes of a request that the server has checked."""
    check(request)
    return requests.query(request, NOW)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("user_id", {"user_id": ""}),
        ("user_id", {"user_id": "가" * 43}),
        ("k", {"k": 51}),
        ("preferences.styles[0]", {"preferences": Preferences(styles=[Style.ValueType(7)])}),
        ("preferences.styles[0]", {"preferences": Preferences(styles=[Style.ValueType(0)])}),
        ("preferences.styles", {"preferences": Preferences(styles=[Style.ValueType(1)] * 2)}),
        (
            "preferences.personal_color",
            {"preferences": Preferences(personal_color=PersonalColor.ValueType(15))},
        ),
        ("filters.categories[0]", {"filters": Filters(categories=[Category.ValueType(14)])}),
        (
            "filters.exclude_categories[0]",
            {"filters": Filters(exclude_categories=[Category.ValueType(0)])},
        ),
        (
            "filters.exclude_categories",
            {
                "filters": Filters(
                    categories=[Category.ValueType(9)], exclude_categories=[Category.ValueType(9)]
                )
            },
        ),
        (
            "filters.exclude_color_families",
            {"filters": Filters(color_families=["red"], exclude_color_families=["Red"])},
        ),
        ("filters.color_families[0]", {"filters": Filters(color_families=[""])}),
        ("filters.exclude_image_ids", {"filters": Filters(exclude_image_ids=["x"] * 1001)}),
        ("filters.max_price_cents", {"filters": Filters(max_price_cents=-1, currency="EUR")}),
        ("filters.max_price_micros", {"filters": Filters(max_price_micros=-1, currency="EUR")}),
        ("filters.currency", {"filters": Filters(max_price_cents=1000)}),
        ("filters.currency", {"filters": Filters(max_price_micros=1000)}),
        ("filters.currency", {"filters": Filters(max_price_cents=1000, currency="euro")}),
        ("weights.style", {"weights": Weights(trend=1, style=-0.1)}),
        ("weights.trend", {"weights": Weights(trend=float("nan"))}),
        ("weights.novelty", {"weights": Weights(novelty=float("inf"))}),
        ("weights", {"weights": Weights()}),
        ("weights", {"weights": Weights(personal_color=1)}),
        ("as_of", {"as_of": Timestamp(seconds=10**15)}),
        ("as_of", {"as_of": Timestamp(nanos=-1)}),
        # Trends can't answer it.
        ("as_of", {"as_of": Timestamp(seconds=-1)}),
        ("guest", {"guest": Guest()}),
        ("exploration", {"exploration": 0.6}),
        (
            "filters.exclude_color_families[0]",
            {"filters": Filters(exclude_color_families=["nvay"])},
        ),
        ("filters.color_families[1]", {"filters": Filters(color_families=["red", "redish-x"])}),
        ("filters.genders[0]", {"filters": Filters(genders=[Gender.ValueType(9)])}),
        ("filters.exclude_brands", {"filters": Filters(brands=["A"], exclude_brands=["a"])}),
        (
            "filters.max_price_minor",
            {"filters": Filters(max_price_minor=1, max_price_micros=1, currency="EUR")},
        ),
    ],
)
def test_a_bad_field_is_named(field: str, change: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"user_id": "kim", **change}
    with pytest.raises(InvalidArgument) as error:
        query(RecommendRequest(**fields))
    assert error.value.field == field


def test_what_is_left_out_has_the_stated_default() -> None:
    found = query(RecommendRequest(user_id="kim"))
    assert (found.k, found.as_of) == (10, NOW)
    assert found.weights == DefaultWeights()
    assert (found.exploration, found.southern) == (0.1, False)
    assert found.recommendation_id


def test_the_limits_themselves_are_allowed() -> None:
    request = RecommendRequest(
        user_id="u" * 128,
        k=50,
        filters=Filters(exclude_image_ids=["x"] * 1000, max_price_cents=1, currency="KRW"),
    )
    assert query(request).k == 50


def test_a_highest_price_of_older_callers_is_read_unless_there_is_its_successor() -> None:
    def highest(**fields: Any) -> int:
        filters = Filters(currency="EUR", **fields)
        return query(RecommendRequest(user_id="kim", filters=filters)).filters.max_price_micros

    assert highest(max_price_cents=3990) == 39_900_000
    assert highest(max_price_cents=1, max_price_micros=39_900_001) == 39_900_001
    assert highest(max_price_cents=2**63 - 1) == 2**63 - 1


@pytest.mark.parametrize("value", ["", "e" * 65])
def test_an_event_id_has_1_to_64_bytes(value: str) -> None:
    with pytest.raises(InvalidArgument) as error:
        check(RecordFeedbackRequest(event_id=value, user_id="kim", image_id="i", kind=LIKED))
    assert error.value.field == "event_id"


@pytest.mark.parametrize("kind", [0, 7])
def test_an_unknown_kind_of_feedback_is_refused(kind: int) -> None:
    with pytest.raises(InvalidArgument) as error:
        check(
            RecordFeedbackRequest(
                event_id="e", user_id="kim", image_id="i", kind=FeedbackKind.ValueType(kind)
            )
        )
    assert error.value.field == "kind"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Navy", "navy"),
        (" light  Blue", "light blue"),
        ("light-blue", "light blue"),
        ("gray", "grey"),
        ("네이비", "navy"),
        ("라이트 블루", "light blue"),
        ("라이트블루", "light blue"),
        ("빨간색", "red"),
        ("brand teal", "brand teal"),
    ],
)
def test_a_color_family_is_known_in_english_and_korean(name: str, family: str) -> None:
    request = RecommendRequest(user_id="kim", filters=Filters(exclude_color_families=[name]))
    check(request)
    found = requests.query(request, NOW, ["brand teal"]).filters
    assert found.exclude_color_families == {family}


def test_an_unknown_family_is_refused_with_the_nearest_names() -> None:
    request = RecommendRequest(user_id="kim", filters=Filters(exclude_color_families=["nvay"]))
    with pytest.raises(InvalidArgument, match="did you mean navy"):
        query(request)


@pytest.mark.parametrize(
    ("currency", "minor", "micros"),
    [("EUR", 3990, 39_900_000), ("KRW", 39_900, 39_900_000_000), ("KWD", 1500, 1_500_000)],
)
def test_a_highest_price_is_read_in_the_digits_of_its_currency(
    currency: str, minor: int, micros: int
) -> None:
    filters = Filters(currency=currency, max_price_minor=minor)
    found = query(RecommendRequest(user_id="kim", filters=filters)).filters
    assert found.max_price_micros == micros


def test_feedback_of_the_future_is_refused_and_clocks_may_differ_a_little() -> None:
    soon, later = (Timestamp(seconds=int(NOW.timestamp()) + s) for s in (60, 3600))
    assert requests.past_moment("occurred_at", soon, NOW) > NOW
    with pytest.raises(InvalidArgument, match="in the future"):
        requests.past_moment("occurred_at", later, NOW)


def test_feedback_from_before_2000_is_refused() -> None:
    with pytest.raises(InvalidArgument) as error:
        check(
            RecordFeedbackRequest(
                event_id="e",
                user_id="kim",
                image_id="i",
                kind=LIKED,
                occurred_at=Timestamp(seconds=0),
            )
        )
    assert error.value.field == "occurred_at"


def test_a_visitor_needs_no_id() -> None:
    assert query(RecommendRequest(guest=Guest())).user_id == ""
