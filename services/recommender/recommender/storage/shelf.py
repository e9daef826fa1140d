"""Shortlists, kept at hand: sorted in a thread when trends, the hour or much of the catalog have changed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

from recommender.core.catalog import Catalog
from recommender.core.places.promotions import NO_PROMOTIONS, Promotions
from recommender.core.ranking import Key
from recommender.core.score import HOUR_S, Moment
from recommender.core.shortlist import Shortlist
from recommender.core.trend_table import TrendTable
from servicekit.single_flight import SingleFlight

# A list takes 8 bytes an outfit; there are 15 personal colors, and people with a taste and without one.
_KEPT = 32
# Outfits that changed since are scored one by one; if there are more than this, a new list is cheaper.
_CHANGES = 2000
# How long an answer waits for a newer list while an older one would do.
_PATIENCE_S = 0.01

Place: TypeAlias = tuple[Key, float]
"""What a list is sorted by, and the hour, in Unix time, that its freshness refers to."""


@dataclass(frozen=True)
class _Kept:
    catalog: Catalog
    shortlist: Shortlist

    def fits(self, catalog: Catalog) -> bool:
        """Tell whether the list can be used with `catalog`."""
        # Twice _CHANGES at least are known to the catalog.
        return self.catalog is catalog and catalog.changed_since(self.shortlist.version) is not None

    def is_current(self, catalog: Catalog, trends: TrendTable, promotions: Promotions) -> bool:
        """Tell whether a new list would be no better."""
        moment = self.shortlist.ranking.moment
        return (
            self.catalog is catalog
            and moment.trends is trends
            and moment.promotions is promotions
            and catalog.version - self.shortlist.version <= _CHANGES
        )


class Shelf:
    """Shortlists. What is answered from one is exact for its trends and its hour, and for the catalog as it is now."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Place, _Kept] = OrderedDict()
        self._sorting: SingleFlight[Place, _Kept] = SingleFlight(self._keep)
        self._thread = ThreadPoolExecutor(1, "shortlist")

    async def get(
        self,
        catalog: Catalog,
        key: Key,
        trends: TrendTable,
        now: float,
        promotions: Promotions = NO_PROMOTIONS,
    ) -> Shortlist:
        """Return the shortlist for `now`, Unix time in seconds.

        While a newer one is being sorted, the one before serves: for a large catalog that is some tenths of a second.
        """
        moment = Moment(trends, now, key.southern, promotions)
        hour = moment.hour
        place = (key, hour)
        while True:
            kept = self._kept.get(place)
            if kept and kept.is_current(catalog, trends, promotions):
                self._kept.move_to_end(place)
                return kept.shortlist
            older = kept or self._kept.get((key, hour - HOUR_S))
            patience = None
            if older is not None and older.fits(catalog):
                # The caller that starts the sorting waits a little: a small catalog is sorted in that time.
                patience = 0.0 if place in self._sorting else _PATIENCE_S
            sorting = self._sorting.join(place, lambda: self._sort(catalog, key, moment))
            done, _ = await asyncio.wait({sorting}, timeout=patience)
            if done:
                sorting.result()
            # Looked at again: the catalog may have changed meanwhile.
            elif older is not None and older.fits(catalog):
                return older.shortlist

    async def close(self) -> None:
        """End the thread, without waiting for a list that is being sorted."""
        self._sorting.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _sort(self, catalog: Catalog, key: Key, moment: Moment) -> _Kept:
        loop = asyncio.get_running_loop()
        shortlist = await loop.run_in_executor(self._thread, Shortlist, catalog, key, moment)
        return _Kept(catalog, shortlist)

    def _keep(self, place: Place, kept: _Kept) -> None:
        key, hour = place
        self._kept[place] = kept
        self._kept.move_to_end(place)
        self._kept.pop((key, hour - HOUR_S), None)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
