"""`snsfashion dead`: messages that a consumer gave up on."""

from __future__ import annotations

import asyncio
from typing import Any

import click
from rich.table import Table

from snsfashion_client.cli.errors import find_addresses
from snsfashion_client.cli.output import as_dict, console, json_option, print_json
from snsfashion_client.dead_letters import DeadLetters, Entry, connect


@click.group()
def dead() -> None:
    """Work with messages that a consumer gave up on.

    \b
    Examples:
      snsfashion dead list --service segmenter
      snsfashion dead show 12
      snsfashion dead retry 12 13
    """


@dead.command("list")
@click.option("--service", default="", help="Only those of the consumer with this name.")
@json_option
def list_(service: str, as_json: bool) -> None:
    """List all dead letters, oldest first. They are kept for 90 days.

    \b
    Examples:
      snsfashion dead list
      snsfashion dead list --service segmenter --json
    """
    with find_addresses() as found:
        entries = asyncio.run(_list(found.of("nats_url"), service))
    if as_json:
        print_json([_as_dict(entry) for entry in entries])
        return
    if not entries:
        console().print("There are no dead letters.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("no.", justify="right")
    for name in ("given up", "by", "photo", "reason"):
        table.add_column(name, overflow="fold")
    for entry in entries:
        letter = entry.letter
        table.add_row(
            str(entry.number),
            f"{letter.dead_at.ToDatetime():%Y-%m-%d %H:%M:%S}",
            letter.service,
            letter.image_id or "-",
            letter.reason,
        )
    console().print(table)


@dead.command()
@click.argument("number", type=int)
@json_option
def show(number: int, as_json: bool) -> None:
    """Show the dead letter with NUMBER in the list. --json has the whole body, in base64.

    \b
    Examples:
      snsfashion dead show 12
    """
    with find_addresses() as found:
        [entry] = asyncio.run(_get(found.of("nats_url"), (number,)))
    if as_json:
        print_json(_as_dict(entry))
        return
    letter = entry.letter
    table = Table.grid(padding=(0, 2))
    table.add_row("given up", f"{letter.dead_at.ToDatetime():%Y-%m-%d %H:%M:%S} UTC")
    table.add_row("by", f"{letter.service}, on delivery {letter.deliveries}")
    table.add_row("reason", letter.reason)
    table.add_row("photo", letter.image_id or "-")
    table.add_row("message", f"{letter.subject}, {letter.stream} {letter.stream_sequence}")
    table.add_row("headers", "\n".join(f"{k}: {v}" for k, v in sorted(letter.headers.items())))
    table.add_row("body", f"{len(letter.body)} bytes")
    console().print(table)


@dead.command()
@click.argument("numbers", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="All dead letters.")
@click.option(
    "--service", default="", help="With --all: only those of the consumer with this name."
)
@json_option
def retry(numbers: tuple[int, ...], everything: bool, service: str, as_json: bool) -> None:
    """Send the messages with NUMBERS in the list again. Fix what was wrong first.

    Every consumer of the subject receives a message again. That changes nothing for those that had finished it.

    \b
    Examples:
      snsfashion dead retry 12 13
      snsfashion dead retry --all --service segmenter
    """
    if everything == bool(numbers):
        raise click.UsageError("give either NUMBERS or --all")
    with find_addresses() as found:
        results = asyncio.run(_retry(found.of("nats_url"), numbers, service))
    if as_json:
        print_json([{"number": number, "sent": sent} for number, sent in results])
        return
    for number, sent in results:
        click.echo(
            f"{number}: "
            + ("sent again" if sent else "not sent: it was sent again less than two minutes ago")
        )


async def _list(nats_url: str, service: str) -> list[Entry]:
    async with connect(nats_url) as letters:
        return [entry async for entry in letters.find_all(service)]


async def _get(nats_url: str, numbers: tuple[int, ...]) -> list[Entry]:
    async with connect(nats_url) as letters:
        return [await _entry(letters, number) for number in numbers]


async def _entry(letters: DeadLetters, number: int) -> Entry:
    entry = await letters.find(number)
    if entry is None:
        raise click.ClickException(f"there is no dead letter {number}; see `snsfashion dead list`")
    return entry


async def _retry(nats_url: str, numbers: tuple[int, ...], service: str) -> list[tuple[int, bool]]:
    async with connect(nats_url) as letters:
        if numbers:
            entries = [await _entry(letters, number) for number in numbers]
        else:
            entries = [entry async for entry in letters.find_all(service)]
        return [(entry.number, await letters.retry(entry.letter)) for entry in entries]


def _as_dict(entry: Entry) -> dict[str, Any]:
    return {"number": entry.number, **as_dict(entry.letter)}
