"""What commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console
from rich.text import Text

F = TypeVar("F", bound=Callable[..., Any])

_BARS = "▁▂▃▄▅▆▇█"


def console() -> Console:
    """Return standard output; made when used, so that a redirection is seen. Brackets in what services say are not markup."""
    return Console(highlight=False, markup=False)


def json_option(command: F) -> F:
    """--json."""
    return click.option("--json", "as_json", is_flag=True, help="JSON for programs.")(command)


def print_json(value: Message | dict[str, Any] | Sequence[dict[str, Any]]) -> None:
    """One JSON document; protobuf fields keep their names, and those without a value are there too."""
    document = as_dict(value) if isinstance(value, Message) else value
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def as_dict(message: Message) -> dict[str, Any]:
    """Return a message as JSON's types."""
    return MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def swatch(rgb: int | None) -> Text:
    """Return a patch of color 0xRRGGBB; empty if None."""
    return Text("   ", style=f"on #{rgb:06x}") if rgb is not None else Text("")


def percent(share: float) -> str:
    """Return a share in percent, such as "12.3%"."""
    return f"{100 * share:.1f}%"


def sparkline(values: Sequence[float]) -> str:
    """Bars from 0 to the greatest of `values`."""
    top = max(values, default=0.0)
    if top <= 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[min(int(8 * value / top), 7)] for value in values)
