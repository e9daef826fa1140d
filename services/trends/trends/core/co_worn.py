"""What is worn with something: other garments on the same photo."""

from __future__ import annotations

from dataclasses import dataclass

from trends.core.counts import Counted, Counts, Span
from trends.core.observation import TOGETHER, Value
from trends.core.ranking import part, wilson


@dataclass(frozen=True)
class CoWorn:
    """`other` is worn with `value`: by `count` contributor-days in other garments than those that show `value`, a safe number.

    `share`: of those that show `value`, with its 95% interval. `lift`: how much more often than everybody shows `other`; 1 is chance.
    """

    value: Value
    other: Value
    count: int
    share: float
    share_low: float
    share_high: float
    lift: float


def find_co_worn(counts: Counts, window: Span, dimension: int) -> list[CoWorn]:
    """Return what is worn with every value of a dimension, items or colors, in a window: by value, then the most worn first.

    Pairs that too few people show are not even counted: how many different ones there are would tell how many people.
    """
    shown = window.by_value.sum(axis=0)
    total = int(shown[0])
    rows: list[CoWorn] = []
    for place in counts.places(dimension + TOGETHER).tolist():
        if not shown[place]:
            continue
        ends = counts.values[place].ends()
        for value, other in {ends, ends[::-1]}:
            rows.append(_row(value, other, int(shown[place]), shown, counts, total))
    rows.sort(key=lambda row: (row.value, -row.count, row.other))
    return rows


def _row(
    value: Value, other: Value, count: int, shown: Counted, counts: Counts, total: int
) -> CoWorn:
    of, others = (
        0 if (place := counts.place(one)) is None else int(shown[place]) for one in (value, other)
    )
    share = part(count, of)
    chance = part(others, total)
    return CoWorn(value, other, count, share, *wilson(count, of), share / chance if chance else 0.0)
