"""Checks of arguments that a message would take in silence, or refuse without saying what to write."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

T = TypeVar("T")
_MICROS = 1_000_000


def listed(name: str, values: Iterable[T]) -> list[T]:
    """Return the values of the argument `name`. Raise TypeError for one bare string, which would be a list of letters."""
    if isinstance(values, str | bytes):
        raise TypeError(f"{name} takes a list: write {name}=[{values!r}]")
    return list(values)


def moment(name: str, time: datetime | None) -> Timestamp | None:
    """Return the time of the argument `name`; None for None. Raise ValueError if it has no time zone."""
    if time is None:
        return None
    if time.tzinfo is None:
        raise ValueError(
            f"{name} has no time zone: write for example {name}=datetime(2026, 11, 27, tzinfo=UTC)"
        )
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


def picture(name: str, photo: bytes) -> bytes:
    """Return the bytes of a picture. Raise TypeError for the name of a file."""
    if not isinstance(photo, bytes | bytearray | memoryview):
        raise TypeError(f"{name} takes the bytes of a picture: write {name}=Path(...).read_bytes()")
    return bytes(photo)


def micros(name: str, price: Decimal | float | str) -> int:
    """Return a price such as "39.90" in 1/1,000,000. Raise ValueError if it is not a number of 0 or more."""
    try:
        amount = Decimal(str(price))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise ValueError(f'{name} must be an amount of money, such as "39.90"')
    return int(amount * _MICROS)
