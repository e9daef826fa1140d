"""Messages that a consumer gave up on: read them from the broker, and send them again.

The names of the stream, the subject and the header are those of servicekit, which the client does not import.
"""

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
SUBJECT = "sns.dead.*.v1"
"""`*` stands for the service that gave up."""
RETRY_HEADER = "Sns-Retry-Of"
"""The header with the event id of the dead letter that a message was sent again from."""

CONNECT_TIMEOUT_S = 5.0
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

    async def find_all(self, service: str = "") -> AsyncIterator[Entry]:
        """Yield all dead letters, oldest first; with `service`, only those of that service."""
        subject = SUBJECT.replace("*", service) if service else SUBJECT
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

    async def find(self, number: int) -> Entry | None:
        """Return the dead letter with this sequence, or None if there is none."""
        try:
            message = await self._js.get_msg(STREAM, seq=number)
        except NotFoundError:
            return None
        return Entry(number, DeadLetter.FromString(message.data or b""))

    async def retry(self, letter: DeadLetter) -> bool:
        """Send the message again to every consumer, with the same body and subject.

        Return False if the broker has dropped it as a duplicate: this letter was retried within the last two minutes.
        """
        headers = {
            name: value
            for name, value in letter.headers.items()
            # These controlled the broker when the message was first published.
            if not name.lower().startswith("nats-")
        }
        original = letter.headers.get(_MESSAGE_ID, "")
        # Not the original id, which the broker may remember. Two retries of one letter have the same id.
        headers[_MESSAGE_ID] = f"{original}:retry:{letter.event_id}"
        headers[RETRY_HEADER] = letter.event_id
        acknowledged = await self._js.publish(
            letter.subject, letter.body, stream=letter.stream, headers=headers, timeout=10
        )
        return not acknowledged.duplicate


@asynccontextmanager
async def connect(nats_url: str) -> AsyncIterator[DeadLetters]:
    """Connect to the broker, and yield its dead letters. Raise BrokerUnreachable."""

    async def quiet(_: Exception) -> None:
        """Print nothing: errors are raised to the caller, and nats-py would print them too."""

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
        # What stands before the host may be a password.
        scheme, _, rest = nats_url.partition("://")
        address = rest.rpartition("@")[2]
        raise BrokerUnreachable(f"NATS does not answer at {scheme}://{address}") from error
    try:
        yield DeadLetters(connection.jetstream(timeout=10))
    finally:
        await connection.close()
