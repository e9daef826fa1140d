"""What a request asks for: the value, the strata and the days. The contract has checked the fields one by one."""

from __future__ import annotations

import difflib
from datetime import date, datetime, timedelta

from fashion import hashtags
from servicekit.errors import InvalidArgument
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2
from trends.core.counts import Counts, Span
from trends.core.observation import OFFERED, OFFERED_ANYTHING, Stratum, Value
from trends.paging import moment

MAX_SERIES_DAYS = 366
WINDOW_DAYS = 7
BASELINE_DAYS = 21
MIN_SUPPORT = 10
CO_WORN_DAYS = 28
"""Pairs are rarer than what they consist of, and change slowly."""
YEAR = timedelta(days=364)
"""A year in whole weeks, so that the days of the week are the same."""

_PARTS: dict[int, set[str]] = {
    trends_pb2.DIMENSION_ITEM: {"category"},
    trends_pb2.DIMENSION_COLOR: {"color_family"},
    trends_pb2.DIMENSION_ITEM_COLOR: {"category", "color_family"},
    trends_pb2.DIMENSION_STYLE: {"style"},
    trends_pb2.DIMENSION_PATTERN: {"pattern"},
    trends_pb2.DIMENSION_ITEM_PATTERN: {"category", "pattern"},
}


def value(dimension: int, message: trends_pb2.Value) -> Value:
    """Return the value of a dimension. Raise InvalidArgument unless exactly the parts of the dimension are set."""
    wanted = _PARTS[dimension]
    for part in ("category", "color_family", "style", "pattern"):
        if bool(getattr(message, part)) != (part in wanted):
            needed = "is needed" if part in wanted else "does not belong"
            raise InvalidArgument(f"value.{part}", f"{needed} in this dimension")
    return Value(dimension, message.category, message.color_family, message.style, message.pattern)


def hashtag(message: trends_pb2.Filter) -> str:
    """Return the one spelling of the hashtag that is asked for; "" for all photos. Raise InvalidArgument if it is none."""
    if not message.hashtag:
        return ""
    tag = hashtags.normalize(message.hashtag)
    if not tag:
        raise InvalidArgument("filter.hashtag", f"{message.hashtag!r} is not a hashtag")
    return tag


def strata(dimension: int, message: trends_pb2.Filter, counts: Counts) -> list[Stratum]:
    """Return the strata that a filter chooses among all that are counted. Raise InvalidArgument for a site that is not among them."""
    styles = dimension == trends_pb2.DIMENSION_STYLE
    if styles and message.kind == fashion_pb2.SOURCE_KIND_SOCIAL:
        raise InvalidArgument("filter.kind", "only shops state styles")
    kind = message.kind or (
        fashion_pb2.SOURCE_KIND_SHOP if styles else fashion_pb2.SOURCE_KIND_SOCIAL
    )
    return _of_site(counts, kind, message.site, "filter.site")


def _of_site(counts: Counts, kind: int, site: str, field: str) -> list[Stratum]:
    """Return the strata of a kind and a site ("": all). Raise InvalidArgument, which names the field, if others have photos and it has none."""
    sites = {stratum.site: stratum for stratum in counts.strata if stratum.kind == kind}
    if not site or not sites:
        return list(sites.values())
    if site not in sites:
        near = difflib.get_close_matches(site, sites) or sorted(sites)[:5]
        raise InvalidArgument(
            field, f"no photo of this kind is from {site!r}; there are: {', '.join(near)}"
        )
    return [sites[site]]


def last_days(counts: Counts, chosen: list[Stratum], last: date, days: int) -> Span:
    """Return the `days` days that end with `last`."""
    return Span(counts, chosen, last - timedelta(days=days - 1), last)


def baseline(counts: Counts, window: Span, request: trends_pb2.GetTrendsRequest) -> Span:
    """Return the days that a window is compared with."""
    if request.baseline == trends_pb2.BASELINE_LAST_YEAR:
        days = request.baseline_days or (window.last - window.first).days + 1
        return last_days(counts, window.strata, window.last - YEAR, days)
    days = request.baseline_days or BASELINE_DAYS
    return last_days(counts, window.strata, window.first - timedelta(days=1), days)


def worn_with(request: trends_pb2.GetCoWornRequest) -> Value | None:
    """Return the value that others are worn with; None for all of them."""
    if request.dimension not in (trends_pb2.DIMENSION_ITEM, trends_pb2.DIMENSION_COLOR):
        raise InvalidArgument("dimension", "must be items or colors")
    return value(request.dimension, request.value) if request.HasField("value") else None


def check_gaps(request: trends_pb2.GetCatalogGapsRequest) -> None:
    """Raise InvalidArgument for what only one side has."""
    if request.dimension == trends_pb2.DIMENSION_STYLE:
        raise InvalidArgument("dimension", "only shops state styles, so there is no gap to see")
    if request.filter.kind == fashion_pb2.SOURCE_KIND_SHOP:
        raise InvalidArgument("filter.kind", "must be social; `shop_site` chooses the shop")


def offers(
    counts: Counts, request: trends_pb2.GetCatalogGapsRequest
) -> tuple[dict[Value, int], int]:
    """Return how many photos of the chosen shops offer each value of a dimension, and how many offer anything. Raise InvalidArgument."""
    shops = _of_site(counts, fashion_pb2.SOURCE_KIND_SHOP, request.shop_site, "shop_site")
    places = counts.places(request.dimension + OFFERED)
    numbers = counts.offers(shops, places).tolist()
    values = (counts.values[p]._replace(dimension=request.dimension) for p in places)
    total = counts.offers(shops, counts.places(OFFERED_ANYTHING.dimension)).sum()
    return {v: n for v, n in zip(values, numbers, strict=True) if n}, int(total)


def series_moments(request: trends_pb2.GetTrendSeriesRequest) -> tuple[datetime, datetime]:
    """Return a time of the first and of the last day of a series.

    `from` and `to` are read where their successors are absent. Raise InvalidArgument if the last day is before the first
    or more than MAX_SERIES_DAYS after it.
    """
    first_field = "first_day" if request.HasField("first_day") else "from"
    last_field = "last_day" if request.HasField("last_day") else "to"
    # By name: `from` is a keyword of Python.
    first = moment(first_field, getattr(request, first_field))
    last = moment(last_field, getattr(request, last_field))
    if not 0 <= (last.date() - first.date()).days <= MAX_SERIES_DAYS:
        raise InvalidArgument(
            last_field, f"must be 0 to {MAX_SERIES_DAYS} days after `{first_field}`"
        )
    return first, last
