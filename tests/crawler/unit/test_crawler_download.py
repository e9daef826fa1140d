from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from crawler.crawling.download import (
    MAX_RETRY_AFTER_S,
    AskedToWait,
    RetryAfterMiddleware,
    retry_after,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("", 0.0),
        ("soon", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    assert retry_after(value, NOW) == seconds


class Patient(RetryAfterMiddleware):
    """The middleware with a clock that stands still and a sleep that is only noted."""

    slept: list[float]

    @staticmethod
    def now() -> float:
        return 1000.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def middleware() -> Any:
    crawler = get_crawler(Spider, {"TWISTED_REACTOR_ENABLED": False})
    crawler.spider = Spider.from_crawler(crawler, "s")
    result = Patient.from_crawler(crawler)
    result.slept = []
    return result


def answer(status: int, wait: str) -> tuple[Request, Response]:
    request = Request("https://shop.example/a")
    return request, Response(request.url, status=status, headers={"Retry-After": wait})


@pytest.mark.parametrize("status", [429, 503])
async def test_the_whole_host_waits_as_long_as_it_asks(middleware: Any, status: int) -> None:
    again = middleware.process_response(*answer(status, "30"))
    assert isinstance(again, Request)
    await middleware.process_request(again)
    await middleware.process_request(Request("https://shop.example/b"))
    await middleware.process_request(Request("https://other.example/"))
    assert middleware.slept == [30.0, 30.0]


def test_a_host_that_asks_for_hours_is_left_alone(middleware: Any) -> None:
    with pytest.raises(AskedToWait):
        middleware.process_response(*answer(503, str(int(MAX_RETRY_AFTER_S) + 1)))
