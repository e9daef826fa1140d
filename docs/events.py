"""Write docs/events.md from what the code declares.

Usage: python docs/events.py [--check]
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click

from servicekit import topology
from servicekit.consumer import MAX_DELIVERIES, RETRY_HEADER, SUSPECT_DELIVERIES, backoff_s

PAGE = Path(__file__).with_suffix(".md")
TEXT = """\
# Events

<!-- Written by docs/events.py from servicekit.topology: change those two, then run `make events`. -->

Who publishes what, and who takes it. Bodies are the protobuf messages of `protos/snsfashion/events/v1/events.proto`; headers
carry `Nats-Msg-Id` (the event's id) and the W3C `traceparent`.

{subjects}

A consumer's durable is named after its service; it has one for each stream that it takes events from. Photos travel by
reference, masks as COCO run lengths.

{streams}

## The life of a message
1. It is decoded and checked against the rules of the contract. What is not a valid event goes to the dead letters at once.
2. The handler computes and writes, so that a second time changes nothing. It gets a batch; if it fails on the batch it
   gets each event alone.
3. Its outputs are published and acknowledged by the broker, then the message is acked.
4. If something failed that may work later, it is delivered again after {delays} s; on the {last}th failure it
   goes to the dead letters. A message whose photo has expired or was erased is dropped.

From delivery {suspect} on a message is handled alone, so that one that kills its process takes no other with it. Long
work says `in_progress` every third of `ACK_WAIT` ({ack_wait:.0f} s); what a killed consumer held comes back after it.

## Which result wins
An event carries `Generations`: the revision of the photo's provenance and the generation of each producer so far.
Results of one photo are compared by the tuple (provenance, classifier, segmenter, color), and the greater one stays, in
whatever order they arrive (`servicekit.events.supersedes`). An erased post stays away
(`servicekit.photostore`). See [ADR 0002](adr/0002-event-identity.md). `color` grows with the method and with the palette
([ADR 0009](adr/0009-palette-generations.md)): `snsfashion-admin color recolor` publishes `OutfitDescribed` of all stored
outfits again, with the names of the active palette and a greater tuple.

## Dead letters
A `DeadLetter` holds the message unchanged, with its headers, the reason and the photo. `snsfashion dead list`, `dead
show` and `dead retry` read them and publish them again. A message that is sent again names its letter in the header
`{retry}`. The photo's fate is `dead` until the letter is sent again or a newer outcome takes its place
(`snsfashion fate <photo>`).
"""


def render() -> str:
    """Return the page."""
    subjects = [
        (
            f"`{subject.stream}`",
            f"`{subject}`",
            f"`{subject.message.DESCRIPTOR.name}`",
            subject.producer,
            ", ".join(subject.consumers),
        )
        for subject in topology.SUBJECTS
    ]
    streams = [
        (
            f"`{stream}`",
            f"{stream.max_age // timedelta(days=1)} days" if stream.max_age else "forever",
            f"{stream.max_bytes // 2**30} GiB",
        )
        for stream in topology.STREAMS
    ]
    delays = [f"{backoff_s(delivery):.0f}" for delivery in range(1, MAX_DELIVERIES)]
    return TEXT.format(
        subjects=_table(("stream", "subject", "message", "producer", "consumers"), subjects),
        streams=_table(("stream", "kept for", "at most"), streams),
        delays=", ".join(delays),
        last=MAX_DELIVERIES,
        suspect=SUSPECT_DELIVERIES,
        ack_wait=topology.ACK_WAIT.total_seconds(),
        retry=RETRY_HEADER,
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


@click.command()
@click.option("--check", is_flag=True, help="Only tell whether the page is up to date.")
def main(check: bool) -> None:
    """Write docs/events.md."""
    page = render()
    if not check:
        PAGE.write_text(page, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page:
        raise click.ClickException("docs/events.md is not what the code declares; run: make events")


if __name__ == "__main__":
    main()
