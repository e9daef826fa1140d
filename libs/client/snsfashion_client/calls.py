"""Methods of a client that are made of the function that builds a request and the RPC that takes it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from snsfashion_client.stubs import AsyncStubs, Stubs

P = ParamSpec("P")
S = TypeVar("S")
Request = TypeVar("Request")
Answer = TypeVar("Answer")


def call(
    build: Callable[P, Request], rpc: Callable[[Stubs], Callable[[Request], Answer]]
) -> Callable[Concatenate[Stubs, P], Answer]:
    """Return a method that takes what `build` takes, sends the request that it returns, and returns the answer."""
    return _method(build, rpc)


def async_call(
    build: Callable[P, Request], rpc: Callable[[AsyncStubs], Callable[[Request], Answer]]
) -> Callable[Concatenate[AsyncStubs, P], Answer]:
    """Return the same as `call`, with an answer to await, or to iterate over."""
    return _method(build, rpc)


def _method(
    build: Callable[P, Request], rpc: Callable[[S], Callable[[Request], Answer]]
) -> Callable[Concatenate[S, P], Answer]:
    def method(self: S, /, *arguments: P.args, **named: P.kwargs) -> Answer:
        return rpc(self)(build(*arguments, **named))

    # For help() and editors: the name, the words and the arguments of `build`, after `self`.
    signature = inspect.signature(build)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    described: Any = method
    described.__name__, described.__doc__ = build.__name__, build.__doc__
    described.__signature__ = signature.replace(
        parameters=[own, *signature.parameters.values()], return_annotation=inspect.Signature.empty
    )
    return method
