"""How good the recommendations would have been: `python -m recommender.evaluate`. Needs the extra `evaluation`."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from pymongo.errors import PyMongoError
from tqdm import tqdm

from fashion.words import PERSONAL_COLORS
from recommender.core.trend_table import NO_TRENDS, TrendTable
from recommender.evaluation import experiment, history_database, history_file, replay
from recommender.evaluation.history import History
from recommender.trend_feed import TrendFeed
from servicekit import mongo
from servicekit.errors import StartError

EXAMPLES = """\
Examples:
  python -m recommender.evaluate --file feedback.jsonl
  python -m recommender.evaluate --file feedback.jsonl --split 2026-11-15 -k 20 --json
  python -m recommender.evaluate --file feedback.jsonl --experiment
  python -m recommender.evaluate --mongodb-uri mongodb://127.0.0.1:27017 --trends-address 127.0.0.1:50054"""


class CannotEvaluate(click.ClickException):
    """The input can't be used."""

    exit_code = 2

    def format_message(self) -> str:
        """Return the one line that is printed."""
        return f"cannot evaluate: {self.message}"


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
    epilog=f"\b\n{EXAMPLES}\n\n\b\nThe file:\n{history_file.FORMAT}",
)
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    help="JSON lines, see below.",
)
@click.option("--mongodb-uri", help="The recommender's database server, in the place of --file.")
@click.option(
    "--trends-address",
    help="host:port of the trends service, for trends as of the split. Without it and without trends in the file, "
    "every garment is neutral.",
)
@click.option(
    "--split",
    default="0.8",
    help="The time of the split, such as 2026-11-15 or 2026-11-15T12:00 (UTC), or the share of the events before it.",
)
@click.option("-k", default=10, type=click.IntRange(1, 50), help="Length of a list.")
@click.option("--seed", default=0, help="Of the random order and the intervals.")
@click.option(
    "--experiment",
    "as_experiment",
    is_flag=True,
    help="Instead, compare the sets of weights that answers had, by what people did with them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def main(
    file: Path | None,
    mongodb_uri: str | None,
    trends_address: str | None,
    split: str,
    k: int,
    seed: int,
    as_experiment: bool,
    as_json: bool,
) -> None:
    """Tell how good the recommendations would have been.

    Feedback is split by time, and what was recommended at the split is judged by what people did after it. It is
    compared with trend only, the most popular and a random order.

    nDCG: gains are 1 for a click, 2 for a like, 3 for a purchase. Coverage: share of the catalog in anyone's list.
    Diversity: 1 minus the mean likeness of two outfits of a list. Popularity bias: mean share of the catalog that is less
    popular than what is shown; 0.5 means no bias.

    --experiment is an A/B report. It needs feedback with weights_id, position and recommendation_id of the answer, and says how much
    of it lacks them. Gains are corrected for positions that are looked at less often.
    """
    if (file is None) == (mongodb_uri is None):
        raise click.UsageError("give either --file or --mongodb-uri")
    try:
        if as_experiment:
            click.echo(_compare(asyncio.run(_history(file, mongodb_uri or ""))[0], seed, as_json))
            return
        result = asyncio.run(_evaluate(file, mongodb_uri or "", trends_address, split, k, seed))
    except (OSError, PyMongoError, StartError, ValueError) as error:
        raise CannotEvaluate(f"{file}: {error}" if file else str(error)) from error
    click.echo(json.dumps(result) if as_json else _table(result))


async def _evaluate(
    file: Path | None,
    mongodb_uri: str,
    trends_address: str | None,
    split_text: str,
    k: int,
    seed: int,
) -> dict[str, Any]:
    history, trends = await _history(file, mongodb_uri)
    split = _split(split_text, history)
    if trends_address:
        trends = await _trends(trends_address, split)
    with tqdm(desc="people", unit="", disable=None, leave=False) as bar:
        found = replay.replay(history, split, k, trends, seed, bar.update)
    if not found.judged["recommender"]:
        raise ValueError(
            f"nobody clicked, liked or bought anything at or after {_text(split)} that was posted by then; move --split"
        )
    return {
        "k": k,
        "split": _text(split),
        "outfits": len(found.popularity),
        "rankers": replay.summary(found, seed),
    }


async def _history(file: Path | None, mongodb_uri: str) -> tuple[History, TrendTable]:
    if file:
        with file.open(encoding="utf-8") as lines:
            return history_file.read(lines)
    return await _from_database(mongodb_uri), NO_TRENDS


def _compare(history: History, seed: int, as_json: bool) -> str:
    """Return the report of an experiment."""
    found = experiment.impressions(history)
    if not found.every:
        raise ValueError("there is no feedback")
    looked = experiment.examination(found.every)
    result = experiment.compare(found.every, looked, seed)
    without = {
        "impressions": len(found.every),
        "not_reported_as_shown": found.implied,
        "without_position": sum(not one.position for one in found.every),
        "without_weights_id": sum(not one.weights_id for one in found.every),
    }
    if as_json:
        document = {**without, "examination": looked, **asdict(result)}
        return json.dumps(document)
    return _experiment_table(without, looked, result)


def _experiment_table(
    without: dict[str, int], looked: dict[int, float], result: experiment.Experiment
) -> str:
    lines = [
        f"{without['impressions']} impressions; of them {without['not_reported_as_shown']} not reported as shown, "
        f"{without['without_position']} without a position, {without['without_weights_id']} without weights_id",
        f"{result.mixed_people} people are left out: their answers had more than one set of weights",
        "",
        "how often each position is looked at: "
        + (", ".join(f"{n}: {part:.2f}" for n, part in sorted(looked.items())) or "not known"),
        "",
        f"{'weights':10}{'people':>8}{'shown':>9}{'acted on':>26}{'gain':>26}{'behind the first':>28}",
    ]
    for group, lead in zip(result.groups, (None, *result.leads), strict=False):
        behind = "" if lead is None else _interval(lead)
        lines.append(
            f"{group.weights_id:10}{group.people:>8}{group.impressions:>9}{_interval(group.acted):>26}"
            f"{_interval(group.gain):>26}{behind:>28}"
        )
    if not result.groups:
        lines.append("no answer's weights are known: send weights_id with the feedback")
    return "\n".join(lines)


def _interval(one: experiment.Estimate) -> str:
    return f"{one.mean:.4f} ({one.low:.4f} to {one.high:.4f})"


async def _from_database(uri: str) -> History:
    client = mongo.open_client(uri, timeout_s=5)
    try:
        return await history_database.read(mongo.database(client, "recommender"))
    finally:
        await client.close()


async def _trends(address: str, split: float) -> TrendTable:
    feed = TrendFeed(address)
    try:
        table = await feed.table(datetime.fromtimestamp(split, UTC))
    finally:
        await feed.close()
    if table is None:
        raise ValueError(f"no trends service answers at {address} (--trends-address)")
    return table


def _split(text: str, history: History) -> float:
    if not any(history.feedback.values()):
        raise ValueError("there is no feedback")
    try:
        share = float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not 0 < share < 1:
        raise ValueError(f"--split {text} is neither a time nor a share between 0 and 1")
    return history.split_at(share)


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def _table(result: dict[str, Any]) -> str:
    k = result["k"]
    rankers: dict[str, Any] = result["rankers"]
    people = rankers["recommender"]["people"]
    lines = [
        f"{people} people, {result['outfits']} outfits, split at {result['split']}",
        "",
        f"{'':14}{f'nDCG@{k}':>9}{'95%':>16}{f'hit@{k}':>8}{'coverage':>10}{'diversity':>11}{'popularity':>12}",
    ]
    for name, row in rankers.items():
        low, high = row["ndcg_interval"]
        lines.append(
            f"{name:14}{row['ndcg']:9.3f}{f'{low:.3f} to {high:.3f}':>16}{row['hit_rate']:8.2f}"
            f"{row['coverage']:10.2f}{row['diversity']:11.2f}{row['popularity_bias']:12.2f}"
        )
    lines += ["", f"{'personal color':16}{'people':>7}" + "".join(f"{n:>14}" for n in rankers)]
    for color, first in rankers["recommender"]["ndcg_by_personal_color"].items():
        label = PERSONAL_COLORS[color].name if color else "none declared"
        figures = (row["ndcg_by_personal_color"][color]["ndcg"] for row in rankers.values())
        lines.append(
            f"{label:16}{first['people']:>7}" + "".join(f"{figure:14.3f}" for figure in figures)
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
