"""Requests checked and given their defaults: what is asked, and over which days."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from servicekit.errors import InvalidArgument
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.core.counts import Counts, Span
from trends.core.observation import Stratum, Value

MAX_WINDOW_DAYS = 92
MAX_BASELINE_DAYS = 366
MAX_SERIES_DAYS = 366
MAX_PAGE = 100
WINDOW_DAYS = 7
BASELINE_DAYS = 21
MIN_SUPPORT = 10

# Days far enough inside what datetime can hold for any window before or after them.
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)

_PARTS: dict[int, set[str]] = {
    trends_pb2.DIMENSION_ITEM: {"category"},
    trends_pb2.DIMENSION_COLOR: {"color_family"},
    trends_pb2.DIMENSION_ITEM_COLOR: {"category", "color_family"},
    trends_pb2.DIMENSION_STYLE: {"style"},
}


@dataclass(frozen=True)
class Page:
    """Rows from `offset`, at most `size`; `as_of` is fixed by the first page."""

    offset: int
    size: int
    as_of: datetime

    def next_token(self, request: Message, total: int) -> str:
        """Token of the page after this one of `total` rows, or "" after the last."""
        after = self.offset + self.size
        if after >= total:
            return ""
        body = json.dumps([after, self.as_of.isoformat(), _digest(request)])
        return base64.urlsafe_b64encode(body.encode()).decode()


def dimension(value: int) -> int:
    """A dimension that is stated and known."""
    if value not in _PARTS:
        raise InvalidArgument("dimension", f"{value} is not one of ITEM, COLOR, ITEM_COLOR, STYLE")
    return value


def order(value: int) -> int:
    """An order, by share unless stated."""
    if value not in trends_pb2.Order.values():
        raise InvalidArgument("order", f"{value} is not one of SHARE, RISE, GROWTH")
    return value or trends_pb2.ORDER_SHARE


def step(value: int) -> int:
    """A step, a day unless stated."""
    if value not in trends_pb2.Step.values():
        raise InvalidArgument("step", f"{value} is not one of DAY, WEEK")
    return value or trends_pb2.STEP_DAY


def limited(field: str, value: int, most: int, default: int) -> int:
    """A number from 1 to `most`; 0 is `default`."""
    if value > most:
        raise InvalidArgument(field, f"{value}; 1 to {most}, or 0 for {default}")
    return value or default


def moment(field: str, stamp: Timestamp) -> datetime:
    """A timestamp of the years 1970 to 8999."""
    try:
        result = stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(field, f"no valid time: {error}") from error
    if not _EARLIEST <= result < _LATEST:
        raise InvalidArgument(field, f"{result.isoformat()} is outside 1970 to 8999")
    return result


def value(dimension: int, message: trends_pb2.Value) -> Value:
    """The value of a dimension: exactly its parts set."""
    wanted = _PARTS[dimension]
    if message.category not in fashion_pb2.Category.values():
        raise InvalidArgument("value.category", f"{message.category} is not known")
    if message.style not in fashion_pb2.Style.values():
        raise InvalidArgument("value.style", f"{message.style} is not known")
    for part in ("category", "color_family", "style"):
        if bool(getattr(message, part)) != (part in wanted):
            needed = "is needed" if part in wanted else "does not belong"
            raise InvalidArgument(f"value.{part}", f"{needed} in this dimension")
    return Value(dimension, message.category, message.color_family, message.style)


def strata(dimension: int, message: trends_pb2.Filter, counts: Counts) -> list[Stratum]:
    """The strata that a filter chooses among those counted."""
    styles = dimension == trends_pb2.DIMENSION_STYLE
    if message.kind not in fashion_pb2.SourceKind.values():
        raise InvalidArgument("filter.kind", f"{message.kind} is not one of SOCIAL, SHOP")
    if styles and message.kind == fashion_pb2.SOURCE_KIND_SOCIAL:
        raise InvalidArgument("filter.kind", "only shops state styles")
    kind = message.kind or (
        fashion_pb2.SOURCE_KIND_SHOP if styles else fashion_pb2.SOURCE_KIND_SOCIAL
    )
    return [s for s in counts.strata if s.kind == kind and message.site in ("", s.site)]


def page(
    request: trends_pb2.GetTrendsRequest | trends_pb2.GetTrendEvidenceRequest,
    default_size: int,
    now: datetime,
) -> Page:
    """The page that a request asks for."""
    size = limited("page_size", request.page_size, MAX_PAGE, default_size)
    if not request.page_token:
        as_of = moment("as_of", request.as_of) if request.HasField("as_of") else now
        return Page(0, size, as_of)
    try:
        offset, as_of_text, digest = json.loads(base64.urlsafe_b64decode(request.page_token))
        as_of = datetime.fromisoformat(as_of_text)
        valid = digest == _digest(request) and int(offset) > 0 and _EARLIEST <= as_of < _LATEST
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidArgument("page_token", "not a token of this service") from error
    if not valid:
        raise InvalidArgument("page_token", "belongs to another request")
    return Page(int(offset), size, as_of)


def last_days(counts: Counts, chosen: list[Stratum], last: date, days: int) -> Span:
    """The `days` days that end with `last`."""
    return Span(counts, chosen, last - timedelta(days=days - 1), last)


def _digest(request: Message) -> str:
    """Identifies what is asked, whatever the page."""
    asked = type(request).FromString(request.SerializeToString())
    for field in ("page_token", "page_size"):
        asked.ClearField(field)
    return hashlib.sha256(asked.SerializeToString(deterministic=True)).hexdigest()[:16]
