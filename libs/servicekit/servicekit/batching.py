"""Micro-batching: one inference thread for each device, behind a bounded queue. So the event loop never runs a model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from servicekit.errors import Overloaded
from servicekit.telemetry import INFERENCE_BATCH, INFERENCE_QUEUE

In = TypeVar("In")
Out = TypeVar("Out")


class MicroBatcher(Generic[In, Out]):
    """Collects items from RPCs and events into batches and runs `predict` on them in one thread.

    `predict` takes 1 to `max_batch` items and returns as many results. If it fails for several items, the batch is halved
    until only the item that fails is affected. A batch is what has queued up while the model was busy; nothing waits for
    a batch to fill.
    """

    def __init__(
        self, predict: Callable[[Sequence[In]], Sequence[Out]], *, max_batch: int, max_queue: int
    ) -> None:
        self._predict = predict
        self._max_batch = max_batch
        self._queue: asyncio.Queue[tuple[In, asyncio.Future[Out]]] = asyncio.Queue(max_queue)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inference")
        self._task: asyncio.Task[None] | None = None

    async def try_submit(self, item: In) -> Out:
        """Return the result of one item. Raise Overloaded at once if the queue is full: for RPCs, whose callers can retry."""
        return await self._submit(item, wait=False)

    async def submit(self, item: In) -> Out:
        """Return the result of one item. Wait if the queue is full: for events, whose number the fetch already limits."""
        return await self._submit(item, wait=True)

    async def _submit(self, item: In, wait: bool) -> Out:
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        future: asyncio.Future[Out] = asyncio.get_running_loop().create_future()
        if wait:
            await self._queue.put((item, future))
        else:
            try:
                self._queue.put_nowait((item, future))
            except asyncio.QueueFull:
                raise Overloaded(
                    f"{self._queue.maxsize} photos are waiting already; try again later"
                ) from None
        INFERENCE_QUEUE.set(self._queue.qsize())
        return await future

    async def _run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < self._max_batch and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            # A caller whose deadline has passed no longer wants its result.
            batch = [entry for entry in batch if not entry[1].cancelled()]
            INFERENCE_QUEUE.set(self._queue.qsize())
            try:
                if batch:
                    await self._infer(batch)
            finally:
                for _, future in batch:
                    future.cancel()  # only those that `close` left without a result

    async def _infer(self, batch: list[tuple[In, asyncio.Future[Out]]]) -> None:
        INFERENCE_BATCH.observe(len(batch))
        loop = asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(
                self._thread, self._predict, [item for item, _ in batch]
            )
            if len(results) != len(batch):
                raise RuntimeError(
                    f"the model returned {len(results)} results for {len(batch)} items"
                )
        except Exception as error:
            if len(batch) == 1:
                if not batch[0][1].done():
                    batch[0][1].set_exception(error)
                return
            middle = len(batch) // 2
            await self._infer(batch[:middle])
            await self._infer(batch[middle:])
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)

    async def close(self) -> None:
        """End the thread after the current batch, and cancel those who still wait for a result."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        while not self._queue.empty():
            self._queue.get_nowait()[1].cancel()
        await asyncio.to_thread(self._thread.shutdown)
