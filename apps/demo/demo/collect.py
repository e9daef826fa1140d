"""Asking the services what a run found, as any client would, for the tables, the page and summary.json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from google.protobuf.json_format import MessageToDict

from demo.report import Person, Report, Stage
from servicekit.events import timestamp
from snsfashion.color.v1.color_pb2 import GetPaletteRequest
from snsfashion.crawler.v1.crawler_pb2 import Crawl
from snsfashion.fashion.v1.fashion_pb2 import PersonalColor, Style
from snsfashion.recommender.v1.recommender_pb2 import (
    Preferences,
    PutProfileRequest,
    RecommendRequest,
)
from snsfashion.trends.v1.trends_pb2 import (
    Dimension,
    Evidence,
    GetTrendEvidenceRequest,
    GetTrendsRequest,
    GetTrendsResponse,
    Order,
    Trend,
)
from snsfashion_client import Client

EVIDENCE_PHOTOS = 6
OUTFITS_A_PERSON = 5
PEOPLE: tuple[tuple[str, str, Preferences], ...] = (
    (
        "minji",
        "Minji, who likes casual and street and has chosen spring bright",
        Preferences(
            styles=[Style.STYLE_CASUAL, Style.STYLE_STREET],
            personal_color=PersonalColor.PERSONAL_COLOR_SPRING_BRIGHT,
        ),
    ),
    (
        "alex",
        "Alex, who likes minimal and modern and has chosen winter deep",
        Preferences(
            styles=[Style.STYLE_MINIMAL, Style.STYLE_MODERN],
            personal_color=PersonalColor.PERSONAL_COLOR_WINTER_DEEP,
        ),
    ),
)


def ask_trends(
    client: Client, dimension: Dimension.ValueType, order: Order.ValueType, as_of: datetime
) -> GetTrendsResponse:
    """Return the first hundred rows of a dimension."""
    return client.trends.GetTrends(
        GetTrendsRequest(dimension=dimension, order=order, as_of=timestamp(as_of), page_size=100),
        timeout=10,
    )


def collect(
    client: Client,
    *,
    source: str,
    as_of: datetime,
    stages: Sequence[Stage],
    truth: dict[str, float | int],
) -> Report:
    """Ask trends, color and recommender for everything that the report shows."""
    rising = ask_trends(client, Dimension.DIMENSION_ITEM_COLOR, Order.ORDER_RISE, as_of).trends
    pairs = ask_trends(client, Dimension.DIMENSION_ITEM_COLOR, Order.ORDER_SHARE, as_of)
    items = ask_trends(client, Dimension.DIMENSION_ITEM, Order.ORDER_SHARE, as_of)
    palette = client.color.GetPalette(GetPaletteRequest(), timeout=10)
    return Report(
        source=source,
        as_of=as_of,
        stages=stages,
        rising=[(trend, _evidence(client, trend, as_of)) for trend in rising if trend.rising],
        pairs=pairs,
        items=items,
        colors=ask_trends(client, Dimension.DIMENSION_COLOR, Order.ORDER_SHARE, as_of),
        people=[_person(client, *person, as_of) for person in PEOPLE],
        not_said=_not_said(items),
        truth=truth,
        family_rgb={family.name: family.rgb for family in palette.families},
    )


def _evidence(client: Client, trend: Trend, as_of: datetime) -> Sequence[Evidence]:
    request = GetTrendEvidenceRequest(
        dimension=Dimension.DIMENSION_ITEM_COLOR,
        value=trend.value,
        as_of=timestamp(as_of),
        page_size=EVIDENCE_PHOTOS,
    )
    return client.trends.GetTrendEvidence(request, timeout=10).evidence


def _person(
    client: Client, user_id: str, title: str, preferences: Preferences, as_of: datetime
) -> Person:
    client.recommender.PutProfile(
        PutProfileRequest(user_id=user_id, preferences=preferences), timeout=10
    )
    answer = client.recommender.Recommend(
        RecommendRequest(user_id=user_id, k=OUTFITS_A_PERSON, as_of=timestamp(as_of)), timeout=10
    )
    return Person(user_id, title, answer)


def _not_said(items: GetTrendsResponse) -> list[str]:
    """Return what these photos can't tell, and why."""
    texts = []
    if not items.basis.dated:
        texts.append(
            "Which items and colors rise: the photos carry no dates of their own, so all of them "
            "count for the day of the crawl. Give a CSV with the column posted_at, or photos with EXIF dates."
        )
    elif not items.basis.baseline_support:
        texts.append("Which items and colors rise: no photo is older than the week.")
    if items.basis.withheld:
        texts.append(
            f"{items.basis.withheld} items are withheld: fewer than 5 people show them in any week."
        )
    return texts


def count_stages(crawls: Sequence[Crawl], rows: Sequence[Mapping[str, Any]]) -> list[Stage]:
    """Return what each service took and gave, from the crawls of this run and the lines about all photos."""
    seen = sum(crawl.seen for crawl in crawls)
    stored = sum(crawl.stored for crawl in crawls)
    unchanged = sum(crawl.unchanged for crawl in crawls)
    left_out: Counter[str] = Counter()
    for crawl in crawls:
        left_out.update(dict(crawl.skipped))
        left_out.update(dict(crawl.failed))
    fates = Counter(row["fate"] for row in rows)
    described, empty, rejected = fates["described"], fates["empty"], fates["rejected"]
    fashion = described + empty
    garments = [garment for row in rows for garment in row["garments"]]
    families = {color["family"] for garment in garments for color in garment["colors"]}
    social = sum(row["kind"] == "social" for row in rows if row["garments"])
    notes = [f"{unchanged} known before" if unchanged else ""]
    notes += [f"{count} {reason.replace('_', ' ')}" for reason, count in left_out.items()]
    return [
        Stage("crawler", seen, stored, ", ".join(filter(None, notes)) or "new photos"),
        Stage("classifier", fashion + rejected, fashion, f"fashion; {rejected} are not"),
        Stage("segmenter", fashion, len(garments), f"garments; {empty} photos show none"),
        Stage("color", len(garments), len(families), "color families"),
        Stage("trends", described, social, "outfits that people wear"),
        Stage("recommender", described, described - social, "outfits that a shop offers"),
    ]


def summarize(report: Report) -> dict[str, Any]:
    """Return the parts of summary.json that come from trends and recommender."""
    rows = []
    for name, answer in (
        ("item", report.items.trends),
        ("color", report.colors.trends),
        ("item_color", report.pairs.trends),
    ):
        rows += [{"dimension": name, **_plain(trend)} for trend in answer]
    return {
        "trends": rows,
        "recommendations": [
            {"user_id": person.user_id, **_plain(one)}
            for person in report.people
            for one in person.answer.recommendations
        ],
        "not_said": list(report.not_said),
    }


def _plain(message: Any) -> dict[str, Any]:
    return dict(
        MessageToDict(
            message,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
        )
    )
