"""The client for calls that block."""

from __future__ import annotations

from snsfashion_client import messages
from snsfashion_client.calls import call
from snsfashion_client.stubs import Stubs


class Client(Stubs):
    """A method for each RPC, and a typed stub of each service. Use it in a `with` statement, or call `close`.

    A method takes the arguments of the function of its name in `snsfashion_client.messages`, and returns the response;
    `recommend_batch` returns an iterator of responses. A stub, such as `client.trends`, takes requests and call options.

    A channel is opened when its service is first used. Threads may share a client. A call without a deadline gets 30 s.
    A call is repeated up to three times while its service is unavailable; only StartCrawl is never repeated.

    Calls raise UnknownName, TypeError or ValueError for a wrong argument, before anything is sent, and else grpc.RpcError.
    The first use of a service whose address is unknown raises AddressMissing.
    """

    start_crawl = call(messages.start_crawl, lambda on: on.crawler.StartCrawl)
    get_crawl = call(messages.get_crawl, lambda on: on.crawler.GetCrawl)
    list_crawls = call(messages.list_crawls, lambda on: on.crawler.ListCrawls)
    cancel_crawl = call(messages.cancel_crawl, lambda on: on.crawler.CancelCrawl)
    erase_posts = call(messages.erase_posts, lambda on: on.crawler.ErasePosts)
    get_fate = call(messages.get_fate, lambda on: on.crawler.GetFate)
    count_fates = call(messages.count_fates, lambda on: on.crawler.CountFates)

    classify = call(messages.classify, lambda on: on.classifier.Classify)

    segment = call(messages.segment, lambda on: on.segmenter.Segment)

    extract_colors = call(messages.extract_colors, lambda on: on.color.ExtractColors)
    name_color = call(messages.name_color, lambda on: on.color.NameColor)
    get_palette = call(messages.get_palette, lambda on: on.color.GetPalette)
    put_palette = call(messages.put_palette, lambda on: on.color.PutPalette)
    preview_palette = call(messages.preview_palette, lambda on: on.color.PreviewPalette)
    activate_palette = call(messages.activate_palette, lambda on: on.color.ActivatePalette)
    list_palettes = call(messages.list_palettes, lambda on: on.color.ListPalettes)

    get_trends = call(messages.get_trends, lambda on: on.trends.GetTrends)
    get_trend_series = call(messages.get_trend_series, lambda on: on.trends.GetTrendSeries)
    get_trend_evidence = call(messages.get_trend_evidence, lambda on: on.trends.GetTrendEvidence)
    get_co_worn = call(messages.get_co_worn, lambda on: on.trends.GetCoWorn)
    get_evidence_photo = call(messages.get_evidence_photo, lambda on: on.trends.GetEvidencePhoto)
    get_catalog_gaps = call(messages.get_catalog_gaps, lambda on: on.trends.GetCatalogGaps)

    recommend = call(messages.recommend, lambda on: on.recommender.Recommend)
    recommend_batch = call(messages.recommend_batch, lambda on: on.recommender.RecommendBatch)
    similar_outfits = call(messages.similar_outfits, lambda on: on.recommender.SimilarOutfits)
    complete_outfit = call(messages.complete_outfit, lambda on: on.recommender.CompleteOutfit)
    record_feedback = call(messages.record_feedback, lambda on: on.recommender.RecordFeedback)
    record_feedback_batch = call(
        messages.record_feedback_batch, lambda on: on.recommender.RecordFeedbackBatch
    )
    put_profile = call(messages.put_profile, lambda on: on.recommender.PutProfile)
    get_profile = call(messages.get_profile, lambda on: on.recommender.GetProfile)
    erase_person = call(messages.erase_person, lambda on: on.recommender.ErasePerson)
    get_outfit = call(messages.get_outfit, lambda on: on.recommender.GetOutfit)
    get_photo = call(messages.get_photo, lambda on: on.recommender.GetPhoto)
    put_promotion = call(messages.put_promotion, lambda on: on.recommender.PutPromotion)
    list_promotions = call(messages.list_promotions, lambda on: on.recommender.ListPromotions)
    delete_promotion = call(messages.delete_promotion, lambda on: on.recommender.DeletePromotion)
    list_disagreements = call(
        messages.list_disagreements, lambda on: on.recommender.ListDisagreements
    )
