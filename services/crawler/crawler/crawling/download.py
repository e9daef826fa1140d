"""How Scrapy fetches: only from allowed addresses, politely, and with a name for every failure."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from scrapy import Request
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response

from crawler.core.addresses import may_connect

# Request.meta: parameters that are added to the address only on the wire, so that no log or error shows them.
SECRET_QUERY = "secret_query"
# A server that asks for more patience than this is not waited for.
MAX_RETRY_AFTER_S = 120.0


class BlockedAddress(IgnoreRequest):
    """The host leads to an address that the crawler must not connect to. Not retried."""


class AskedToWait(IgnoreRequest):
    """The server asked to wait longer than MAX_RETRY_AFTER_S."""


def _open_socket(
    address: tuple[Any, Any, int, str, tuple[Any, ...]], *, allow_private: bool
) -> socket.socket:
    """Open the socket for one resolved address: the one that is connected to, so that a name can't change its address in between."""
    family, kind, protocol, _, target = address
    if not may_connect(str(target[0]), allow_private):
        raise OSError(errno.EACCES, f"{target[0]} is not an address to crawl")
    return socket.socket(family, kind, protocol)


class GuardedDownloadHandler(AiohttpDownloadHandler):
    """Scrapy's own handler for asyncio without Twisted's reactor, with the guard and secrets kept out of logs."""

    experimental = False  # else it logs a warning for each crawl

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        connector = self._session.connector
        # aiohttp has a parameter for it, but Scrapy builds the connector. Every connection passes here.
        assert isinstance(connector, aiohttp.TCPConnector)
        assert connector._socket_factory is None
        connector._socket_factory = partial(
            _open_socket, allow_private=crawler.settings.getbool("CRAWL_ALLOW_PRIVATE")
        )

    @asynccontextmanager
    async def _make_request(self, request: Request, timeout: float) -> AsyncIterator[Any]:  # noqa: ASYNC109
        secret = request.meta.get(SECRET_QUERY)
        wire = request
        if secret:
            joint = "&" if "?" in request.url else "?"
            wire = request.replace(url=f"{request.url}{joint}{urlencode(secret)}")
        try:
            async with super()._make_request(wire, timeout) as response:
                yield response
        except DownloadTimeoutError:
            raise DownloadTimeoutError(f"{request.url} took longer than {timeout} s") from None
        except DownloadConnectionRefusedError as error:
            cause = error.__cause__
            if (
                isinstance(cause, aiohttp.ClientConnectorError)
                and cause.os_error.errno == errno.EACCES
            ):
                raise BlockedAddress(str(cause.os_error)) from None
            raise


class RetryAfterMiddleware(RetryMiddleware):
    """Scrapy's retries, after the time that a 429 or 503 asks for; the whole host waits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._free_at: dict[str, float] = {}

    async def process_request(self, request: Request) -> None:
        """Hold the request until its host may be asked again."""
        wait = self._free_at.get(urlsplit(request.url).netloc, 0.0) - self.now()
        if wait > 0:
            await self.sleep(wait)

    def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        """Try again, or give up where the server asks for too much patience."""
        if response.status in (429, 503):
            stated = (response.headers.get("Retry-After") or b"").decode("latin-1")
            seconds = retry_after(stated, datetime.now().astimezone())
            if seconds > MAX_RETRY_AFTER_S:
                raise AskedToWait(f"{response.url} asks to wait {seconds:.0f} s")
            host = urlsplit(request.url).netloc
            self._free_at[host] = max(self._free_at.get(host, 0.0), self.now() + seconds)
        return super().process_response(request, response)

    now = staticmethod(time.monotonic)

    async def sleep(self, seconds: float) -> None:
        """Wait; tests replace it."""
        await asyncio.sleep(seconds)


def retry_after(value: str, now: datetime) -> float:
    """Return the seconds of a Retry-After header (RFC 9110: seconds or a date); 0 if it is absent or neither."""
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0


_CODES: tuple[tuple[type[Exception], str], ...] = (
    (BlockedAddress, "blocked_address"),
    (AskedToWait, "asked_to_wait"),
    (CannotResolveHostError, "unknown_host"),
    (DownloadTimeoutError, "timeout"),
    (DownloadConnectionRefusedError, "connection_refused"),
    (DownloadCancelledError, "too_large"),
    (ResponseDataLossError, "connection_broken"),
    (DownloadFailedError, "connection_broken"),
    (UnsupportedURLSchemeError, "unsupported_address"),
    (NotSupported, "unsupported_address"),
    (OSError, "connection_broken"),
    (ValueError, "unsupported_address"),
)


def failure_code(error: Exception) -> str:
    """Return the name of a failed download in a job's counts. Raise `error` itself if it is not about a download."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    if isinstance(error, IgnoreRequest):
        return "robots_txt" if "robots.txt" in str(error) else "too_many_redirects"
    raise error
