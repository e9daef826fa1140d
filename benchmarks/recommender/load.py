"""An open loop of calls to the recommender: each is sent at its time, whatever became of those before."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
from google.protobuf.empty_pb2 import Empty

from benchmarks.recommender.shop import CATEGORIES, FAMILIES, MICROS_IN_A_CENT, SEASONS
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2, recommender_pb2_grpc
from snsfashion.recommender.v1.recommender_pb2 import (
    CompleteOutfitRequest,
    Filters,
    OwnGarment,
    RecommendRequest,
    SimilarOutfitsRequest,
)

PEOPLE = 2000
PHASE_S = 5.0
FEEDBACK_A_SECOND = 2.0


@dataclass
class Times:
    """Milliseconds from the moment that a call was due to its answer."""

    recommend: list[float] = field(default_factory=list)
    similar: list[float] = field(default_factory=list)
    complete: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    """How late the load itself sent, in milliseconds: what it adds to those above."""


def request(random_: random.Random) -> RecommendRequest:
    """Make a call. Some people come often and most seldom; a third of the calls narrow the catalog."""
    person = min(int(random_.paretovariate(0.6)) - 1, PEOPLE - 1)
    result = RecommendRequest(user_id=f"person-{person}")
    if random_.random() < 1 / 3:
        result.filters.CopyFrom(_filters(random_))
    return result


def _similar(random_: random.Random) -> SimilarOutfitsRequest:
    return SimilarOutfitsRequest(image_id=f"shop.example:look-{random_.randrange(1000)}:0")


def _complete(random_: random.Random) -> CompleteOutfitRequest:
    garment = OwnGarment(
        category=fashion_pb2.Category.ValueType(random_.choice(CATEGORIES)),
        color_family=random_.choice(sorted(FAMILIES)),
    )
    return CompleteOutfitRequest(
        garments=[garment], style=fashion_pb2.Style.ValueType(random_.randint(1, 6))
    )


def _filters(random_: random.Random) -> Filters:
    kind = random_.randrange(5)
    family = random_.choice(sorted(FAMILIES))
    category = fashion_pb2.Category.ValueType(random_.choice(CATEGORIES))
    if kind == 0:
        return Filters(categories=[category])
    if kind == 1:
        return Filters(categories=[category], color_families=[family])
    if kind == 2:
        cents = random_.choice((3000, 8000, 15000))
        return Filters(max_price_micros=cents * MICROS_IN_A_CENT, currency="EUR")
    if kind == 3:
        return Filters(season=random_.choice(SEASONS[1:]), exclude_color_families=[family])
    return Filters(
        exclude_categories=[category],
        exclude_image_ids=[f"shop.example:look-{random_.randrange(100_000)}:0" for _ in range(50)],
    )


async def run(port: int, rate: float, seconds: float, tick: Callable[[float], object]) -> Times:
    """Run phases of 5 s with empty calls, recommendations, similar outfits and completions in turn, at the same rate. `tick` gets the seconds gone."""
    times = Times()
    random_ = random.Random(1)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = recommender_pb2_grpc.RecommenderServiceStub(channel)
        empty = channel.unary_unary("/bench.Empty/Call", Empty.SerializeToString, Empty.FromString)
        # Some seconds of warming that are not measured: connections, first lists, the people who come often.
        warm = Times()
        await _loop(
            rate, 2 * PHASE_S, lambda: stub.Recommend(request(random_)), warm.recommend, warm
        )
        feedback = asyncio.create_task(_feedback(stub, random_))
        calls: tuple[tuple[Callable[[], Awaitable[Any]], list[float]], ...] = (
            (lambda: empty(Empty()), times.empty),
            (lambda: stub.Recommend(request(random_)), times.recommend),
            (lambda: stub.SimilarOutfits(_similar(random_)), times.similar),
            (lambda: stub.CompleteOutfit(_complete(random_)), times.complete),
        )
        for phase in range(round(len(calls) * seconds / PHASE_S)):
            await _loop(rate, PHASE_S, *calls[phase % len(calls)], times)
            tick(PHASE_S)
        feedback.cancel()
    return times


async def _loop(
    rate: float,
    seconds: float,
    call: Callable[[], Awaitable[Any]],
    into: list[float],
    times: Times,
) -> None:
    async def one(due: float) -> None:
        times.late.append((time.perf_counter() - due) * 1000)
        await call()
        into.append((time.perf_counter() - due) * 1000)

    started = time.perf_counter()
    tasks = []
    for n in range(round(rate * seconds)):
        due = started + n / rate
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        tasks.append(asyncio.create_task(one(due)))
    await asyncio.gather(*tasks)


async def _feedback(stub: Any, random_: random.Random) -> None:
    """Record clicks again and again, so that what the service holds of people becomes outdated."""
    number = 0
    while True:
        await asyncio.sleep(1 / FEEDBACK_A_SECOND)
        asked = request(random_)
        answer = await stub.Recommend(asked)
        for one in answer.recommendations[:1]:
            number += 1
            await stub.RecordFeedback(
                recommender_pb2.RecordFeedbackRequest(
                    event_id=f"load-{number}",
                    user_id=asked.user_id,
                    image_id=one.outfit.image.image_id,
                    kind=recommender_pb2.FEEDBACK_KIND_CLICKED,
                )
            )
