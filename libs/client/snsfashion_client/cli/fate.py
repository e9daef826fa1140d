"""`snsfashion fate` and `snsfashion fates`: what happened to photos."""

from __future__ import annotations

import click
from rich.table import Table

from snsfashion.crawler.v1 import crawler_pb2
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.output import console, json_option, print_json

_MEANING = {
    crawler_pb2.FATE_WAITING: "not finished yet",
    crawler_pb2.FATE_REJECTED: "not a fashion photo",
    crawler_pb2.FATE_EMPTY: "no garment was found",
    crawler_pb2.FATE_DESCRIBED: "an outfit",
    crawler_pb2.FATE_DEAD: "given up; see `snsfashion dead list`",
    crawler_pb2.FATE_GONE: "expired before it was processed",
    crawler_pb2.FATE_ERASED: "its post was erased",
}


@click.command()
@click.argument("image_id")
@json_option
def fate(image_id: str, as_json: bool) -> None:
    """Show what happened to one photo.

    IMAGE_ID is <site>:<post>:<n>.

    \b
    Examples:
      snsfashion fate instagram:18023:0
    """
    with open_client("crawler") as client:
        answer = client.crawler.GetFate(crawler_pb2.GetFateRequest(image_id=image_id))
    if as_json:
        print_json(answer)
        return
    record = answer.record
    table = Table.grid(padding=(0, 2))
    table.add_row("photo", record.image_id)
    table.add_row("fate", f"{fate_word(record.fate)}: {_MEANING.get(record.fate, '')}")
    if record.reason:
        table.add_row("reason", record.reason)
    if record.fate == crawler_pb2.FATE_DESCRIBED:
        table.add_row("garments", str(record.garments))
    if record.HasField("provenance"):
        table.add_row("page", record.provenance.page or "-")
        table.add_row("posted", f"{record.provenance.posted_at.ToDatetime():%Y-%m-%d}")
    table.add_row("since", f"{record.updated_at.ToDatetime():%Y-%m-%d %H:%M:%S} UTC")
    console().print(table)


@click.command()
@click.option("--crawl", "crawl_id", default="", help="Only photos of this crawl.")
@json_option
def fates(crawl_id: str, as_json: bool) -> None:
    """Count photos by fate.

    \b
    Examples:
      snsfashion fates
      snsfashion fates --crawl 6f1c... --json
    """
    with open_client("crawler") as client:
        answer = client.crawler.CountFates(crawler_pb2.CountFatesRequest(crawl_id=crawl_id))
    if as_json:
        print_json(answer)
        return
    console().print(fates_table(answer))


def fates_table(counts: crawler_pb2.CountFatesResponse) -> Table:
    """Return a table of the counts, with the meaning of each fate."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("fate")
    table.add_column("photos", justify="right")
    table.add_column("")
    for entry in sorted(counts.counts, key=lambda entry: entry.fate):
        table.add_row(fate_word(entry.fate), str(entry.photos), _MEANING.get(entry.fate, ""))
    table.add_row("in all", str(counts.total), "", style="bold")
    return table


def fate_word(fate: crawler_pb2.Fate.ValueType) -> str:
    """Return a fate as a word, such as "described"."""
    return crawler_pb2.Fate.Name(fate).removeprefix("FATE_").lower()
