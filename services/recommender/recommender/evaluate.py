"""How good the recommendations would have been: feedback is split by time, and what was recommended at the split is judged by
what people did after it. Beside the recommender stand trend only, the most popular and a random order.

nDCG: gains are 1 for a click, 2 for a like, 3 for a purchase. Coverage: share of the catalog in anyone's list. Diversity: 1 minus
the mean likeness of two outfits of a list. Popularity bias: mean share of the catalog that is less popular than what is shown; 0.5 is none.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from tqdm import tqdm

from fashion.words import PERSONAL_COLORS
from recommender import messages
from recommender.core.trend_table import NO_TRENDS, TrendTable
from recommender.evaluation import replay
from recommender.evaluation.history_file import FORMAT, BadLine, read
from recommender.evaluation.replay import Declared, History
from recommender.storage.store import Store
from recommender.trend_feed import TrendFeed
from snsfashion.recommender.v1.recommender_pb2 import Outfit

EXAMPLES = """
Examples:
  python -m recommender.evaluate --file feedback.jsonl
  python -m recommender.evaluate --file feedback.jsonl --split 2026-11-15 -k 20 --json
  python -m recommender.evaluate --mongodb-uri mongodb://127.0.0.1:27017 --trends-address 127.0.0.1:50054

The file:
"""


def main() -> None:
    """Evaluates and prints. Ends with status 2 if the input can't be used."""
    parser = argparse.ArgumentParser(
        prog="python -m recommender.evaluate",
        description=__doc__,
        epilog=EXAMPLES + FORMAT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--file", type=Path, help="JSON lines, see below")
    source.add_argument("--mongodb-uri", help="the recommender's database server")
    parser.add_argument(
        "--trends-address",
        help="host:port of the trends service, for trends as of the split; without it and without trends in the file, "
        "every garment is neutral",
    )
    parser.add_argument(
        "--split",
        default="0.8",
        help="the time of the split, such as 2026-11-15 or 2026-11-15T12:00 (UTC), or the share of the events before it (0.8)",
    )
    parser.add_argument("-k", type=int, default=10, help="length of a list, 1 to 50 (10)")
    parser.add_argument("--seed", type=int, default=0, help="of the random order and the intervals")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    if not 1 <= arguments.k <= 50:
        parser.error(f"-k {arguments.k} is not within 1 to 50")
    try:
        result = asyncio.run(_evaluate(arguments))
    except (BadLine, OSError, PyMongoError, ValueError) as error:
        where = f"{arguments.file}: " if arguments.file else ""
        print(f"cannot evaluate: {where}{error}", file=sys.stderr)
        sys.exit(2)
    print(json.dumps(result) if arguments.json else _table(result))


async def _evaluate(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.file:
        with arguments.file.open(encoding="utf-8") as lines:
            history, trends = read(lines)
    else:
        history, trends = await _from_database(arguments.mongodb_uri), NO_TRENDS
    split = _split(arguments.split, history)
    if arguments.trends_address:
        trends = await _trends(arguments.trends_address, split)
    with tqdm(desc="people", unit="", disable=None, leave=False) as bar:
        found = replay.replay(history, split, arguments.k, trends, arguments.seed, bar.update)
    if not found.judged["recommender"]:
        raise ValueError(
            f"nobody clicked, liked or bought anything at or after {_text(split)} that was posted by then; move --split"
        )
    return {
        "k": arguments.k,
        "split": _text(split),
        "outfits": len(found.popularity),
        "rankers": replay.summary(found, arguments.seed),
    }


async def _from_database(uri: str) -> History:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        uri, tz_aware=True, serverSelectionTimeoutMS=5000
    )
    try:
        store = Store(client["snsfashion_recommender"])
        history = History()
        for stored in await store.outfits():
            message = Outfit.FromString(stored.payload)
            history.outfits.append(messages.outfit(message, stored.site, stored.author_key))
        async for user_id, declared in store.all_profiles():
            history.declared[user_id] = Declared(
                frozenset(declared.styles), declared.personal_color
            )
        async for user_id, event in store.all_feedback():
            history.feedback[user_id].append(event)
        return history
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
    lines += ["", f"{'personal colour':16}{'people':>7}" + "".join(f"{n:>14}" for n in rankers)]
    for color, first in rankers["recommender"]["ndcg_by_personal_color"].items():
        label = PERSONAL_COLORS[color].name if color else "none declared"
        figures = (row["ndcg_by_personal_color"][color]["ndcg"] for row in rankers.values())
        lines.append(
            f"{label:16}{first['people']:>7}" + "".join(f"{figure:14.3f}" for figure in figures)
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
