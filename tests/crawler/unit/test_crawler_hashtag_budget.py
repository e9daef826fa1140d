from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crawler.core.instagram import MAX_HASHTAGS, may_query

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FULL = {f"tag{n}": NOW - timedelta(days=3) for n in range(MAX_HASHTAGS)}


def test_the_31st_hashtag_in_7_days_is_not_asked_for() -> None:
    assert may_query({"tag0": NOW}, "other", NOW)
    assert not may_query(FULL, "other", NOW)


def test_a_hashtag_of_these_7_days_may_be_asked_for_again() -> None:
    assert may_query(FULL, "tag7", NOW)


def test_room_comes_back_after_7_days() -> None:
    assert not may_query(FULL, "other", NOW + timedelta(days=4) - timedelta(seconds=1))
    assert may_query(FULL, "other", NOW + timedelta(days=4))
