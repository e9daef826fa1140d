"""There is one inference thread behind a bounded queue."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from servicekit.batching import MicroBatcher
from servicekit.errors import Overloaded


class Model:
    """A model that squares numbers and fails on 13. It can be held, and records its batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.threads: set[int] = set()
        self.busy = threading.Event()
        self.proceed = threading.Event()
        self.proceed.set()

    def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        self.threads.add(threading.get_ident())
        self.busy.set()
        assert self.proceed.wait(10)
        if 13 in items:
            raise ValueError("13")
        return [item * item for item in items]


async def held(model: Model, batcher: MicroBatcher[int, int], first: int = 0) -> asyncio.Task[int]:
    """Send one item and hold the model on it, so that what follows queues up."""
    model.proceed.clear()
    task = asyncio.create_task(batcher.submit(first))
    assert await asyncio.to_thread(model.busy.wait, 10)
    return task


async def test_each_caller_gets_its_own_result_from_one_thread_that_is_not_the_loops() -> None:
    model = Model()
    batcher = MicroBatcher(model, max_batch=4, max_queue=100)
    assert await asyncio.gather(*(batcher.submit(n) for n in range(20) if n != 13)) == [
        n * n for n in range(20) if n != 13
    ]
    assert len(model.threads) == 1
    assert threading.get_ident() not in model.threads
    await batcher.close()


async def test_what_queues_up_while_the_model_is_busy_becomes_batches() -> None:
    model = Model()
    batcher = MicroBatcher(model, max_batch=4, max_queue=100)
    first = await held(model, batcher)
    rest = [asyncio.create_task(batcher.submit(n)) for n in range(1, 7)]
    await asyncio.sleep(0)
    model.proceed.set()
    await asyncio.gather(first, *rest)
    assert model.batches == [[0], [1, 2, 3, 4], [5, 6]]
    await batcher.close()


async def test_a_single_item_does_not_wait_for_others() -> None:
    batcher = MicroBatcher(Model(), max_batch=8, max_queue=8)
    async with asyncio.timeout(1):
        assert await batcher.submit(3) == 9
    await batcher.close()


async def test_one_bad_item_fails_alone() -> None:
    model = Model()
    batcher = MicroBatcher(model, max_batch=8, max_queue=100)
    first = await held(model, batcher)
    items = [10, 11, 12, 13, 14, 15]
    rest = [asyncio.create_task(batcher.submit(n)) for n in items]
    await asyncio.sleep(0)
    model.proceed.set()
    results = await asyncio.gather(*rest, return_exceptions=True)
    assert [r for r in results if not isinstance(r, BaseException)] == [100, 121, 144, 196, 225]
    assert isinstance(results[items.index(13)], ValueError)
    assert await first == 0
    assert model.batches[1] == items
    assert len(model.batches) <= 2 + 2 * 3, "halved, not tried one by one"
    await batcher.close()


async def test_a_model_that_loses_a_result_gives_nobody_the_result_of_another() -> None:
    model = Model()
    batcher = MicroBatcher[int, int](lambda items: model(items)[:1], max_batch=4, max_queue=100)
    first = await held(model, batcher)
    rest = [asyncio.create_task(batcher.submit(n)) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    model.proceed.set()
    assert await asyncio.gather(first, *rest) == [0, 4, 9, 16]
    assert await batcher.submit(5) == 25, "and it lives on"
    await batcher.close()


async def test_a_full_queue_answers_overloaded_at_once_but_events_wait() -> None:
    model = Model()
    batcher = MicroBatcher(model, max_batch=4, max_queue=2)
    first = await held(model, batcher)
    queued = [asyncio.create_task(batcher.try_submit(n)) for n in (1, 2)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded, match="2 photos are waiting"):
        await batcher.try_submit(3)
    patient = asyncio.create_task(batcher.submit(4))
    await asyncio.sleep(0)
    assert not patient.done()
    model.proceed.set()
    assert await asyncio.gather(first, *queued, patient) == [0, 1, 4, 16]
    await batcher.close()


async def test_a_caller_who_has_left_costs_no_inference() -> None:
    model = Model()
    batcher = MicroBatcher(model, max_batch=4, max_queue=100)
    first = await held(model, batcher)
    left, stays = (asyncio.create_task(batcher.submit(n)) for n in (1, 2))
    await asyncio.sleep(0)
    left.cancel()
    await asyncio.sleep(0)
    model.proceed.set()
    assert [await first, await stays] == [0, 4]
    assert model.batches == [[0], [2]]
    await batcher.close()


async def test_a_caller_who_leaves_during_inference_does_not_affect_others() -> None:
    model = Model()
    batcher = MicroBatcher(model, max_batch=4, max_queue=100)
    first = await held(model, batcher)
    first.cancel()
    await asyncio.sleep(0)
    model.proceed.set()
    assert await batcher.submit(5) == 25
    await batcher.close()


async def test_close_leaves_nobody_waiting() -> None:
    model = Model()
    batcher = MicroBatcher(model, max_batch=1, max_queue=100)
    in_work = await held(model, batcher)
    waiting = asyncio.create_task(batcher.submit(1))
    await asyncio.sleep(0)
    closing = asyncio.create_task(batcher.close())
    await asyncio.sleep(0)
    model.proceed.set()
    async with asyncio.timeout(10):
        await closing
        results = await asyncio.gather(in_work, waiting, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert model.batches == [[0]]
