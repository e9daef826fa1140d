from __future__ import annotations

from crawler.core.tally import Counts, Tally


def test_a_photo_counts_once_by_what_last_became_of_it() -> None:
    tally = Tally()
    tally.mark_known("a", "stored")
    tally.mark_known("a", "stored")
    tally.skip("b", "empty")
    tally.skip("b", "empty")
    tally.fail("c", "timeout")
    tally.mark_known("c", "updated")
    assert tally.counts() == Counts(seen=3, stored=1, updated=1, skipped={"empty": 1})


def test_pages_and_photos_that_fail_are_counted_together() -> None:
    tally = Tally()
    tally.fail("a", "http_404")
    tally.fail_page("https://shop.example/p", "http_404")
    tally.fail_page("#ootd", "rate_limited")
    assert tally.counts() == Counts(seen=1, failed={"http_404": 2, "rate_limited": 1})
