"""SimilarOutfits and CompleteOutfit."""

from __future__ import annotations

from recommender import messages, requests
from recommender.core import filters
from recommender.core.alike.complete import Completion, Wanted, find_completions
from recommender.core.alike.similar import find_similar
from recommender.core.catalog import CATEGORY_BITS, CATEGORY_MASK, Catalog
from recommender.core.profile import NOTHING_LEARNED
from recommender.core.trend_table import NO_TRENDS
from recommender.service.parts import Context, Parts
from servicekit.errors import NotFound
from snsfashion.recommender.v1 import recommender_pb2


class AlikeCalls:
    """The RPCs that find outfits beside an outfit."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def SimilarOutfits(
        self, request: recommender_pb2.SimilarOutfitsRequest, context: Context
    ) -> recommender_pb2.SimilarOutfitsResponse:
        """Find outfits that are like one of the catalog."""
        catalog = self._parts.replica.catalog
        row = _row(catalog, request.image_id)
        passed = filters.apply(
            catalog, requests.filters(request.filters, catalog.families), NOTHING_LEARNED
        )
        found = find_similar(catalog, row, passed.mask, request.k or requests.DEFAULT_K)
        answer = recommender_pb2.SimilarOutfitsResponse(relaxed=passed.relaxed)
        for other, likeness in found:
            one = answer.outfits.add(likeness=likeness)
            messages.parse_into(one.outfit, catalog.payloads[other])
            await self._parts.add_url(one.outfit)
        return answer

    async def CompleteOutfit(
        self, request: recommender_pb2.CompleteOutfitRequest, context: Context
    ) -> recommender_pb2.CompleteOutfitResponse:
        """Find what goes with a garment or an outfit."""
        catalog = self._parts.replica.catalog
        asked = requests.filters(request.filters, catalog.families)
        own = requests.own_garments(request, catalog.families)
        if request.image_id:
            outfit = messages.parse(catalog.payloads[_row(catalog, request.image_id)])
            garments, style = messages.worn(outfit), request.style or outfit.style
        else:
            garments, style = own, request.style
        passed = filters.apply(catalog, asked, NOTHING_LEARNED)
        mask = passed.mask.copy()
        row = catalog.row(request.image_id)
        if row is not None:
            mask[row] = False
        wanted = Wanted(garments, style, asked.categories)
        trends = await self._parts.trends.table(self._parts.clock()) or NO_TRENDS
        k = request.k or requests.DEFAULT_K
        found = find_completions(catalog, wanted, mask, k, trends.lifts)
        answer = recommender_pb2.CompleteOutfitResponse(relaxed=passed.relaxed)
        for one in found:
            await self._add(answer, catalog, one)
        return answer

    async def _add(
        self,
        answer: recommender_pb2.CompleteOutfitResponse,
        catalog: Catalog,
        found: Completion,
    ) -> None:
        one = answer.completions.add(
            score=found.score,
            worn_together=found.worn_together,
            harmony=found.harmony,
            style=found.style,
        )
        messages.parse_into(one.outfit, catalog.payloads[found.row])
        family = list(catalog.families)[found.code >> CATEGORY_BITS]
        wanted = (found.code & CATEGORY_MASK, family)
        one.garment = messages.worn(one.outfit).index(wanted)
        await self._parts.add_url(one.outfit)


def _row(catalog: Catalog, image_id: str) -> int:
    row = catalog.row(image_id)
    if row is None:
        raise NotFound(f"no outfit of the catalog has image_id {image_id!r}")
    return row
