"""`snsfashion profile` and `snsfashion feedback`: what people declare and do."""

from __future__ import annotations

import json
import uuid
from typing import Any, TextIO

import click
from google.protobuf.json_format import ParseDict, ParseError

from fashion.words import PERSONAL_COLORS
from snsfashion.recommender.v1.recommender_pb2 import Profile, RecordFeedbackRequest
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.output import console, json_option, print_json, table
from snsfashion_client.names import category_word, style_word

_BATCH = 1000


@click.group()
def profile() -> None:
    """Show, declare and erase what is known of a person.

    \b
    Examples:
      snsfashion profile show kim
      snsfashion profile put kim --style casual --personal-color winter-deep
      snsfashion profile erase kim
    """


@profile.command("show")
@click.argument("user")
@json_option
def show_profile(user: str, as_json: bool) -> None:
    """Show what USER declares, and what feedback taught.

    \b
    Examples:
      snsfashion profile show kim --json
    """
    with open_client("recommender") as client:
        answer = client.get_profile(user)
    if as_json:
        print_json(answer)
    else:
        _print(answer.profile)


@profile.command("put")
@click.argument("user")
@click.option("--style", "styles", multiple=True, help="A preferred style; can be repeated.")
@click.option("--personal-color", default="", help="Such as winter or winter-deep.")
@json_option
def put_profile(user: str, styles: tuple[str, ...], personal_color: str, as_json: bool) -> None:
    """Store what USER declares, in place of what was declared before.

    \b
    Examples:
      snsfashion profile put kim --style casual --style street --personal-color winter-deep
    """
    with open_client("recommender") as client:
        answer = client.put_profile(user, styles=styles, personal_color=personal_color)
    if as_json:
        print_json(answer)
    else:
        _print(answer.profile)


@profile.command("erase")
@click.argument("user")
@click.confirmation_option(prompt="This can't be undone. Erase profile and feedback?")
@json_option
def erase_profile(user: str, as_json: bool) -> None:
    """Erase USER: profile and feedback.

    \b
    Examples:
      snsfashion profile erase kim
      snsfashion profile erase kim --yes --json
    """
    with open_client("recommender") as client:
        answer = client.erase_person(user)
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{answer.removed} records are gone.")


@click.group()
def feedback() -> None:
    """Record what people do with outfits.

    \b
    Examples:
      snsfashion feedback add kim shop.example:p1:0 clicked
      snsfashion feedback load events.jsonl
    """


@feedback.command("add")
@click.argument("user")
@click.argument("image_id")
@click.argument("kind")
@click.option("--event-id", default="", help="The same id counts once; by default a new one.")
@click.option("--recommendation", "recommendation_id", default="", help="Of the answer.")
@click.option("--position", type=click.IntRange(0, 1000), default=0, help="In the answer, from 1.")
@click.option("--weights-id", default="", help="Of the answer.")
@json_option
def add_feedback(
    user: str, image_id: str, kind: str, event_id: str, as_json: bool, **more: Any
) -> None:
    """Record that USER did KIND with the outfit IMAGE_ID: shown, clicked, liked, bought, disliked or dislike-undone.

    \b
    Examples:
      snsfashion feedback add kim shop.example:p1:0 clicked
      snsfashion feedback add kim shop.example:p1:0 shown --position 3 --event-id 7f2
    """
    event_id = event_id or uuid.uuid4().hex
    with open_client("recommender") as client:
        answer = client.record_feedback(user, image_id, kind, event_id=event_id, **more)
    if as_json:
        print_json(answer)
    else:
        click.echo(f"Recorded as {event_id}." if answer.recorded else f"{event_id} was known.")


@feedback.command("load")
@click.argument("file", type=click.File(encoding="utf-8"))
@json_option
def load_feedback(file: TextIO, as_json: bool) -> None:
    """Record the events of FILE ("-" for standard input), a RecordFeedbackRequest as JSON a line.

    Repeating it is safe: an event_id counts once for a person. Lines that are refused are told, and the others recorded.

    \b
    Examples:
      snsfashion feedback load events.jsonl
      echo '{"event_id": "1", "user_id": "kim", "image_id": "shop.example:p1:0", "kind": "FEEDBACK_KIND_CLICKED"}' | snsfashion feedback load -
    """
    new, known, refused = 0, 0, []
    lines = [(number, line) for number, line in enumerate(file, 1) if line.strip()]
    with open_client("recommender") as client:
        for start in range(0, len(lines), _BATCH):
            events: list[tuple[int, RecordFeedbackRequest]] = []
            for number, line in lines[start : start + _BATCH]:
                try:
                    events.append((number, ParseDict(json.loads(line), RecordFeedbackRequest())))
                except (ValueError, ParseError) as error:
                    refused.append({"line": number, "error": str(error)})
            if not events:
                continue
            answer = client.record_feedback_batch([event for _, event in events])
            for (number, _), result in zip(events, answer.results, strict=True):
                if result.error:
                    refused.append({"line": number, "error": result.error})
                elif result.recorded:
                    new += 1
                else:
                    known += 1
    if as_json:
        print_json({"recorded": new, "known": known, "refused": refused})
    else:
        for one in refused:
            click.echo(f"line {one['line']}: {one['error']}", err=True)
        click.echo(f"{new} recorded, {known} known before, {len(refused)} refused.")
    if refused:
        raise SystemExit(1)


def _print(one: Profile) -> None:
    out = console()
    declared = [style_word(style) for style in one.preferences.styles]
    color = one.preferences.personal_color
    rows = table("", "")
    rows.show_header = False
    rows.add_row("styles", ", ".join(declared) or "none declared")
    rows.add_row("personal color", _personal_color_word(color) or "none declared")
    rows.add_row(
        "feedback", f"{one.acts} acts, {one.impressions} impressions, {one.seen} outfits seen"
    )
    for name, learned in (
        ("styles", {style_word(n): v for n, v in one.learned_styles.items()}),
        ("items", {category_word(n): v for n, v in one.learned_categories.items()}),
        ("colors", dict(one.learned_colors)),
    ):
        best = sorted(learned.items(), key=lambda entry: -entry[1])
        rows.add_row(
            f"learned {name}",
            ", ".join(f"{word} {value:+.2f}" for word, value in best) or "nothing",
        )
    out.print(rows)


def _personal_color_word(number: int) -> str:
    known = PERSONAL_COLORS.get(number)
    return known.name if known else ""
