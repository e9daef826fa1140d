"""The errors that services raise. `rpc` maps each to one gRPC status, `consumer` to one fate of a message."""

from __future__ import annotations


class InvalidMessage(Exception):
    """An event that can never work: goes to the dead letters at once."""


class Gone(InvalidMessage):
    """An event whose photo has expired or was erased: there is nothing left to do, so it is dropped."""


class Retryable(Exception):
    """Something that may work later: the event is delivered again with back-off; the RPC is UNAVAILABLE."""


class InvalidArgument(Exception):
    """A request that breaks a limit of the contract: INVALID_ARGUMENT with google.rpc.BadRequest."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}")
        self.field = field
        self.description = description


class NotFound(Exception):
    """NOT_FOUND."""


class FailedPrecondition(Exception):
    """FAILED_PRECONDITION: the service lacks something that an operator must give it."""


class Overloaded(Exception):
    """RESOURCE_EXHAUSTED: the queue is full; try again later."""


class StartError(Exception):
    """A reason that a service can't start, for the operator: it ends with status 1 and this one line."""
