"""What social posts show, as the trends service tells it; kept for a few seconds."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol, TypeVar

import grpc
import grpc.aio

from recommender.core.trend_table import TrendRow, TrendTable
from servicekit import telemetry
from servicekit.events import timestamp
from servicekit.single_flight import SingleFlight
from snsfashion.fashion.v1.fashion_pb2 import SOURCE_KIND_SOCIAL
from snsfashion.trends.v1 import trends_pb2
from snsfashion.trends.v1.trends_pb2_grpc import TrendsServiceStub

# Trends' own snapshot is up to 2 s old, and a day's shares hardly move within a few seconds.
FRESH_S = 10.0
# An older table is still used for this long, while it is read again.
STALE_S = 20.0
# While trends are out of reach, they are asked for only this often.
RETRY_S = 2.0
DEADLINE_S = 1.0
_PAGE_SIZE = 100
# Days whose tables are kept: as_of is nearly always today.
_KEPT = 8

_log = telemetry.log("trend_feed")
K = TypeVar("K")


class Trends(Protocol):
    """Where trends come from."""

    async def table(self, as_of: datetime) -> TrendTable | None:
        """Return the trends of the week that ends with the day of `as_of` (UTC); None while they are out of reach."""


class TrendFeed:
    """Trends from the trends service."""

    def __init__(self, address: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`address`: host:port."""
        self._channel = grpc.aio.insecure_channel(
            f"dns:///{address}",
            options=[
                ("grpc.enable_http_proxy", 0),
                ("grpc.lb_policy_name", "round_robin"),
                # By default it can take two minutes until a service that is back is found.
                ("grpc.initial_reconnect_backoff_ms", 200),
                ("grpc.max_reconnect_backoff_ms", 2000),
            ],
            interceptors=telemetry.client_interceptors(),
        )
        self._stub = TrendsServiceStub(self._channel)
        self._monotonic = monotonic
        self._reading: SingleFlight[date, TrendTable | None] = SingleFlight(self._keep)
        self._kept: dict[date, tuple[float, TrendTable | None]] = {}

    async def table(self, as_of: datetime) -> TrendTable | None:
        """Return the trends of the week that ends with the day of `as_of` (UTC); None while they are out of reach."""
        day = as_of.date()
        now = self._monotonic()
        until, table = self._kept.get(day, (-math.inf, None))
        if now < until:
            return table
        reading = self._reading.join(day, lambda: self._read(as_of, table))
        if table is not None and now < until + STALE_S:
            return table
        return await asyncio.shield(reading)

    async def close(self) -> None:
        """Close the channel; what is being read is given up."""
        self._reading.cancel()
        await self._channel.close(None)

    async def _read(self, as_of: datetime, before: TrendTable | None) -> TrendTable | None:
        try:
            async with asyncio.timeout(DEADLINE_S):
                table = TrendTable(
                    await self._rows(
                        trends_pb2.DIMENSION_ITEM_COLOR,
                        as_of,
                        lambda value: (int(value.category), value.color_family),
                    ),
                    await self._rows(
                        trends_pb2.DIMENSION_ITEM, as_of, lambda value: int(value.category)
                    ),
                    await self._rows(
                        trends_pb2.DIMENSION_COLOR, as_of, lambda value: value.color_family
                    ),
                    await self._lifts(as_of),
                )
        except (grpc.aio.AioRpcError, TimeoutError) as error:
            _log.warning("trends_out_of_reach", error=_text(error))
            return None
        # The same object while nothing moved: what was sorted by it does not need to be sorted again.
        return before if table == before else table

    def _keep(self, day: date, table: TrendTable | None) -> None:
        self._kept.pop(day, None)
        self._kept[day] = (self._monotonic() + (RETRY_S if table is None else FRESH_S), table)
        if len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]

    async def _rows(
        self,
        dimension: trends_pb2.Dimension.ValueType,
        as_of: datetime,
        key: Callable[[trends_pb2.Value], K],
    ) -> dict[K, TrendRow]:
        rows: dict[K, TrendRow] = {}
        request = trends_pb2.GetTrendsRequest(
            dimension=dimension,
            order=trends_pb2.ORDER_SHARE,
            filter=trends_pb2.Filter(kind=SOURCE_KIND_SOCIAL),
            as_of=timestamp(as_of),
            page_size=_PAGE_SIZE,
        )
        while True:
            answer = await self._stub.GetTrends(request, timeout=DEADLINE_S)
            for trend in answer.trends:
                rows[key(trend.value)] = TrendRow(
                    trend.share, trend.baseline_share, trend.rise, trend.rising
                )
            if not answer.next_page_token:
                return rows
            request.page_token = answer.next_page_token

    async def _lifts(self, as_of: datetime) -> dict[tuple[int, int], float]:
        """Return how much more often than by chance people wear the second item with the first; none from an older service."""
        lifts: dict[tuple[int, int], float] = {}
        request = trends_pb2.GetCoWornRequest(
            dimension=trends_pb2.DIMENSION_ITEM, as_of=timestamp(as_of), page_size=_PAGE_SIZE
        )
        while True:
            try:
                answer = await self._stub.GetCoWorn(request, timeout=DEADLINE_S)
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                    return {}
                raise
            for row in answer.rows:
                lifts[int(row.value.category), int(row.other.category)] = row.lift
            if not answer.next_page_token:
                return lifts
            request.page_token = answer.next_page_token


def _text(error: BaseException) -> str:
    if isinstance(error, grpc.aio.AioRpcError):
        return f"{error.code().name}: {error.details()}"
    return "deadline exceeded"
