"""What a run found, as the tables and the page show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from snsfashion.recommender.v1.recommender_pb2 import RecommendResponse
from snsfashion.trends.v1.trends_pb2 import Evidence, GetTrendsResponse, Trend


@dataclass(frozen=True)
class Stage:
    """What one service did with the photos."""

    name: str
    took: int
    gave: int
    note: str


@dataclass(frozen=True)
class Person:
    """Somebody whom the run recommends outfits to."""

    user_id: str
    title: str
    """What the person declared, for a reader."""
    answer: RecommendResponse


@dataclass(frozen=True)
class Report:
    """Everything that a run found."""

    source: str
    as_of: datetime
    stages: Sequence[Stage]
    rising: Sequence[tuple[Trend, Sequence[Evidence]]]
    pairs: GetTrendsResponse
    items: GetTrendsResponse
    colors: GetTrendsResponse
    people: Sequence[Person]
    not_said: Sequence[str]
    """What these photos can't tell, and why."""
    truth: dict[str, float | int]
    """Distance from the truth, where it is known."""
    family_rgb: dict[str, int]
    """A typical color of each family, 0xRRGGBB."""
