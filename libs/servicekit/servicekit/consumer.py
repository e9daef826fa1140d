"""The consumer: at-least-once delivery, effects exactly once, in any order (docs/events.md).

validate -> handler (compute, idempotent write) -> publish its outputs (PubAck awaited) -> ack (awaited).
A message ends in one of three ways: it is acked; it is moved to the dead letters and terminated; or it is delivered again
later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeAlias

import nats.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from servicekit import events, telemetry, topology
from servicekit.errors import Gone, InvalidMessage
from servicekit.events import Publication
from servicekit.telemetry import EVENT_SECONDS, EVENTS
from servicekit.topology import E
from snsfashion.events.v1.events_pb2 import DeadLetter

Outcome: TypeAlias = Sequence[Publication[Any]] | BaseException
"""The result of one event: what to publish (possibly nothing), or why it failed."""


@dataclass(frozen=True)
class Subscription(Generic[E]):
    """A subject and the handler of its events.

    `handle` takes decoded events and returns one outcome for each, in order. It may also raise: then it is called again with
    each event alone, so that one bad event does not affect the others.
    """

    subject: topology.Subject[E]
    handle: Callable[[Sequence[E]], Awaitable[Sequence[Outcome]]]


Handle: TypeAlias = Callable[[Sequence[Any]], Awaitable[Sequence[Outcome]]]
Retried: TypeAlias = Callable[[Any, str], Awaitable[None]]
"""Takes a decoded event that an operator sent again, and the event id of the dead letter that it was in."""

# A message that fails on this delivery becomes a dead letter: after 1 + 2 + 4 + 8 + 16 + 32 + 60 s of back-off.
MAX_DELIVERIES = 8
FETCH_TIMEOUT_S = 1.0
# From this delivery on, a message is handled alone: it may be the one that killed the process before.
SUSPECT_DELIVERIES = 3
# Longer than a fetch may stall, shorter than a probe allows.
STALE_AFTER_S = 15.0
# Header with the dead letter that a message was retried from (`snsfashion dead retry`).
RETRY_HEADER = "Sns-Retry-Of"

_log = telemetry.log("consumer")


def backoff_s(delivery: int) -> float:
    """Return the seconds to wait after the failed `delivery`, counted from 1."""
    return min(2.0 ** (delivery - 1), 60.0)


class Consumer:
    """Runs the handlers of one service on one stream, until `stop`."""

    def __init__(
        self,
        js: JetStreamContext,
        durable: topology.Durable,
        subscriptions: Sequence[Subscription[Any]],
        *,
        batch: int = 32,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        backoff: Callable[[int], float] = backoff_s,
        retried: Retried | None = None,
    ) -> None:
        """`subscriptions`: one for each subject of `durable`.

        `retried` is called before the handler with each event that was retried from the dead letters.
        """
        if {subscription.subject for subscription in subscriptions} != set(durable.subjects):
            raise ValueError(f"{durable} needs a handler for each of its subjects")
        self._js = js
        self._durable = durable
        self._handlers: dict[str, Handle] = {s.subject: s.handle for s in subscriptions}
        self._batch = batch
        self._clock = clock
        self._backoff = backoff
        self._retried = retried
        self._stopping = asyncio.Event()
        self._in_flight: dict[str, Msg] = {}  # by reply subject, which is a delivery's own
        self._task: asyncio.Task[None] | None = None
        self._last_contact = time.monotonic()

    @property
    def is_healthy(self) -> bool:
        """Whether the broker has answered recently. False if a subscription is silent, as may be after a restart of the server."""
        return time.monotonic() - self._last_contact < STALE_AFTER_S or bool(self._in_flight)

    def start(self) -> asyncio.Task[None]:
        """Start to fetch. The task ends after `stop`; if it ends before, it raises what went wrong."""
        self._task = asyncio.create_task(self._run(), name=f"consume {self._durable.stream}")
        return self._task

    async def stop(self, grace_s: float) -> None:
        """Stop fetching and finish what is in flight. Give back what is not done after `grace_s` seconds."""
        self._stopping.set()
        if self._task is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=grace_s)
        if not done:
            unfinished = tuple(self._in_flight.values())
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            for message in unfinished:
                with suppress(nats.errors.Error):
                    await message.nak()

    async def _bind(self) -> JetStreamContext.PullSubscription:
        return await self._js.pull_subscribe_bind(
            consumer=self._durable.service, stream=self._durable.stream
        )

    async def _run(self) -> None:
        subscription = None
        while not self._stopping.is_set():
            try:
                if subscription is None:
                    subscription = await self._bind()
                messages = await subscription.fetch(self._batch, timeout=FETCH_TIMEOUT_S)
            except (nats.errors.TimeoutError, TimeoutError):
                if subscription is not None and not await self._is_empty(subscription):
                    with suppress(nats.errors.Error):
                        await subscription.unsubscribe()
                    subscription = None
                continue
            except (nats.errors.Error, OSError) as error:
                _log.warning("fetch_failed", stream=self._durable.stream, error=repr(error))
                with suppress(nats.errors.Error):
                    if subscription is not None:
                        await subscription.unsubscribe()
                subscription = None
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), 1.0)
                continue
            self._last_contact = time.monotonic()
            await self._process(messages)
        if subscription is not None:
            # drain() with an open pull subscription takes 30 s and fails.
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()

    async def _is_empty(self, subscription: JetStreamContext.PullSubscription) -> bool:
        """Tell after an empty fetch whether there is nothing to fetch; if not, the subscription is silent."""
        try:
            info = await subscription.consumer_info()
        except (nats.errors.Error, TimeoutError, OSError):
            return False
        self._last_contact = time.monotonic()
        return not info.num_pending

    async def _process(self, messages: Sequence[Msg]) -> None:
        self._in_flight.update((message.reply, message) for message in messages)
        beat = asyncio.create_task(self._keep_alive())
        fresh = [m for m in messages if m.metadata.num_delivered < SUSPECT_DELIVERIES]
        suspects = [m for m in messages if m.metadata.num_delivered >= SUSPECT_DELIVERIES]
        if suspects and suspects[0].metadata.num_delivered % 2:
            # Reverse the order every other time, so that a message that kills the process does not block the others.
            suspects.reverse()
        try:
            await self._process_batch(fresh)
            for suspect in suspects:
                await self._process_batch([suspect])
        finally:
            beat.cancel()
            for message in messages:
                self._in_flight.pop(message.reply, None)

    async def _process_batch(self, messages: Sequence[Msg]) -> None:
        by_subject: dict[str, list[tuple[Msg, topology.Event]]] = {}
        for message in messages:
            try:
                if message.metadata.num_delivered > MAX_DELIVERIES:
                    # It has killed the process before, or its dead letter could not be written.
                    raise InvalidMessage(f"not finished in {MAX_DELIVERIES} deliveries")
                event = events.decode(message.subject, message.data)
                dead_letter = (message.headers or {}).get(RETRY_HEADER)
                if dead_letter and self._retried:
                    await self._retried(event, dead_letter)
            except Exception as error:
                await self._settle(message, error)
            else:
                by_subject.setdefault(self._pattern(message.subject), []).append((message, event))
        for pattern, group in by_subject.items():
            with EVENT_SECONDS.labels(pattern).time():
                outcomes = await self._handle(pattern, group)
            for (message, _), outcome in zip(group, outcomes, strict=True):
                await self._settle(message, outcome)

    def _pattern(self, subject: str) -> str:
        return topology.find_subject(subject) or subject

    async def _handle(
        self, pattern: str, group: Sequence[tuple[Msg, topology.Event]]
    ) -> Sequence[Outcome]:
        handler = self._handlers[pattern]
        try:
            # A batch has one span, which continues the trace of its first message.
            with telemetry.span(pattern, group[0][0].headers or {}):
                outcomes = await handler([event for _, event in group])
            if len(outcomes) != len(group):
                raise RuntimeError(
                    f"the handler returned {len(outcomes)} outcomes for {len(group)} events"
                )
            return outcomes
        except Exception as error:
            if len(group) == 1:
                return [error]
            return [(await self._handle(pattern, [one]))[0] for one in group]

    async def _settle(self, message: Msg, outcome: Outcome) -> None:
        """Publish and ack, give back, or give up. If this fails, the broker delivers the message again."""
        try:
            with telemetry.span(f"settle {message.subject}", message.headers or {}):
                label = await self._end(message, outcome)
        except (nats.errors.Error, TimeoutError, OSError) as error:
            _log.warning("settle_failed", subject=message.subject, error=repr(error))
            label = "unsettled"
        EVENTS.labels(self._pattern(message.subject), label).inc()
        del self._in_flight[message.reply]

    async def _end(self, message: Msg, outcome: Outcome) -> str:
        if not isinstance(outcome, BaseException):
            for publication in outcome:
                await publish(self._js, publication)
            await message.ack_sync()
            return "acked"
        if isinstance(outcome, Gone):
            _log.info("gone", subject=message.subject, reason=str(outcome))
            await message.ack_sync()
            return "gone"
        deliveries = message.metadata.num_delivered
        if isinstance(outcome, InvalidMessage) or deliveries >= MAX_DELIVERIES:
            await self._give_up(message, outcome)
            return "dead"
        delay = self._backoff(deliveries)
        _log.warning(
            "will_retry",
            subject=message.subject,
            delivery=deliveries,
            delay_s=delay,
            error=repr(outcome),
        )
        await message.nak(delay=delay)
        return "retried"

    async def _give_up(self, message: Msg, error: BaseException) -> None:
        metadata = message.metadata
        service, stream = self._durable.service, self._durable.stream
        sequence = metadata.sequence.stream
        subject = topology.dead_subject(service)
        letter = DeadLetter(
            event_id=events.event_id(subject, service, stream, sequence),
            service=service,
            subject=message.subject,
            stream=stream,
            stream_sequence=sequence,
            deliveries=metadata.num_delivered,
            # An error may quote a file name or a body, so the text may not be valid UTF-8.
            reason=(str(error) or repr(error)).encode(errors="replace").decode(),
            body=message.data,
            image_id=events.image_id_of(message.subject, message.data),
            dead_at=events.timestamp(self._clock()),
            headers=message.headers or {},
        )
        _log.error(
            "dead",
            subject=message.subject,
            sequence=sequence,
            image_id=letter.image_id,
            reason=letter.reason,
        )
        await publish(self._js, Publication(subject, letter))
        await message.term()

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(topology.ACK_WAIT.total_seconds() / 3)
            for message in tuple(self._in_flight.values()):
                with suppress(nats.errors.Error):
                    await message.in_progress()


async def publish(js: JetStreamContext, publication: Publication[Any]) -> None:
    """Publish and wait for the broker's acknowledgment."""
    await js.publish(
        publication.subject,
        publication.event.SerializeToString(deterministic=True),
        timeout=10,
        headers={"Nats-Msg-Id": publication.event.event_id, **telemetry.trace_headers()},
    )
