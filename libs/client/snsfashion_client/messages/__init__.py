"""Words in, messages of the contracts out: a function for each RPC, which both clients send, and for the parts of requests.

from snsfashion_client import Client, messages

cheap = messages.filters(exclude_colors=["red"], max_price="39.90", currency="EUR")
with Client() as client:
    batch = [messages.recommend(user, filters=cheap) for user in ("kim", "lee")]
    for answer in client.recommend_batch(batch):
        print(answer.index, len(answer.response.recommendations))
"""

from snsfashion_client.messages.classifier import classify
from snsfashion_client.messages.color import (
    activate_palette,
    extract_colors,
    get_palette,
    list_palettes,
    name_color,
    preview_palette,
    put_palette,
)
from snsfashion_client.messages.crawler import (
    cancel_crawl,
    count_fates,
    erase_posts,
    get_crawl,
    get_fate,
    list_crawls,
    start_crawl,
)
from snsfashion_client.messages.filters import filters
from snsfashion_client.messages.outfits import (
    complete_outfit,
    get_outfit,
    get_photo,
    recommend,
    recommend_batch,
    similar_outfits,
    weights,
)
from snsfashion_client.messages.people import (
    erase_person,
    get_profile,
    put_profile,
    record_feedback,
    record_feedback_batch,
)
from snsfashion_client.messages.promotions import (
    delete_promotion,
    list_disagreements,
    list_promotions,
    put_promotion,
)
from snsfashion_client.messages.segmenter import segment
from snsfashion_client.messages.trends import (
    get_catalog_gaps,
    get_co_worn,
    get_evidence_photo,
    get_trend_evidence,
    get_trend_series,
    get_trends,
)

__all__ = [
    "activate_palette",
    "cancel_crawl",
    "classify",
    "complete_outfit",
    "count_fates",
    "delete_promotion",
    "erase_person",
    "erase_posts",
    "extract_colors",
    "filters",
    "get_catalog_gaps",
    "get_co_worn",
    "get_crawl",
    "get_evidence_photo",
    "get_fate",
    "get_outfit",
    "get_palette",
    "get_photo",
    "get_profile",
    "get_trend_evidence",
    "get_trend_series",
    "get_trends",
    "list_crawls",
    "list_disagreements",
    "list_palettes",
    "list_promotions",
    "name_color",
    "preview_palette",
    "put_palette",
    "put_profile",
    "put_promotion",
    "recommend",
    "recommend_batch",
    "record_feedback",
    "record_feedback_batch",
    "segment",
    "similar_outfits",
    "start_crawl",
    "weights",
]
