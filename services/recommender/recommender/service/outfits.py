"""The outfits of the catalog: GetOutfit, GetPhoto and ListDisagreements."""

from __future__ import annotations

from fashion import said
from recommender import messages
from recommender.service.parts import Context, Parts, parsed
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
        compared = 0
        found: list[recommender_pb2.Disagreement] = []
        for image_id in sorted(filter(None, catalog.image_ids)):
            row = catalog.row(image_id)
            if row is None or not columns.available[row]:
                continue
            message, _ = parsed(catalog.payloads[row])
            words = messages.shop_words(message)
            if not said.families_in(words) and not said.categories_in(message.product.title):
                continue
            compared += 1
            disagreement = find_disagreement(message)
            if disagreement is not None:
                found.append(disagreement)
        after = [one for one in found if one.outfit.image.image_id > request.page_token]
        page = after[: request.page_size or DISAGREEMENTS_PAGE]
        for one in page:
            await self._parts.add_url(one.outfit)
        return recommender_pb2.ListDisagreementsResponse(
            disagreements=page,
            next_page_token=page[-1].outfit.image.image_id if len(page) < len(after) else "",
            compared=compared,
            disagree=len(found),
        )


def find_disagreement(outfit: recommender_pb2.Outfit) -> recommender_pb2.Disagreement | None:
    """Return what the shop names and the photo was not found to show; None if there is nothing of the kind."""
    measured = {color.family for garment in outfit.garments for color in garment.colors}
    worn = {int(garment.category) for garment in outfit.garments}
    colors = said.main_families_in(messages.shop_words(outfit)) - measured
    items = [item for item in said.categories_in(outfit.product.title) if not item & worn]
    if not colors and not items:
        return None
    return recommender_pb2.Disagreement(
        outfit=outfit,
        colors_not_found=sorted(colors),
        items_not_found=[
            recommender_pb2.Categories(
                categories=[fashion_pb2.Category.ValueType(c) for c in sorted(item)]
            )
            for item in items
        ],
    )
