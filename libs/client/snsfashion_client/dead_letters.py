"""Messages that a consumer gave up on: read from the broker, and sent again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import nats
import nats.errors
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from snsfashion.events.v1.events_pb2 import DeadLetter

STREAM = "DEADLETTERS"
RETRY_HEADER = "Sns-Retry-Of"
"""Names the dead letter that a message was sent again from."""

CONNECT_TIMEOUT_S = 5.0
_SUBJECTS = "sns.dead.*.v1"
_MESSAGE_ID = "Nats-Msg-Id"


class BrokerUnreachable(Exception):
    """NATS does not answer; the text says where."""


@dataclass(frozen=True)
class Entry:
    """A dead letter and its sequence in the stream, by which people name it."""

    number: int
    letter: DeadLetter


class DeadLetters:
    """The stream of dead letters."""

    def __init__(self, js: JetStreamContext) -> None:
        self._js = js

    async def entries(self, service: str = "") -> AsyncIterator[Entry]:
        """All that the stream holds, oldest first; of one service if stated."""
        subject = _SUBJECTS.replace("*", service) if service else _SUBJECTS
        number = 1
        while True:
            try:
                message = await self._js.get_msg(STREAM, seq=number, subject=subject, next=True)
            except NotFoundError:
                return
            if message.seq is None:
                return
            yield Entry(message.seq, DeadLetter.FromString(message.data or b""))
            number = message.seq + 1

    async def entry(self, number: int) -> Entry | None:
        """Return the dead letter with this sequence, or None."""
        try:
            message = await self._js.get_msg(STREAM, seq=number)
        except NotFoundError:
            return None
        return Entry(number, DeadLetter.FromString(message.data or b""))

    async def retry(self, letter: DeadLetter) -> bool:
        """Send the message again: the same body and subject, for every consumer of it.

        False if the broker has dropped it as a repetition: the same letter was retried within the last two minutes.
        """
        headers = {
            name: value
            for name, value in letter.headers.items()
            # What steered the broker when the message was first published.
            if not name.lower().startswith("nats-")
        }
        original = letter.headers.get(_MESSAGE_ID, "")
        # Not the original id, which the broker may remember; and the same for two retries of one letter.
        headers[_MESSAGE_ID] = f"{original}:retry:{letter.event_id}"
        headers[RETRY_HEADER] = letter.event_id
        acknowledged = await self._js.publish(
            letter.subject, letter.body, stream=letter.stream, headers=headers, timeout=10
        )
        return not acknowledged.duplicate


@asynccontextmanager
async def connect(nats_url: str) -> AsyncIterator[DeadLetters]:
    """Return a connection to the broker. Raises BrokerUnreachable."""

    async def quiet(_: Exception) -> None:
        """Stay silent: what goes wrong is raised to the caller; nats-py would also print it."""

    try:
        # By default nats-py tries for two minutes.
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            connection = await nats.connect(
                nats_url,
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0.1,
                error_cb=quiet,
            )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise BrokerUnreachable(f"NATS does not answer at {nats_url}") from error
    try:
        yield DeadLetters(connection.jetstream(timeout=10))
    finally:
        await connection.close()
