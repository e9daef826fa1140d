"""`snsfashion recommend` and `snsfashion recommend-batch`."""

from __future__ import annotations

import json
from typing import Any, TextIO

import click

from snsfashion.recommender.v1 import recommender_pb2
from snsfashion.recommender.v1.recommender_pb2 import Filters, RecommendRequest
from snsfashion_client import messages
from snsfashion_client.cli.catalog import show_outfit
from snsfashion_client.cli.errors import open_client
from snsfashion_client.cli.options import DAY, catalog_filters
from snsfashion_client.cli.output import as_dict, console, json_option, print_json

_NOTHING = {
    recommender_pb2.RECOMMEND_STATE_NO_CATALOG: "There are no outfits to recommend: the catalog is empty.",
    recommender_pb2.RECOMMEND_STATE_NOTHING_ALLOWED: "There are no outfits to recommend: all are excluded.",
    recommender_pb2.RECOMMEND_STATE_OTHER_CURRENCY: "There are no outfits with a price in that currency",
}
_WEIGHTS = ("trend", "style", "personal-color", "freshness", "novelty", "season")


def _preferences(command: Any) -> Any:
    for option in (
        click.option(
            "--k", type=click.IntRange(1, 50), default=10, show_default=True, help="How many."
        ),
        click.option("--as-of", type=DAY, help="Day of trends and freshness; by default today."),
        click.option("--hemisphere", default="", help="northern or southern."),
        click.option(
            "--exploration",
            type=click.FloatRange(0, 0.5),
            help="Part of the places for outfits to learn about; by default 0.1.",
        ),
        click.option(
            "--weight",
            "weights",
            multiple=True,
            metavar="PART=N",
            help=f"Weight of {', '.join(_WEIGHTS)}, such as trend=1; can be repeated.",
        ),
        click.option(
            "--personal-color", default="", help="A personal color, such as winter or winter-deep."
        ),
        click.option(
            "--style", "styles", multiple=True, help="A preferred style; can be repeated."
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("user")
@_preferences
@catalog_filters
@json_option
def recommend(
    user: str, as_json: bool, weights: tuple[str, ...], filters: Filters | None, **more: Any
) -> None:
    """Recommend outfits for USER, best first, with the reasons.

    What the options do not say comes from the profile of USER. Items, colors and season are relaxed if nothing is left; the other
    filters never.

    \b
    Examples:
      snsfashion recommend kim
      snsfashion recommend kim --style casual --style street --personal-color winter-deep
      snsfashion recommend kim --item skirt --not-color red --max-price 39.90 --currency EUR
      snsfashion recommend kim --weight trend=1 --exploration 0 --k 3 --json
    """
    with open_client("recommender") as client:
        answer = client.recommend(user, filters=filters, weights=_weights(weights), **more)
    if as_json:
        print_json(answer)
        return
    out = console()
    if not answer.recommendations:
        known = f"; there are {', '.join(answer.currencies)}." if answer.currencies else ""
        out.print(_NOTHING.get(answer.state, "There are no outfits to recommend.") + known)
        return
    for one in answer.recommendations:
        marks = [
            word for word, is_so in (("pinned", one.pinned), ("explored", one.explored)) if is_so
        ]
        note = f"  ({', '.join(marks)})" if marks else ""
        show_outfit(out, f"{one.position:2}. {one.score:.2f}", one.outfit, note)
        for reason in one.reasons:
            out.print(f"     - {reason.text}", soft_wrap=True)
    if answer.relaxed:
        out.print(
            f"No outfit matched all filters; not used: {', '.join(answer.relaxed)}.", style="yellow"
        )
    if answer.degraded:
        out.print("Trends are out of reach, so they do not count here.", style="yellow")
    if answer.personal_color_state == recommender_pb2.PERSONAL_COLOR_STATE_NOTHING_SUITS:
        out.print("Nothing here is in the person's colors.", style="yellow")
    out.print(
        f"{answer.candidates} outfits were considered. For feedback: "
        f"--recommendation {answer.recommendation_id} --weights-id {answer.weights_id}",
        style="dim",
        soft_wrap=True,
    )


@click.command("recommend-batch")
@click.argument("file", type=click.File(encoding="utf-8"))
@_preferences
@catalog_filters
def recommend_batch(
    file: TextIO, weights: tuple[str, ...], filters: Filters | None, **more: Any
) -> None:
    """Recommend outfits for each user of FILE ("-" for standard input), a user id a line.

    Prints a line of JSON for each, in the same order: user_id, and response or error.

    \b
    Examples:
      snsfashion recommend-batch users.txt --k 5 > answers.jsonl
      echo kim | snsfashion recommend-batch - --style casual
    """
    users = [line.strip() for line in file if line.strip()]
    chosen = _weights(weights)
    with open_client("recommender") as client:
        for start in range(0, len(users), _BATCH):
            batch = users[start : start + _BATCH]
            asked: list[RecommendRequest] = [
                messages.recommend(user, filters=filters, weights=chosen, **more) for user in batch
            ]
            for answer in client.recommend_batch(asked):
                row: dict[str, Any] = {"user_id": batch[answer.index]}
                if answer.error:
                    row["error"] = answer.error
                else:
                    row["response"] = as_dict(answer.response)
                click.echo(json.dumps(row, ensure_ascii=False))


_BATCH = 1000


def _weights(given: tuple[str, ...]) -> recommender_pb2.Weights | None:
    if not given:
        return None
    parts: dict[str, float] = {}
    for one in given:
        name, _, number = one.partition("=")
        try:
            parts[name.replace("-", "_")] = float(number)
        except ValueError:
            raise click.UsageError(f"--weight {one}: write for example trend=0.5") from None
    if unknown := {name.replace("_", "-") for name in parts} - set(_WEIGHTS):
        raise click.UsageError(f"--weight {unknown.pop()}: there are {', '.join(_WEIGHTS)}")
    return messages.weights(**parts)
