"""Every message is finished exactly once, whatever fails (docs/events.md). With a real broker."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import nats.errors
import pytest
from nats.js import JetStreamContext

from servicekit import consumer as consumer_module
from servicekit import events, topology
from servicekit.consumer import MAX_DELIVERIES, Consumer, Outcome, Subscription, publish
from servicekit.errors import Gone, InvalidMessage, Retryable
from servicekit.events import Publication
from snsfashion.events.v1 import events_pb2
from snsfashion.events.v1.events_pb2 import DeadLetter, ImageClassified, ImageCrawled
from snsfashion.fashion.v1 import fashion_pb2

(CLASSIFIER,) = topology.durables_of("classifier")
Handler: TypeAlias = Callable[[Sequence[ImageCrawled]], Awaitable[Sequence[Outcome]]]
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PATIENCE_S = 20.0


@pytest.fixture(autouse=True)
def short_fetches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make fetches short, since a consumer stops only after its last one."""
    monkeypatch.setattr(consumer_module, "FETCH_TIMEOUT_S", 0.1)


def photo(number: int) -> ImageCrawled:
    """Return the event of a crawled photo."""
    event = ImageCrawled(
        image=fashion_pb2.ImageRef(
            image_id=f"site:post{number}:0", sha256=number.to_bytes(32, "big")
        ),
        provenance=fashion_pb2.Provenance(
            site="site", post=f"post{number}", kind=fashion_pb2.SOURCE_KIND_SOCIAL
        ),
        generations=fashion_pb2.Generations(provenance=1),
    )
    event.provenance.posted_at.FromDatetime(NOW)
    event.event_id = events.photo_event_id(topology.CRAWLED, event.image, event.generations)
    return event


def verdict(event: ImageCrawled) -> Publication[Any]:
    """Return what the classifier would publish about it."""
    result = ImageClassified(
        image=event.image, provenance=event.provenance, generations=event.generations, fashion=True
    )
    result.generations.classifier = 1
    result.event_id = events.photo_event_id(topology.FASHION, result.image, result.generations)
    return Publication(topology.FASHION, result)


async def answer(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
    """Handle events as a handler that works."""
    return [[verdict(event)] for event in batch]


@asynccontextmanager
async def consuming(js: JetStreamContext, handler: Handler) -> AsyncIterator[Consumer]:
    """Run a consumer of the classifier that retries without back-off."""
    consumer = Consumer(
        js,
        CLASSIFIER,
        [Subscription(topology.CRAWLED, handler)],
        clock=lambda: NOW,
        backoff=lambda _: 0.0,
    )
    consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop(5)


async def crawl(js: JetStreamContext, *numbers: int) -> None:
    """Publish photos; without Nats-Msg-Id, so that the broker lets duplicates pass."""
    for number in numbers:
        await js.publish(topology.CRAWLED, photo(number).SerializeToString())


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a condition holds that other tasks bring about."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():  # noqa: ASYNC110 (what is waited for is at the broker)
            await asyncio.sleep(0.02)


async def settled(js: JetStreamContext) -> None:
    """Wait until the classifier has nothing left to do."""

    async def idle() -> bool:
        info = await js.consumer_info(topology.PIPELINE, "classifier")
        return not info.num_pending and not info.num_ack_pending

    await until(idle)


async def count(js: JetStreamContext, stream: str, subject: str) -> int:
    """Return the number of messages stored on a subject."""
    state = (await js.stream_info(stream, subjects_filter=subject)).state
    return (state.subjects or {}).get(subject, 0)


async def letters(js: JetStreamContext) -> list[DeadLetter]:
    """Return every dead letter of the classifier, oldest first."""
    state = (await js.stream_info(topology.DEADLETTERS)).state
    return [
        DeadLetter.FromString((await js.get_msg(topology.DEADLETTERS, sequence)).data or b"")
        for sequence in range(state.first_seq, state.last_seq + 1)
        if state.messages
    ]


async def test_a_message_is_acked_after_its_outputs_are_published(js: JetStreamContext) -> None:
    await crawl(js, 1, 2, 3)
    async with consuming(js, answer):
        await settled(js)
    assert await count(js, topology.PIPELINE, topology.FASHION) == 3
    assert await letters(js) == []


async def test_what_comes_while_it_runs_is_handled_too(js: JetStreamContext) -> None:
    async with consuming(js, answer):
        await settled(js)
        await crawl(js, 1)
        await settled(js)
    assert await count(js, topology.PIPELINE, topology.FASHION) == 1


async def test_a_body_that_is_not_protobuf_goes_to_the_dead_letters_at_once(
    js: JetStreamContext,
) -> None:
    await js.publish(topology.CRAWLED, b"\xff not protobuf", headers={"Sns-Test": "kept"})
    await crawl(js, 1)
    async with consuming(js, answer):
        await settled(js)
    (letter,) = await letters(js)
    assert letter.body == b"\xff not protobuf"
    assert letter.headers["Sns-Test"] == "kept"
    assert "ImageCrawled" in letter.reason
    assert (letter.service, letter.subject, letter.stream) == (
        "classifier",
        topology.CRAWLED,
        topology.PIPELINE,
    )
    assert (letter.stream_sequence, letter.deliveries, letter.image_id) == (1, 1, "")
    assert letter.dead_at.ToDatetime(UTC) == NOW
    assert await count(js, topology.PIPELINE, topology.FASHION) == 1


async def test_an_event_that_can_never_work_is_dead_after_one_delivery(
    js: JetStreamContext,
) -> None:
    async def refuse(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        return [InvalidMessage("the photo is damaged") for _ in batch]

    await crawl(js, 7)
    async with consuming(js, refuse):
        await settled(js)
    (letter,) = await letters(js)
    assert (letter.reason, letter.deliveries) == ("the photo is damaged", 1)
    assert letter.image_id == "site:post7:0"
    assert ImageCrawled.FromString(letter.body) == photo(7)


async def test_a_reason_that_is_not_valid_utf8_still_makes_a_letter(js: JetStreamContext) -> None:
    async def refuse(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        return [InvalidMessage("no photo in \udcff.jpg") for _ in batch]

    await crawl(js, 7)
    async with consuming(js, refuse):
        await settled(js)
    (letter,) = await letters(js)
    assert letter.reason == "no photo in ?.jpg"


async def test_an_event_whose_photo_is_gone_is_dropped(js: JetStreamContext) -> None:
    async def gone(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        return [Gone("expired") for _ in batch]

    await crawl(js, 1)
    async with consuming(js, gone):
        await settled(js)
    assert await letters(js) == []
    assert await count(js, topology.PIPELINE, topology.FASHION) == 0


@pytest.mark.parametrize("bad_post", ["post1", "post3", "post5"])
async def test_a_raising_handler_costs_only_the_one_bad_event(
    js: JetStreamContext, bad_post: str
) -> None:
    async def picky(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        if any(event.provenance.post == bad_post for event in batch):
            raise InvalidMessage("poison")
        return await answer(batch)

    await crawl(js, 1, 2, 3, 4, 5)
    async with consuming(js, picky):
        await settled(js)
    assert [letter.image_id for letter in await letters(js)] == [f"site:{bad_post}:0"]
    assert await count(js, topology.PIPELINE, topology.FASHION) == 4


async def test_a_handler_that_loses_an_outcome_loses_no_event(js: JetStreamContext) -> None:
    async def forgetful(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        return (await answer(batch))[: max(1, len(batch) - 1)]

    await crawl(js, 1, 2, 3)
    async with consuming(js, forgetful):
        await settled(js)
    assert await count(js, topology.PIPELINE, topology.FASHION) == 3


async def test_what_may_work_later_is_delivered_again(js: JetStreamContext) -> None:
    tries: Counter[str] = Counter()

    async def flaky(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        tries.update(event.provenance.post for event in batch)
        return [
            [verdict(event)] if tries[event.provenance.post] == 3 else Retryable("not yet")
            for event in batch
        ]

    await crawl(js, 1, 2)
    async with consuming(js, flaky):
        await settled(js)
    assert tries == {"post1": 3, "post2": 3}
    assert await count(js, topology.PIPELINE, topology.FASHION) == 2
    assert await letters(js) == []


@pytest.mark.parametrize("error", [Retryable("database is down"), KeyError("a bug")])
async def test_what_never_works_is_dead_on_its_last_delivery(
    js: JetStreamContext, error: Exception
) -> None:
    tries = 0

    async def down(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        nonlocal tries
        tries += 1
        return [error for _ in batch]

    await crawl(js, 1)
    async with consuming(js, down):
        await settled(js)
    (letter,) = await letters(js)
    assert tries == letter.deliveries == MAX_DELIVERIES
    assert letter.reason == str(error)


def test_back_off_doubles_up_to_a_minute() -> None:
    assert [consumer_module.backoff_s(n) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_a_duplicate_gives_the_same_output_once(js: JetStreamContext) -> None:
    seen = 0

    async def counted(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        nonlocal seen
        seen += len(batch)
        return await answer(batch)

    await crawl(js, 1, 1)
    async with consuming(js, counted):
        await settled(js)
    assert seen == 2
    # The outputs have one Nats-Msg-Id, by which the broker keeps one.
    assert await count(js, topology.PIPELINE, topology.FASHION) == 1


async def test_a_crash_between_write_and_ack_publishes_again(
    js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first consumer dies as with kill -9: after the handler's write, before the message is settled."""
    monkeypatch.setattr(topology, "ACK_WAIT", timedelta(seconds=1))
    await shorten_ack_wait(js, 1)
    written: set[str] = set()

    async def write(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        written.update(event.image.image_id for event in batch)
        return await answer(batch)

    class Killed(BaseException):
        pass

    async def die(*_: object) -> None:
        raise Killed

    first = Consumer(js, CLASSIFIER, [Subscription(topology.CRAWLED, write)], clock=lambda: NOW)
    monkeypatch.setattr(first, "_settle", die)
    await crawl(js, 1, 2)
    with pytest.raises(Killed):
        await first.start()
    assert written == {"site:post1:0", "site:post2:0"}
    assert await count(js, topology.PIPELINE, topology.FASHION) == 0

    async with consuming(js, write):
        await settled(js)
    assert await count(js, topology.PIPELINE, topology.FASHION) == 2
    assert await letters(js) == []


async def test_one_event_that_kills_the_process_takes_no_other_with_it(
    js: JetStreamContext,
) -> None:
    """One process after another dies on the same photo, as if it needed too much memory."""
    await shorten_ack_wait(js, 0.2)
    handled: set[str] = set()

    class Killed(BaseException):
        pass

    async def fatal(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        if any(event.provenance.post == "post3" for event in batch):
            raise Killed
        handled.update(event.provenance.post for event in batch)
        return await answer(batch)

    await crawl(js, 1, 2, 3, 4, 5)
    deaths = 0
    while not await letters(js):
        task = Consumer(
            js, CLASSIFIER, [Subscription(topology.CRAWLED, fatal)], clock=lambda: NOW
        ).start()
        await asyncio.wait(
            {task, dead := asyncio.create_task(until(lambda: has_letters(js)))},
            return_when="FIRST_COMPLETED",
        )
        dead.cancel()
        if task.done():
            deaths += isinstance(task.exception(), Killed)
        else:
            task.cancel()
    await settled(js)
    assert deaths == MAX_DELIVERIES
    assert [letter.image_id for letter in await letters(js)] == ["site:post3:0"]
    assert handled == {"post1", "post2", "post4", "post5"}


async def test_an_event_retried_from_the_dead_letters_is_announced_before_it_is_handled(
    js: JetStreamContext,
) -> None:
    seen: list[str] = []

    async def noted(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        seen.extend(event.provenance.post for event in batch)
        return await answer(batch)

    async def retried(event: ImageCrawled, dead_letter: str) -> None:
        seen.append(f"{event.provenance.post} from {dead_letter}")
        if len(seen) == 1:
            raise Retryable("the ledger is away")

    headers = {consumer_module.RETRY_HEADER: "letter"}
    await js.publish(topology.CRAWLED, photo(1).SerializeToString(), headers=headers)
    consumer = Consumer(
        js,
        CLASSIFIER,
        [Subscription(topology.CRAWLED, noted)],
        backoff=lambda _: 0.0,
        retried=retried,
    )
    consumer.start()
    await settled(js)
    await consumer.stop(5)
    assert seen == ["post1 from letter", "post1 from letter", "post1"]


async def test_a_settlement_that_fails_is_delivered_again(
    js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shorten_ack_wait(js, 1)
    failures = iter([nats.errors.TimeoutError(), OSError("broken pipe")])

    async def unreliable(context: JetStreamContext, publication: Publication[Any]) -> None:
        if error := next(failures, None):
            raise error
        await publish(context, publication)

    monkeypatch.setattr(consumer_module, "publish", unreliable)
    await crawl(js, 1, 2, 3)
    async with consuming(js, answer):
        await settled(js)
    assert await count(js, topology.PIPELINE, topology.FASHION) == 3
    assert await letters(js) == []


async def test_stop_finishes_what_is_in_flight(js: JetStreamContext) -> None:
    started, proceed = asyncio.Event(), asyncio.Event()

    async def slow(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        started.set()
        await proceed.wait()
        return await answer(batch)

    await crawl(js, 1)
    async with consuming(js, slow) as consumer:
        await started.wait()
        stopping = asyncio.create_task(consumer.stop(5))
        await asyncio.sleep(0)
        proceed.set()
        await stopping
    info = await js.consumer_info(topology.PIPELINE, "classifier")
    assert info.num_ack_pending == 0
    assert await count(js, topology.PIPELINE, topology.FASHION) == 1


async def test_stop_gives_back_what_it_cannot_finish(js: JetStreamContext) -> None:
    """Another replica gets the message at once, not after ACK_WAIT."""
    started = asyncio.Event()

    async def stuck(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    await crawl(js, 1)
    consumer = Consumer(js, CLASSIFIER, [Subscription(topology.CRAWLED, stuck)], clock=lambda: NOW)
    consumer.start()
    await started.wait()
    await consumer.stop(0.01)
    async with asyncio.timeout(topology.ACK_WAIT.total_seconds() / 2), consuming(js, answer):
        await settled(js)
    assert await count(js, topology.PIPELINE, topology.FASHION) == 1


async def test_long_work_is_not_delivered_twice(
    js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shorten_ack_wait(js, 0.3)
    monkeypatch.setattr(topology, "ACK_WAIT", timedelta(seconds=0.3))
    calls = 0

    async def slow(batch: Sequence[ImageCrawled]) -> Sequence[Outcome]:
        nonlocal calls
        calls += 1
        await asyncio.sleep(3 * topology.ACK_WAIT.total_seconds())  # what the broker must bear
        return await answer(batch)

    await crawl(js, 1)
    async with consuming(js, slow), consuming(js, slow):
        await settled(js)
    assert calls == 1, "the other replica got it too"


async def test_health_goes_when_the_broker_is_silent(
    js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "STALE_AFTER_S", 0.0)
    consumer = Consumer(js, CLASSIFIER, [Subscription(topology.CRAWLED, answer)])
    assert not consumer.is_healthy
    monkeypatch.setattr(consumer_module, "STALE_AFTER_S", 15.0)
    assert consumer.is_healthy


def test_a_subject_without_a_handler_is_refused(js: JetStreamContext) -> None:
    with pytest.raises(ValueError, match="needs a handler for each"):
        Consumer(js, CLASSIFIER, [])


async def test_dead_letters_of_all_services_reach_one_handler(js: JetStreamContext) -> None:
    durable = next(d for d in topology.DURABLES if d.stream == topology.DEADLETTERS)
    seen: list[str] = []

    async def note(batch: Sequence[events_pb2.DeadLetter]) -> Sequence[Outcome]:
        seen.extend(letter.service for letter in batch)
        return [[] for _ in batch]

    for service in ("color", "trends"):
        letter = DeadLetter(event_id=service, service=service)
        await publish(js, Publication(topology.dead_subject(service), letter))
    consumer = Consumer(js, durable, [Subscription(topology.DEAD, note)])
    consumer.start()

    async def both() -> bool:
        return len(seen) == 2

    await until(both)
    await consumer.stop(5)
    assert seen == ["color", "trends"]


async def has_letters(js: JetStreamContext) -> bool:
    """Tell whether there is a dead letter."""
    return bool(await letters(js))


async def shorten_ack_wait(js: JetStreamContext, seconds: float) -> None:
    """Make the broker deliver messages again sooner than in production."""
    config = (await js.consumer_info(topology.PIPELINE, "classifier")).config
    config.ack_wait = seconds
    await js.add_consumer(topology.PIPELINE, config)
