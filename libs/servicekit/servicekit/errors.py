"""The errors that services raise. `rpc` maps each to a gRPC status, `consumer` to what happens to the message."""

from __future__ import annotations

import re


class InvalidMessage(Exception):
    """An event that can never work: it becomes a dead letter at once."""


class Gone(InvalidMessage):
    """An event whose photo has expired or was erased: there is nothing left to do, so it is dropped."""


class Retryable(Exception):
    """Something that may work later: the event is delivered again with back-off; the RPC is UNAVAILABLE."""


class InvalidArgument(Exception):
    """A request that breaks a rule of the contract: INVALID_ARGUMENT with google.rpc.BadRequest."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}")
        self.field = field
        self.description = description


class NotFound(Exception):
    """Something that does not exist, or no longer exists: NOT_FOUND."""


class FailedPrecondition(Exception):
    """Something is missing that an operator must configure: FAILED_PRECONDITION."""


class Overloaded(Exception):
    """The queue is full; try again later: RESOURCE_EXHAUSTED."""


class StartError(Exception):
    """The reason why a service can't start. The process ends with status 1 and shows this text to the operator."""


def hide_password(url: str) -> str:
    """Return an address, or a list of them with commas, without user, password and token, so that errors may show it."""
    return re.sub(r"(^|,|//)[^/,]*@", r"\1", url)
