"""When a photo was posted, or the best that is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.fashion.v1.fashion_pb2 import DateSource

# Digital cameras write EXIF since about then; older dates are clocks that were never set.
_FIRST_EXIF = datetime(1995, 1, 1, tzinfo=UTC)
# A camera's local time is up to 14 h ahead of UTC.
_AHEAD = timedelta(hours=14)


def parse_iso(text: str) -> datetime | None:
    """Parse an ISO 8601 date or time, such as Instagram's "2026-11-20T08:00:00+0000"; UTC if no zone is given. None if it is neither."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_exif(text: str | None, now: datetime) -> datetime | None:
    """Parse EXIF's DateTimeOriginal, as UTC since it has no zone. None if no working clock can have written it."""
    try:
        taken = (text or "").strip("\0 ")
        moment = datetime.strptime(taken, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if _FIRST_EXIF <= moment <= now + _AHEAD else None


def choose_date(
    stated: datetime | None, exif: datetime | None, csv: datetime | None, crawled: datetime
) -> tuple[datetime, DateSource.ValueType]:
    """Return the best date and where it comes from: what the source states, else EXIF, else the CSV's, else the UTC day of the crawl."""
    if stated:
        return stated, fashion_pb2.DATE_SOURCE_STATED
    if exif:
        return exif, fashion_pb2.DATE_SOURCE_EXIF
    if csv:
        return csv, fashion_pb2.DATE_SOURCE_CSV
    day = crawled.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day, fashion_pb2.DATE_SOURCE_CRAWL
