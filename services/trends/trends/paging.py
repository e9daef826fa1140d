"""Pages of an answer, and the tokens that lead from one to the next."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from google.protobuf.timestamp_pb2 import Timestamp

from servicekit.errors import InvalidArgument
from snsfashion.trends.v1 import trends_pb2

Paged: TypeAlias = (
    trends_pb2.GetTrendsRequest
    | trends_pb2.GetTrendEvidenceRequest
    | trends_pb2.GetCoWornRequest
    | trends_pb2.GetCatalogGapsRequest
)

# As in the contract: any window before or after such a time is inside what a date can hold.
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page:
    """Rows from `offset`, at most `size`; `as_of` is fixed by the first page."""

    offset: int
    size: int
    as_of: datetime

    @classmethod
    def of(cls, request: Paged, default_size: int, now: datetime) -> Page:
        """Return the page that a request asks for. Raise InvalidArgument for a token that is not of this request."""
        size = request.page_size or default_size
        if not request.page_token:
            as_of = moment("as_of", request.as_of) if request.HasField("as_of") else now
            return cls(0, size, as_of)
        try:
            offset, as_of_text, digest = json.loads(base64.urlsafe_b64decode(request.page_token))
            as_of = datetime.fromisoformat(as_of_text)
            valid = digest == _digest(request) and int(offset) > 0 and _EARLIEST <= as_of < _LATEST
        except (binascii.Error, ValueError, TypeError) as error:
            raise InvalidArgument("page_token", "not a token of this service") from error
        if not valid:
            raise InvalidArgument("page_token", "belongs to another request")
        return cls(int(offset), size, as_of)

    def next_token(self, request: Paged, total: int) -> str:
        """Return the token of the page after this one of `total` rows, or "" after the last."""
        after = self.offset + self.size
        if after >= total:
            return ""
        body = json.dumps([after, self.as_of.isoformat(), _digest(request)])
        return base64.urlsafe_b64encode(body.encode()).decode()


def moment(field: str, stamp: Timestamp) -> datetime:
    """Return an aware datetime. Raise InvalidArgument if the nanoseconds are not valid; the contract limits the rest."""
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(field, f"is not a valid time: {error}") from error


def _digest(request: Paged) -> str:
    """Identify what is asked, whatever the page."""
    asked = type(request).FromString(request.SerializeToString())
    for field in ("page_token", "page_size"):
        asked.ClearField(field)
    return hashlib.sha256(asked.SerializeToString(deterministic=True)).hexdigest()[:16]
