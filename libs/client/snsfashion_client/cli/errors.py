"""Errors as texts that say what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
import grpc

from snsfashion_client.addresses import Addresses, AddressMissing, variable
from snsfashion_client.client import Client
from snsfashion_client.dead_letters import BrokerUnreachable


@contextmanager
def open_client(service: str) -> Iterator[Client]:
    """Yield a client for calls to `service`. An error becomes a ClickException that names the service and its address."""
    with find_addresses() as found, Client(found) as client:
        try:
            found.of(service)
            yield client
        except ValueError as error:  # an argument that could not be sent
            raise click.UsageError(str(error)) from None
        except grpc.RpcError as error:
            raise click.ClickException(_text(error, service, found)) from None


@contextmanager
def find_addresses() -> Iterator[Addresses]:
    """Yield the addresses. A missing address, or a broker that does not answer, becomes a ClickException."""
    try:
        yield Addresses.find()
    except AddressMissing as error:
        raise click.ClickException(str(error)) from None
    except BrokerUnreachable as error:
        raise click.ClickException(
            f"{error}: is it running? Set NATS_URL if it is at another address."
        ) from None


def _text(error: grpc.RpcError, service: str, found: Addresses) -> str:
    code, details = error.code(), error.details()
    where = f"the {service} service at {found.of(service)}"
    if code is grpc.StatusCode.UNAVAILABLE:
        return (
            f"{where} does not answer: is it running? Start everything with `make run`, "
            f"or set {variable(service)} if it is at another address."
        )
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return f"{where} did not answer in time."
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return f"{where} is a different service or an older version: {details}"
    if code in (
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.FAILED_PRECONDITION,
    ):
        return str(details)
    return f"{where}: {code.name}: {details}"
