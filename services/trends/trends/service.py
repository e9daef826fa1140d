"""The trends service's RPCs: answers from the snapshot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

import numpy as np
from google.protobuf.duration_pb2 import Duration
from numpy.typing import NDArray

from servicekit.events import timestamp
from servicekit.rpc import Context
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2, trends_pb2_grpc
from trends import messages, query
from trends.core import growth, ranking, series
from trends.core.co_worn import find_co_worn
from trends.core.counts import Counts, Span
from trends.core.gaps import find_gaps
from trends.core.observation import Stratum, Value, shown_garment
from trends.evidence_photos import EvidencePhotos
from trends.paging import Page
from trends.storage.photos import Photos
from trends.storage.snapshot import Snapshot

_DAY = timedelta(days=1)
_Filtered: TypeAlias = (
    trends_pb2.GetTrendsRequest
    | trends_pb2.GetTrendSeriesRequest
    | trends_pb2.GetTrendEvidenceRequest
    | trends_pb2.GetCoWornRequest
    | trends_pb2.GetCatalogGapsRequest
)

TRENDS_PAGE = 20
EVIDENCE_PAGE = 12


class TrendsService(trends_pb2_grpc.TrendsServiceServicer):
    """The RPCs of snsfashion.trends.v1."""

    def __init__(
        self,
        snapshot: Snapshot,
        photos: Photos,
        looks: EvidencePhotos,
        clock: Callable[[], datetime],
    ) -> None:
        """`clock` gives the aware time of now."""
        self._snapshot = snapshot
        self._photos = photos
        self._looks = looks
        self._clock = clock

    async def GetTrends(
        self,
        request: trends_pb2.GetTrendsRequest,
        context: Context,
    ) -> trends_pb2.GetTrendsResponse:
        """List the most worn, the fastest rising or the fastest falling values."""
        page = Page.of(request, TRENDS_PAGE, self._clock())
        counts, strata, everything = await self._chosen(request)
        window = query.last_days(
            counts, strata, page.as_of.date(), request.window_days or query.WINDOW_DAYS
        )
        baseline = query.baseline(counts, window, request)
        min_support = request.min_support or query.MIN_SUPPORT
        ranked = ranking.rank_values(counts, window, baseline, request.dimension, min_support)
        orders: dict[int, Callable[[], NDArray[np.intp]]] = {
            trends_pb2.ORDER_UNSPECIFIED: ranked.by_share,
            trends_pb2.ORDER_SHARE: ranked.by_share,
            trends_pb2.ORDER_RISE: ranked.by_rise,
            trends_pb2.ORDER_GROWTH: ranked.by_growth,
            trends_pb2.ORDER_FALL: ranked.by_fall,
        }
        places = orders[request.order]()
        rows = ranked.rows(places[page.offset : page.offset + page.size])
        before = (baseline.last - baseline.first).days + series.TREND_DAYS
        shares = series.rolling_shares(
            Span(counts, strata, window.first - timedelta(days=before), window.last),
            np.array([counts.place(row.value) for row in rows], np.intp),
        )
        return trends_pb2.GetTrendsResponse(
            trends=[
                messages.trend(row, shares[:, column].tolist()) for column, row in enumerate(rows)
            ],
            next_page_token=page.next_token(request, len(places)),
            basis=self._basis(counts, everything, (window, baseline), page.as_of, ranked.withheld),
        )

    async def GetTrendSeries(
        self,
        request: trends_pb2.GetTrendSeriesRequest,
        context: Context,
    ) -> trends_pb2.GetTrendSeriesResponse:
        """Show one value over time, by day or by whole weeks."""
        value = query.value(request.dimension, request.value)
        first, end = query.series_moments(request)
        counts, strata, everything = await self._chosen(request)
        span = Span(counts, strata, first.date(), end.date())
        weekly = request.step == trends_pb2.STEP_WEEK
        points = series.points(span, counts.place(value), weekly, self._clock().date())
        nothing = Span(counts, (), span.first, span.last)
        withheld = sum(point.withheld for point in points)
        return trends_pb2.GetTrendSeriesResponse(
            points=map(messages.point, points),
            basis=self._basis(counts, everything, (span, nothing), end, withheld),
        )

    async def GetTrendEvidence(
        self,
        request: trends_pb2.GetTrendEvidenceRequest,
        context: Context,
    ) -> trends_pb2.GetTrendEvidenceResponse:
        """Show photos behind a number."""
        value = query.value(request.dimension, request.value)
        page = Page.of(request, EVIDENCE_PAGE, self._clock())
        counts, strata, everything = await self._chosen(request)
        window = query.last_days(
            counts, strata, page.as_of.date(), request.window_days or query.WINDOW_DAYS
        )
        place = counts.place(value)
        told = place is not None and bool(window.by_value[:, place].any())
        withheld = place is not None and not told and bool(window.present[:, place].any())
        nothing = Span(counts, (), window.first, window.last)
        basis = self._basis(counts, everything, (window, nothing), page.as_of, int(withheld))
        if not told:
            return trends_pb2.GetTrendEvidenceResponse(basis=basis)
        photos = await self._looks.find(
            counts, window, value, query.hashtag(request.filter), page.offset + page.size
        )
        shown = photos[page.offset : page.offset + page.size]
        outfits = await self._photos.find_outfits([image_id for _, image_id in shown])
        return trends_pb2.GetTrendEvidenceResponse(
            evidence=[
                trends_pb2.Evidence(
                    image=outfits[image_id].image,
                    posted_at=timestamp(messages.midnight(day)),
                    garment=shown_garment(outfits[image_id], value),
                    photo=await self._looks.shown(outfits[image_id].image),
                )
                for day, image_id in shown
                if image_id in outfits
            ],
            next_page_token=page.next_token(request, len(photos)),
            basis=basis,
        )

    async def GetEvidencePhoto(
        self,
        request: trends_pb2.GetEvidencePhotoRequest,
        context: Context,
    ) -> trends_pb2.GetEvidencePhotoResponse:
        """Return a photo that an answer shows."""
        photo, media_type = await self._looks.read(request.token)
        return trends_pb2.GetEvidencePhotoResponse(photo=photo, media_type=media_type)

    async def GetCoWorn(
        self,
        request: trends_pb2.GetCoWornRequest,
        context: Context,
    ) -> trends_pb2.GetCoWornResponse:
        """Show what is worn with an item or a color."""
        value = query.worn_with(request)
        page = Page.of(request, TRENDS_PAGE, self._clock())
        counts, strata, everything = await self._chosen(request)
        window = query.last_days(
            counts, strata, page.as_of.date(), request.window_days or query.CO_WORN_DAYS
        )
        found = find_co_worn(counts, window, request.dimension)
        rows = [row for row in found if value in (None, row.value)]
        nothing = Span(counts, (), window.first, window.last)
        return trends_pb2.GetCoWornResponse(
            rows=map(messages.co_worn, rows[page.offset : page.offset + page.size]),
            next_page_token=page.next_token(request, len(rows)),
            basis=self._basis(counts, everything, (window, nothing), page.as_of, 0),
        )

    async def GetCatalogGaps(
        self,
        request: trends_pb2.GetCatalogGapsRequest,
        context: Context,
    ) -> trends_pb2.GetCatalogGapsResponse:
        """Compare what people wear with what shops offer."""
        query.check_gaps(request)
        page = Page.of(request, TRENDS_PAGE, self._clock())
        counts, strata, everything = await self._chosen(request)
        window = query.last_days(
            counts, strata, page.as_of.date(), request.window_days or query.WINDOW_DAYS
        )
        baseline = query.last_days(
            counts, window.strata, window.first - timedelta(days=1), query.BASELINE_DAYS
        )
        ranked = ranking.rank_values(counts, window, baseline, request.dimension, query.MIN_SUPPORT)
        offers, total = query.offers(everything, request)
        by_shops = request.side == trends_pb2.GAP_SIDE_OFFERED
        gaps = find_gaps(ranked, offers, total, by_shops)
        answer = trends_pb2.GetCatalogGapsResponse(
            next_page_token=page.next_token(request, len(gaps)),
            basis=self._basis(counts, everything, (window, baseline), page.as_of, ranked.withheld),
            offered_total=total,
        )
        for gap in gaps[page.offset : page.offset + page.size]:
            row = answer.gaps.add()
            row.MergeFrom(messages.gap(gap))
            if request.examples:
                await self._add_examples(row, gap.value, request, counts, window)
        return answer

    async def _add_examples(
        self,
        row: trends_pb2.CatalogGap,
        value: Value,
        request: trends_pb2.GetCatalogGapsRequest,
        counts: Counts,
        window: Span,
    ) -> None:
        """Add photos of both sides to a row: of people as evidence is drawn."""
        most = request.examples
        worn: list[str] = []
        if row.worn_count:
            tag = query.hashtag(request.filter)
            found = await self._looks.find(counts, window, value, tag, most)
            worn = [image_id for _, image_id in found[:most]]
        # Offers have no hashtags: all colors that were ever seen may be theirs.
        families = (await self._snapshot.counts()).families
        offered = await self._photos.find_offers(value, families, request.shop_site, most)
        outfits = await self._photos.find_outfits([*worn, *offered])
        for names, examples in ((worn, row.worn_examples), (offered, row.offered_examples)):
            for name in names:
                if name in outfits:
                    examples.append(await self._looks.shown(outfits[name].image))

    async def _chosen(self, request: _Filtered) -> tuple[Counts, list[Stratum], Counts]:
        """Return the counts of the hashtag that a request's filter chooses, the strata, and the counts of all photos."""
        everything = await self._snapshot.counts()
        strata = query.strata(request.dimension, request.filter, everything)
        tag = query.hashtag(request.filter)
        return await self._snapshot.counts(tag), strata, everything

    def _basis(
        self,
        counts: Counts,
        everything: Counts,
        spans: tuple[Span, Span],
        as_of: datetime,
        withheld: int,
    ) -> trends_pb2.Basis:
        """Return what an answer is based on. `spans`: the window and the baseline."""
        window, baseline = spans
        days = counts.days(window.strata)
        age = Duration()
        age.FromTimedelta(timedelta(seconds=self._snapshot.age))
        facts = [
            fact for span in (window, baseline) for found in span.facts.values() for fact in found
        ]
        newest = max((fact.order for fact in facts), default=(0, 0, 0, 0))
        return trends_pb2.Basis(
            as_of=timestamp(as_of),
            support=int(window.totals.sum()),
            baseline_support=int(baseline.totals.sum()),
            contributors=messages.contributors({fact.authored for fact in facts}),
            generations=fashion_pb2.Generations(
                provenance=newest[0], classifier=newest[1], segmenter=newest[2], color=newest[3]
            ),
            snapshot_age=age,
            withheld=withheld,
            dated=bool(growth.dated_strata(window, baseline)) or not window.strata,
            baseline_reached=days is not None and days[0] <= baseline.first,
            state=self._state(counts, everything, window),
            first_day=timestamp(messages.midnight(days[0])) if days else None,
            last_day=timestamp(messages.midnight(days[1])) if days else None,
            partial=days is None or window.last >= min(self._clock().date(), days[1] + _DAY),
        )

    def _state(
        self, counts: Counts, everything: Counts, window: Span
    ) -> trends_pb2.BasisState.ValueType:
        if everything.days(window.strata) is None:
            return trends_pb2.BASIS_STATE_NO_DATA
        days = counts.days(window.strata)
        if days is None:
            return trends_pb2.BASIS_STATE_UNKNOWN_HASHTAG
        if window.last < days[0] or window.first > days[1]:
            return trends_pb2.BASIS_STATE_OUTSIDE_DATA
        return trends_pb2.BASIS_STATE_OK
