"""Keeps shortlists at hand: sorted in a thread when trends, the hour or much of the catalog have changed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from recommender.core.catalog import Catalog
from recommender.core.score import HOUR_S, Moment
from recommender.core.shortlist import Key, Shortlist
from recommender.core.trend_table import TrendTable

# A list takes 8 bytes an outfit; there are 15 personal colours.
_KEPT = 24
# Outfits that changed since are scored beside the list; beyond this many, a new list is cheaper.
_CHANGES = 2000
# How long an answer waits for a newer list while an older one would do.
_PATIENCE_S = 0.01


@dataclass(frozen=True)
class _Kept:
    catalog: Catalog
    shortlist: Shortlist

    def of(self, catalog: Catalog) -> bool:
        """It can be used with `catalog`."""
        # Twice _CHANGES at least are known to the catalog.
        return self.catalog is catalog and catalog.changed_since(self.shortlist.version) is not None

    def current(self, catalog: Catalog, trends: TrendTable) -> bool:
        """Nothing better could be had."""
        return (
            self.catalog is catalog
            and self.shortlist.moment.trends is trends
            and catalog.version - self.shortlist.version <= _CHANGES
        )


class Shelf:
    """Shortlists by key and hour. What is answered from one is exact for its trends and its hour, and for the catalog as it is now."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Key, float], _Kept] = OrderedDict()
        self._sorting: dict[tuple[Key, float], asyncio.Task[None]] = {}
        self._thread = ThreadPoolExecutor(1, "shortlist")

    async def get(self, catalog: Catalog, key: Key, trends: TrendTable, now: float) -> Shortlist:
        """The shortlist for `now`, Unix time in seconds.

        While a newer one is being sorted, the one before serves: for a large catalog that is some tenths of a second.
        """
        hour = Moment(trends, now).hour
        while True:
            kept = self._kept.get((key, hour))
            if kept and kept.current(catalog, trends):
                self._kept.move_to_end((key, hour))
                return kept.shortlist
            older = kept or self._kept.get((key, hour - HOUR_S))
            task = self._sorting.get((key, hour))
            patience = 0.0 if older is not None and older.of(catalog) else None
            if task is None:
                # The first caller waits a little: a small catalog is sorted in that time.
                patience = None if patience is None else _PATIENCE_S
                task = asyncio.create_task(self._sort(catalog, key, Moment(trends, now)))
                self._sorting[key, hour] = task
            done, _ = await asyncio.wait({task}, timeout=patience)
            if done:
                task.result()
            # Looked at again: the catalog may have changed meanwhile.
            elif older is not None and older.of(catalog):
                return older.shortlist

    async def close(self) -> None:
        """Ends the thread; a list that is being sorted is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _sort(self, catalog: Catalog, key: Key, moment: Moment) -> None:
        place = (key, moment.hour)
        try:
            loop = asyncio.get_running_loop()
            shortlist = await loop.run_in_executor(self._thread, Shortlist, catalog, key, moment)
            self._kept[place] = _Kept(catalog, shortlist)
            self._kept.move_to_end(place)
            self._kept.pop((key, moment.hour - HOUR_S), None)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        finally:
            del self._sorting[place]
