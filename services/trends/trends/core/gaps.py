"""How far apart what people wear and what shops offer are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trends.core.observation import Value
from trends.core.ranking import RankedValue, Ranking, part, wilson


@dataclass(frozen=True)
class Gap:
    """A value whose shares differ. `gap`: how far their 95% intervals are apart, above 0.

    `worn` is None if too few people show it for anything to be told.
    """

    value: Value
    gap: float
    worn: RankedValue | None
    offered_count: int
    offered_share: float
    offered_low: float
    offered_high: float


def find_gaps(
    ranked: Ranking, offers: Mapping[Value, int], offered_total: int, offered_more: bool
) -> list[Gap]:
    """Return the values that people wear more than shops offer them, or the other way around; the widest gap first.

    `ranked`: what people wear. `offers`: photos of shops that offer each value, of `offered_total`. The intervals are Wilson's, so
    that a small shop or few people do not make a gap. Without offers, or without people, nothing can be compared.
    """
    if not offered_total or not ranked.total:
        return []
    place = {value: i for i, value in enumerate(ranked.values)}
    values = sorted({*place, *offers})
    worn = np.array([ranked.count[place[v]] if v in place else 0 for v in values], np.int64)
    offered = np.array([offers.get(value, 0) for value in values], np.int64)
    worn_low, worn_high = _intervals(worn, ranked.total)
    offered_low, offered_high = _intervals(offered, offered_total)
    gaps = offered_low - worn_high if offered_more else worn_low - offered_high
    wide = np.flatnonzero(gaps > 0)
    order = wide[np.argsort(-gaps[wide], kind="stable")]
    return [
        Gap(
            values[i],
            float(gaps[i]),
            ranked.rows(np.array([place[values[i]]]))[0] if worn[i] else None,
            int(offered[i]),
            part(int(offered[i]), offered_total),
            float(offered_low[i]),
            float(offered_high[i]),
        )
        for i in order.tolist()
    ]


def _intervals(
    counts: NDArray[np.int64], total: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of the intervals of the shares of a total: float64 (n,) each."""
    # Many values have the same count.
    distinct, place = np.unique(counts, return_inverse=True)
    ends = np.array([wilson(count, total) for count in distinct.tolist()]).reshape(-1, 2)
    return ends[place, 0], ends[place, 1]
