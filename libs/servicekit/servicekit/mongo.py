"""Connections to MongoDB."""

from __future__ import annotations

from typing import Any, TypeAlias

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from servicekit.errors import StartError

Document: TypeAlias = dict[str, Any]
Database: TypeAlias = AsyncDatabase[Document]
Client: TypeAlias = AsyncMongoClient[Document]


def open_client(uri: str, timeout_s: float) -> Client:
    """Return a client that connects on first use. Its calls fail if no server is reached within `timeout_s` seconds."""
    return AsyncMongoClient(
        uri, tz_aware=True, serverSelectionTimeoutMS=max(1, int(timeout_s * 1000))
    )


async def connect(uri: str, timeout_s: float) -> Client:
    """Return a connected client. Raise StartError if `uri` is invalid or no server answers within `timeout_s` seconds."""
    try:
        client = open_client(uri, timeout_s)
    except (PyMongoError, ValueError) as error:  # a ValueError if the port is not a number
        raise StartError(f"MONGODB_URI is not a valid address: {error}") from error
    try:
        await client.admin.command("ping")
    except PyMongoError as error:
        await client.close()
        raise StartError(f"no MongoDB at the address in MONGODB_URI: {error}") from error
    return client


def database(client: Client, service: str) -> Database:
    """Return a service's own database; no other service reads it."""
    return client[f"snsfashion_{service}"]
