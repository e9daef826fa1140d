"""Requests to the trends service."""

from __future__ import annotations

from datetime import datetime

from snsfashion.fashion.v1.fashion_pb2 import (
    CATEGORY_UNSPECIFIED,
    PATTERN_UNSPECIFIED,
    SOURCE_KIND_UNSPECIFIED,
    STYLE_UNSPECIFIED,
)
from snsfashion.trends.v1.trends_pb2 import (
    DIMENSION_COLOR,
    DIMENSION_ITEM,
    DIMENSION_ITEM_COLOR,
    DIMENSION_ITEM_PATTERN,
    DIMENSION_PATTERN,
    DIMENSION_STYLE,
    Dimension,
    Filter,
    GetCatalogGapsRequest,
    GetCoWornRequest,
    GetEvidencePhotoRequest,
    GetTrendEvidenceRequest,
    GetTrendSeriesRequest,
    GetTrendsRequest,
    Value,
)
from snsfashion_client import names
from snsfashion_client.messages.arguments import moment


def get_trends(
    dimension: str = "item-color",
    *,
    order: str = "share",
    kind: str = "",
    site: str = "",
    hashtag: str = "",
    window_days: int = 0,
    baseline: str = "preceding",
    baseline_days: int = 0,
    as_of: datetime | None = None,
    min_support: int = 0,
    page_size: int = 0,
    page_token: str = "",
) -> GetTrendsRequest:
    """Ask for what is worn most, what rises or what falls.

    `dimension`: "item", "color", "item-color", "pattern", "item-pattern" or "style". `order`: "share", "rise" or "fall"
    (significant only) or "growth". `kind`: "social" or "shop"; "" means shop for styles, else social. `site` and `hashtag`
    narrow; "" means all. `window_days`: up to 92; 0 means 7. `baseline`: "preceding" or "last-year". `baseline_days`: up to
    366; 0 means 21, or as many as the window has for last year. `as_of`: end of the window, an aware datetime; None means
    now. `min_support`: contributors that a rise needs; 0 means 10. `page_size`: up to 100; 0 means 20.
    """
    return GetTrendsRequest(
        dimension=names.dimension(dimension),
        order=names.order(order),
        filter=_filter(kind, site, hashtag),
        window_days=window_days,
        baseline=names.baseline(baseline),
        baseline_days=baseline_days,
        as_of=moment("as_of", as_of),
        min_support=min_support,
        page_size=page_size,
        page_token=page_token,
    )


def get_trend_series(
    *,
    first_day: datetime,
    last_day: datetime,
    item: str = "",
    color: str = "",
    pattern: str = "",
    style: str = "",
    step: str = "day",
    kind: str = "",
    site: str = "",
    hashtag: str = "",
) -> GetTrendSeriesRequest:
    """Ask for one value over time: an `item`, a `color` or a `pattern`, an item with one of them, or a `style`.

    `first_day` and `last_day`: any aware datetime of these days (UTC), at most 366 days apart. `step`: "day" or "week".
    `kind`, `site` and `hashtag` are those of `get_trends`. Raise ValueError for other combinations.
    """
    return GetTrendSeriesRequest(
        dimension=_dimension(item, color, pattern, style),
        value=_value(item, color, pattern, style),
        filter=_filter(kind, site, hashtag),
        first_day=moment("first_day", first_day),
        last_day=moment("last_day", last_day),
        step=names.step(step),
    )


def get_trend_evidence(
    *,
    item: str = "",
    color: str = "",
    pattern: str = "",
    style: str = "",
    kind: str = "",
    site: str = "",
    hashtag: str = "",
    window_days: int = 0,
    as_of: datetime | None = None,
    page_size: int = 0,
    page_token: str = "",
) -> GetTrendEvidenceRequest:
    """Ask for photos that show a value: an `item`, a `color` or a `pattern`, an item with one of them, or a `style`.

    `kind`, `site`, `hashtag`, `window_days` and `as_of` are those of `get_trends`. `page_size`: up to 100; 0 means 12.
    Raise ValueError for other combinations.
    """
    return GetTrendEvidenceRequest(
        dimension=_dimension(item, color, pattern, style),
        value=_value(item, color, pattern, style),
        filter=_filter(kind, site, hashtag),
        window_days=window_days,
        as_of=moment("as_of", as_of),
        page_size=page_size,
        page_token=page_token,
    )


def get_catalog_gaps(
    dimension: str = "item-color",
    *,
    side: str = "worn",
    shop_site: str = "",
    site: str = "",
    hashtag: str = "",
    window_days: int = 0,
    as_of: datetime | None = None,
    examples: int = 0,
    page_size: int = 0,
    page_token: str = "",
) -> GetCatalogGapsRequest:
    """Ask what people wear more than shops offer it (`side` "worn"), or the opposite ("offered").

    `dimension`: as in `get_trends`, but not "style". `shop_site`: one shop; "" means all. `site` and `hashtag` narrow whose
    photos count. `window_days`: up to 92; 0 means 7. `examples`: photos of each side of a row, up to 5.
    """
    return GetCatalogGapsRequest(
        dimension=names.dimension(dimension),
        side=names.gap_side(side),
        filter=_filter("", site, hashtag),
        shop_site=shop_site,
        window_days=window_days,
        as_of=moment("as_of", as_of),
        examples=examples,
        page_size=page_size,
        page_token=page_token,
    )


def get_co_worn(
    *,
    item: str = "",
    color: str = "",
    dimension: str = "item",
    kind: str = "",
    site: str = "",
    hashtag: str = "",
    window_days: int = 0,
    as_of: datetime | None = None,
    page_size: int = 0,
    page_token: str = "",
) -> GetCoWornRequest:
    """Ask what is worn with an `item` or a `color`, in other garments; without them, with every value of `dimension`.

    `kind`, `site`, `hashtag` and `as_of` are those of `get_trends`. `window_days`: up to 92; 0 means 28. Raise ValueError if
    both an item and a color are given.
    """
    if item and color:
        raise ValueError("give an item or a color, not both")
    if item or color:
        dimension = "item" if item else "color"
    return GetCoWornRequest(
        dimension=names.dimension(dimension),
        value=_value(item, color, "", "") if item or color else None,
        filter=_filter(kind, site, hashtag),
        window_days=window_days,
        as_of=moment("as_of", as_of),
        page_size=page_size,
        page_token=page_token,
    )


def get_evidence_photo(token: str) -> GetEvidencePhotoRequest:
    """Ask for the bytes of a photo of an answer, by its `photo.token`, which holds for an hour."""
    return GetEvidencePhotoRequest(token=token)


# By what is given: item, color, pattern, style.
_DIMENSIONS = {
    (True, False, False, False): DIMENSION_ITEM,
    (False, True, False, False): DIMENSION_COLOR,
    (True, True, False, False): DIMENSION_ITEM_COLOR,
    (False, False, True, False): DIMENSION_PATTERN,
    (True, False, True, False): DIMENSION_ITEM_PATTERN,
    (False, False, False, True): DIMENSION_STYLE,
}


def _dimension(item: str, color: str, pattern: str, style: str) -> Dimension.ValueType:
    found = _DIMENSIONS.get((bool(item), bool(color), bool(pattern), bool(style)))
    if found is None:
        raise ValueError(
            "give an item, a color or a pattern, an item with one of them, or only a style"
        )
    return found


def _value(item: str, color: str, pattern: str, style: str) -> Value:
    return Value(
        category=names.category(item) if item else CATEGORY_UNSPECIFIED,
        color_family=color,
        pattern=names.pattern(pattern) if pattern else PATTERN_UNSPECIFIED,
        style=names.style(style) if style else STYLE_UNSPECIFIED,
    )


def _filter(kind: str, site: str, hashtag: str) -> Filter:
    return Filter(
        kind=names.source_kind(kind) if kind else SOURCE_KIND_UNSPECIFIED,
        site=site,
        hashtag=hashtag.removeprefix("#"),
    )
