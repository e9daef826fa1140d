from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.core.dates import choose_date, parse_exif, parse_iso
from snsfashion.fashion.v1 import fashion_pb2

A, B, C = (datetime(2026, 11, day, 9, 30, tzinfo=UTC) for day in (1, 2, 3))
CRAWLED = datetime(2026, 11, 22, 17, 45, tzinfo=UTC)


def test_the_best_known_date_is_taken() -> None:
    assert choose_date(A, B, C, CRAWLED) == (A, fashion_pb2.DATE_SOURCE_STATED)
    assert choose_date(None, B, C, CRAWLED) == (B, fashion_pb2.DATE_SOURCE_EXIF)
    assert choose_date(None, None, C, CRAWLED) == (C, fashion_pb2.DATE_SOURCE_CSV)


def test_an_undated_photo_counts_for_the_day_of_the_crawl() -> None:
    day = datetime(2026, 11, 22, tzinfo=UTC)
    assert choose_date(None, None, None, CRAWLED) == (day, fashion_pb2.DATE_SOURCE_CRAWL)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T08:00:00+0000", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T08:00:00+09:00", datetime(2026, 11, 19, 23, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_iso_dates(text: str, moment: datetime | None) -> None:
    assert parse_iso(text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026:11:20 08:00:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026:11:20 08:00:00\0", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("0000:00:00 00:00:00", None),
        ("1970:01:01 00:00:00", None),  # a clock that was never set
        ("2031:01:01 00:00:00", None),  # or set wrong
        ("nonsense", None),
        (None, None),
    ],
)
def test_exif_dates(text: str | None, moment: datetime | None) -> None:
    assert parse_exif(text, CRAWLED) == moment
