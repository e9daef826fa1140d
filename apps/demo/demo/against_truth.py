"""Comparison of a look-book run with the truth: the `truth` of summary.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from demo import collect, measures
from lookbook.world.four_weeks import World
from snsfashion.trends.v1.trends_pb2 import Dimension, Order
from snsfashion_client import Client

WEEKS = 4
JUDGED_FASHION = {"described", "empty"}


def compare(
    client: Client, world: World, rows: Sequence[Mapping[str, Any]]
) -> dict[str, float | int]:
    """Return each measure by its name. `rows` are the lines of outfits.jsonl; photos that the crawler left out don't count."""
    specs = {p.image_id: p.photo.spec for p in world.photos if p.photo.spec is not None}
    judged = [(specs[row["image_id"]], row) for row in rows if row["image_id"] in specs]
    accuracy = measures.balanced_accuracy(
        (spec.fashion, row["fate"] in JUDGED_FASHION) for spec, row in judged
    )
    matched = measures.match_all([(spec, row["garments"]) for spec, row in judged if spec.fashion])
    true, found = sum(m.true for m in matched), sum(m.found for m in matched)
    rising = _rising(client, world)
    planted = set(world.risers)
    return {
        "fashion_balanced_accuracy": round(accuracy, 4),
        "item_recall": round(found / true, 4),
        "color_family_accuracy": round(sum(m.right_family for m in matched) / max(found, 1), 4),
        "item_share_mae": round(_share_error(client, world), 4),
        "risers_found": len(rising & planted),
        "false_risers": len(rising - planted),
    }


def _share_error(client: Client, world: World) -> float:
    """Return the mean absolute error of the items' shares over the four weeks and 13 categories; a withheld share counts as 0."""
    ends = [world.end - timedelta(days=7 * ago) for ago in range(WEEKS - 1, -1, -1)]
    return measures.mean_error(
        [week.items for week in world.truth().weeks], [_item_shares(client, end) for end in ends]
    )


def _item_shares(client: Client, end: date) -> dict[int, float]:
    answer = collect.ask_trends(
        client, Dimension.DIMENSION_ITEM, Order.ORDER_SHARE, _end_of_day(end)
    )
    return {trend.value.category: trend.share for trend in answer.trends}


def _rising(client: Client, world: World) -> set[tuple[int, str]]:
    answer = collect.ask_trends(
        client, Dimension.DIMENSION_ITEM_COLOR, Order.ORDER_RISE, _end_of_day(world.end)
    )
    return {(t.value.category, t.value.color_family) for t in answer.trends if t.rising}


def _end_of_day(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), UTC)
