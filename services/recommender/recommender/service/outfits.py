"""The outfits of the catalog: GetOutfit, GetPhoto and ListDisagreements."""

from __future__ import annotations

import numpy as np

from recommender import messages
from recommender.service.parts import Context, Parts
from servicekit.errors import Gone, NotFound
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2

DISAGREEMENTS_PAGE = 50


class OutfitCalls:
    """The RPCs about outfits."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def GetOutfit(
        self, request: recommender_pb2.GetOutfitRequest, context: Context
    ) -> recommender_pb2.GetOutfitResponse:
        """Return an outfit of the catalog."""
        outfit = await self._parts.read_outfit(request.image_id)
        await self._parts.add_url(outfit)
        return recommender_pb2.GetOutfitResponse(outfit=outfit)

    async def GetPhoto(
        self, request: recommender_pb2.GetPhotoRequest, context: Context
    ) -> recommender_pb2.GetPhotoResponse:
        """Return the photo of an outfit."""
        outfit = await self._parts.read_outfit(request.image_id)
        try:
            photo = await self._parts.blobs.get(outfit.image.key)
        except Gone:
            raise NotFound(f"the photo of {request.image_id!r} is gone") from None
        return recommender_pb2.GetPhotoResponse(photo=photo, media_type=outfit.image.media_type)

    async def ListDisagreements(
        self, request: recommender_pb2.ListDisagreementsRequest, context: Context
    ) -> recommender_pb2.ListDisagreementsResponse:
        """List outfits of which the shop's words and the photo disagree."""
        catalog = self._parts.replica.catalog
        columns = catalog.columns
        offered = columns.alive & columns.available
        disagree = np.flatnonzero(offered & (columns.disagrees == 1))
        image_ids = sorted(catalog.image_ids[row] for row in disagree)
        after = [image_id for image_id in image_ids if image_id > request.page_token]
        page = after[: request.page_size or DISAGREEMENTS_PAGE]
        answer = recommender_pb2.ListDisagreementsResponse(
            next_page_token=page[-1] if len(page) < len(after) else "",
            compared=int(np.count_nonzero(offered & (columns.disagrees >= 0))),
            disagree=len(image_ids),
        )
        for image_id in page:
            outfit = await self._parts.find_outfit(image_id)
            await self._parts.add_url(outfit)
            answer.disagreements.append(_disagreement(outfit))
        return answer


def _disagreement(outfit: recommender_pb2.Outfit) -> recommender_pb2.Disagreement:
    says = messages.shop_says(outfit)
    return recommender_pb2.Disagreement(
        outfit=outfit,
        colors_not_found=sorted(says.colors_not_found),
        items_not_found=[
            recommender_pb2.Categories(
                categories=[fashion_pb2.Category.ValueType(c) for c in sorted(item)]
            )
            for item in says.items_not_found
        ],
    )
