"""Reads a history to play again from JSON lines. The lines hold the contract's messages in protobuf's JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from fashion.words import CATEGORIES
from recommender import messages, requests
from recommender.core.outfit import Outfit
from recommender.core.profile import Feedback
from recommender.core.trend_table import TrendRow, TrendTable
from recommender.evaluation.history import Declared, History
from servicekit.errors import InvalidArgument
from servicekit.validation import check
from snsfashion.recommender.v1 import recommender_pb2
from snsfashion.recommender.v1.recommender_pb2 import PutProfileRequest, RecordFeedbackRequest
from snsfashion.trends.v1.trends_pb2 import Trend

FORMAT = """\
One JSON object per line, in any order, each with one of these keys:
  {"outfit": {"image": {"imageId": "shop:p1:0"}, "style": "STYLE_CASUAL", "postedAt": "2026-11-01T00:00:00Z",
              "garments": [{"category": "CATEGORY_SKIRT", "colors": [{"rgb": 13245478, "family": "red", "share": 1}]}]}}
  {"profile": {"userId": "kim", "preferences": {"styles": ["STYLE_CASUAL"], "personalColor": "PERSONAL_COLOR_WINTER"}}}
  {"feedback": {"eventId": "e1", "userId": "kim", "imageId": "shop:p1:0", "kind": "FEEDBACK_KIND_CLICKED",
                "occurredAt": "2026-11-02T10:00:00Z"}}
  {"trend": {"value": {"category": "CATEGORY_SKIRT", "colorFamily": "red"}, "share": 0.1}}    optional; as of the split
They are the messages Outfit, PutProfileRequest, RecordFeedbackRequest and trends.v1.Trend of the contracts, in protobuf's JSON."""

M = TypeVar("M", bound=Message)


class BadLine(ValueError):
    """A line that can't be used; says which and why."""


def read(lines: Iterable[str]) -> tuple[History, TrendTable]:
    """Return what lines tell: a history, and trends as of the split. Raise BadLine with the number of the line."""
    history = History()
    outfits: dict[str, recommender_pb2.Outfit] = {}
    feedback: list[tuple[int, RecordFeedbackRequest]] = []
    trends: list[Trend] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            key, value = _one(line)
            if key == "outfit":
                outfit = _parsed(value, recommender_pb2.Outfit())
                outfits[outfit.image.image_id] = outfit
                history.outfits.append(_outfit(outfit))
            elif key == "profile":
                profile = _parsed(value, PutProfileRequest())
                check(profile)
                history.declared[profile.user_id] = Declared(
                    frozenset(profile.preferences.styles), profile.preferences.personal_color
                )
            elif key == "feedback":
                event = _parsed(value, RecordFeedbackRequest())
                check(event)
                if not event.HasField("occurred_at"):
                    raise BadLine("feedback needs occurredAt")
                requests.moment("occurredAt", event.occurred_at)
                feedback.append((number, event))
            else:
                trends.append(_parsed(value, Trend()))
        except (BadLine, InvalidArgument) as error:
            raise BadLine(f"line {number}: {error}") from None
    for number, event in feedback:
        known = outfits.get(event.image_id)
        if known is None:
            raise BadLine(f"line {number}: no line has the outfit {event.image_id!r}")
        history.feedback[event.user_id].append(
            Feedback(
                event.event_id,
                event.image_id,
                event.kind,
                known.style,
                requests.moment("occurredAt", event.occurred_at).timestamp(),
                messages.worn(known),
                event.position,
                event.recommendation_id,
                event.weights_id,
            )
        )
    return history, _table(trends)


def _one(line: str) -> tuple[str, dict[str, Any]]:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadLine(f"is not JSON: {error}") from None
    keys = ("outfit", "profile", "feedback", "trend")
    if not isinstance(data, dict) or len(data) != 1 or next(iter(data)) not in keys:
        raise BadLine(f"has to be an object with one key of {', '.join(keys)}")
    key, value = next(iter(data.items()))
    if not isinstance(value, dict):
        raise BadLine(f"{key} has to be an object")
    return key, value


def _parsed(value: dict[str, Any], message: M) -> M:
    try:
        return ParseDict(value, message)
    except ParseError as error:
        raise BadLine(str(error)) from None


def _outfit(message: recommender_pb2.Outfit) -> Outfit:
    if not message.image.image_id:
        raise BadLine("the outfit has no image.imageId")
    if not message.garments:
        raise BadLine("the outfit has no garments")
    for garment in message.garments:
        if garment.category not in CATEGORIES:
            raise BadLine(f"garments.category {garment.category} is unknown")
    site = message.image.image_id.rsplit(":", 2)[0]
    return messages.outfit(message, site, "")


def _table(trends: Iterable[Trend]) -> TrendTable:
    pairs: dict[tuple[int, str], TrendRow] = {}
    items: dict[int, TrendRow] = {}
    colors: dict[str, TrendRow] = {}
    for trend in trends:
        row = TrendRow(trend.share, trend.baseline_share, trend.rise, trend.rising)
        category, family = int(trend.value.category), trend.value.color_family
        if category and family:
            pairs[category, family] = row
        elif category:
            items[category] = row
        else:
            colors[family] = row
    return TrendTable(pairs, items, colors)
