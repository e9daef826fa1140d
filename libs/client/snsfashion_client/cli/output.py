"""The output of commands: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console
from rich.table import Table
from rich.text import Text

F = TypeVar("F", bound=Callable[..., Any])

_NO_LIMIT = 10_000
_BARS = "▁▂▃▄▅▆▇█"


def console() -> Console:
    """Return a console for standard output as it is now. Text in brackets is not markup.

    What is not a terminal gets lines as long as they are: ids and links stay whole.
    """
    width = None if sys.stdout.isatty() else _NO_LIMIT
    return Console(highlight=False, markup=False, width=width)


def table(*columns: str) -> Table:
    """Return a table without lines. Ids and links of its last columns are folded, never cut."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        made.add_column(name, overflow="fold")
    return made


def json_option(command: F) -> F:
    """Add the option --json to a command."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def print_json(value: Message | dict[str, Any] | Sequence[dict[str, Any]]) -> None:
    """Print one JSON document. Protobuf fields keep their names, and fields without a value are included."""
    document = as_dict(value) if isinstance(value, Message) else value
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def as_dict(message: Message) -> dict[str, Any]:
    """Return a message as values that json can write."""
    return MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def swatch(rgb: int | None) -> Text:
    """Return a sample of the color 0xRRGGBB; empty if None."""
    return Text("   ", style=f"on #{rgb:06x}") if rgb is not None else Text("")


def percent(share: float) -> str:
    """Return a share in percent, such as "12.3%"."""
    return f"{100 * share:.1f}%"


def sparkline(values: Sequence[float]) -> str:
    """Return one bar for each value, from 0 to the greatest."""
    top = max(values, default=0.0)
    if top <= 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[min(int(8 * value / top), 7)] for value in values)
