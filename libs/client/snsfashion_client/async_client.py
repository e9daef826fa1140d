"""The client for calls that are awaited."""

from __future__ import annotations

from snsfashion_client import messages
from snsfashion_client.calls import async_call
from snsfashion_client.stubs import AsyncStubs


class AsyncClient(AsyncStubs):
    """As Client, in asyncio: `await client.recommend(...)`, `async for answer in client.recommend_batch(...)`.

    Use it in an `async with` statement, or await `close`. Use it in the event loop in which it was made.
    """

    start_crawl = async_call(messages.start_crawl, lambda on: on.crawler.StartCrawl)
    get_crawl = async_call(messages.get_crawl, lambda on: on.crawler.GetCrawl)
    list_crawls = async_call(messages.list_crawls, lambda on: on.crawler.ListCrawls)
    cancel_crawl = async_call(messages.cancel_crawl, lambda on: on.crawler.CancelCrawl)
    erase_posts = async_call(messages.erase_posts, lambda on: on.crawler.ErasePosts)
    get_fate = async_call(messages.get_fate, lambda on: on.crawler.GetFate)
    count_fates = async_call(messages.count_fates, lambda on: on.crawler.CountFates)

    classify = async_call(messages.classify, lambda on: on.classifier.Classify)

    segment = async_call(messages.segment, lambda on: on.segmenter.Segment)

    extract_colors = async_call(messages.extract_colors, lambda on: on.color.ExtractColors)
    name_color = async_call(messages.name_color, lambda on: on.color.NameColor)
    get_palette = async_call(messages.get_palette, lambda on: on.color.GetPalette)
    put_palette = async_call(messages.put_palette, lambda on: on.color.PutPalette)
    preview_palette = async_call(messages.preview_palette, lambda on: on.color.PreviewPalette)
    activate_palette = async_call(messages.activate_palette, lambda on: on.color.ActivatePalette)
    list_palettes = async_call(messages.list_palettes, lambda on: on.color.ListPalettes)

    get_trends = async_call(messages.get_trends, lambda on: on.trends.GetTrends)
    get_trend_series = async_call(messages.get_trend_series, lambda on: on.trends.GetTrendSeries)
    get_trend_evidence = async_call(
        messages.get_trend_evidence, lambda on: on.trends.GetTrendEvidence
    )
    get_co_worn = async_call(messages.get_co_worn, lambda on: on.trends.GetCoWorn)
    get_evidence_photo = async_call(
        messages.get_evidence_photo, lambda on: on.trends.GetEvidencePhoto
    )
    get_catalog_gaps = async_call(messages.get_catalog_gaps, lambda on: on.trends.GetCatalogGaps)

    recommend = async_call(messages.recommend, lambda on: on.recommender.Recommend)
    recommend_batch = async_call(messages.recommend_batch, lambda on: on.recommender.RecommendBatch)
    similar_outfits = async_call(messages.similar_outfits, lambda on: on.recommender.SimilarOutfits)
    complete_outfit = async_call(messages.complete_outfit, lambda on: on.recommender.CompleteOutfit)
    record_feedback = async_call(messages.record_feedback, lambda on: on.recommender.RecordFeedback)
    record_feedback_batch = async_call(
        messages.record_feedback_batch, lambda on: on.recommender.RecordFeedbackBatch
    )
    put_profile = async_call(messages.put_profile, lambda on: on.recommender.PutProfile)
    get_profile = async_call(messages.get_profile, lambda on: on.recommender.GetProfile)
    erase_person = async_call(messages.erase_person, lambda on: on.recommender.ErasePerson)
    get_outfit = async_call(messages.get_outfit, lambda on: on.recommender.GetOutfit)
    get_photo = async_call(messages.get_photo, lambda on: on.recommender.GetPhoto)
    put_promotion = async_call(messages.put_promotion, lambda on: on.recommender.PutPromotion)
    list_promotions = async_call(messages.list_promotions, lambda on: on.recommender.ListPromotions)
    delete_promotion = async_call(
        messages.delete_promotion, lambda on: on.recommender.DeletePromotion
    )
    list_disagreements = async_call(
        messages.list_disagreements, lambda on: on.recommender.ListDisagreements
    )
