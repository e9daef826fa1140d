"""Whether an answer is true: what it shows and says, against what the look-book drew.

Nothing here asks the services' own rules, but for the undertone of a color, which no source gives for all 16 million of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

import numpy as np

from benchmarks.answers import truth
from fashion import lab
from fashion.words import CATEGORIES, PERSONAL_COLORS
from lookbook.spec.photo import GarmentSpec
from lookbook.world.four_weeks import World
from lookbook.world.quotas import Pair
from lookbook.world.shop import Product
from recommender.core import personal_color
from snsfashion.recommender.v1 import recommender_pb2

K = TypeVar("K")

_TREND_CODES = {
    recommender_pb2.REASON_CODE_TREND_ITEM_COLOR,
    recommender_pb2.REASON_CODE_TREND_ITEM,
    recommender_pb2.REASON_CODE_TREND_COLOR,
}
_TREND = re.compile(
    r"(?P<subject>.+) (?:is|are) (?:(?P<rising>rising)|worn a lot): (?P<now>\d+)% of the last 7 days' looks"
    r"(?:, (?P<before>\d+)% before)?"
)
_SUITS = re.compile(r"(?P<color>.+), the color of the (?P<item>.+), suits (?P<type>.+)")
# Counts are told in fives within a week of a site, and there are some sixty looks in one.
TOLERANCE = 0.1
"""How far a share in a sentence may be from the true one."""
# "Worn a lot" is at least this many times the median; the service says so from 2.
_A_LOT = 1.5


@dataclass(frozen=True)
class Shares:
    """True shares of a span's fashion photos, by item x color, item, and color of any garment."""

    pairs: Mapping[Pair, float]
    items: Mapping[int, float]
    colors: Mapping[str, float]


class Truth:
    """One world, ready to be compared with."""

    def __init__(self, world: World) -> None:
        self.risers = frozenset(world.risers)
        self.products = {truth.image_id(product): product for product in world.products}
        weeks = world.truth().weeks
        last, before = weeks[-1], weeks[:-1]
        self._now = Shares(last.pairs, last.items, last.colors)
        self._before = Shares(
            _mean([week.pairs for week in before]),
            _mean([week.items for week in before]),
            _mean([week.colors for week in before]),
        )

    def shows_riser(self, image_id: str) -> bool:
        """Tell whether an outfit has a garment that truly rises."""
        return any((g.category, _family(g)) in self.risers for g in self._garments(image_id))

    @property
    def with_riser(self) -> int:
        """How many outfits that can be bought have one."""
        return sum(
            product.available and self.shows_riser(image_id)
            for image_id, product in self.products.items()
        )

    def false_trend(self, image_id: str, reason: recommender_pb2.Reason) -> str:
        """Say what is false in a sentence about a trend; "" if nothing is."""
        said = _TREND.fullmatch(reason.text)
        if said is None:
            return "not a sentence that the judge knows"
        subject = said["subject"].lower()
        found = self._subject(image_id, reason.code, subject)
        if found is None:
            return "not in the picture"
        now, before = found
        if abs(int(said["now"]) / 100 - now) > TOLERANCE:
            return f"truly {now:.0%}"
        if said["rising"]:
            if abs(int(said["before"]) / 100 - before) > TOLERANCE:
                return f"truly {before:.0%} before"
            rises = any(subject == _words(pair) for pair in self.risers)
            return "" if rises else "does not rise by itself"
        rest = now - self._strongest(reason.code, subject)
        return "" if rest >= _A_LOT * self._median(reason.code) else "not worn more than others"

    def _strongest(self, code: int, subject: str) -> float:
        """Return the greatest share of one item in a color within a color or an item: if all trousers are blue, red ones are not worn a lot."""
        if code == recommender_pb2.REASON_CODE_TREND_ITEM_COLOR:
            return 0.0
        return max(
            share
            for (item, color), share in self._now.pairs.items()
            if subject in (CATEGORIES[item].plural, color)
        )

    def _subject(self, image_id: str, code: int, subject: str) -> tuple[float, float] | None:
        """Return the true shares, now and before, of what a sentence names; None if it is not in the picture."""
        for garment in self._garments(image_id):
            pair = (garment.category, _family(garment))
            if code == recommender_pb2.REASON_CODE_TREND_ITEM_COLOR and subject == _words(pair):
                return self._now.pairs.get(pair, 0.0), self._before.pairs.get(pair, 0.0)
            if code == recommender_pb2.REASON_CODE_TREND_ITEM and (
                subject == CATEGORIES[pair[0]].plural
            ):
                return self._now.items.get(pair[0], 0.0), self._before.items.get(pair[0], 0.0)
            if code == recommender_pb2.REASON_CODE_TREND_COLOR and subject == pair[1]:
                return self._now.colors.get(pair[1], 0.0), self._before.colors.get(pair[1], 0.0)
        return None

    def _median(self, code: int) -> float:
        by_code: dict[int, Iterable[float]] = {
            recommender_pb2.REASON_CODE_TREND_ITEM_COLOR: self._now.pairs.values(),
            recommender_pb2.REASON_CODE_TREND_ITEM: self._now.items.values(),
            recommender_pb2.REASON_CODE_TREND_COLOR: self._now.colors.values(),
        }
        return median(by_code[code])

    def false_color(self, image_id: str, reason: recommender_pb2.Reason) -> str:
        """Say what is false in a sentence about a personal color; "" if nothing is."""
        said = _SUITS.fullmatch(reason.text)
        if said is None:
            return "not a sentence that the judge knows"
        type_ = personal_color.PERSONAL_TYPES[
            next(n for n, label in PERSONAL_COLORS.items() if label.name == said["type"].lower())
        ]
        for garment in self._garments(image_id):
            names = (_family(garment), CATEGORIES[garment.category].singular)
            if names == (said["color"].lower(), said["item"]):
                opposite = _undertone(garment.colors[0].rgb) * type_.undertone < 0
                return f"{garment.colors[0].rgb} has the other undertone" if opposite else ""
        return "not in the picture"

    def shows_excluded(self, image_id: str, family: str) -> bool:
        """Tell whether an outfit has a color family, in any of its garments' colors or by the shop's own word."""
        product = self.products[image_id]
        drawn = {color.name for garment in self._garments(image_id) for color in garment.colors}
        return family in drawn or family in product.colors or _names(product, family)

    def _garments(self, image_id: str) -> tuple[GarmentSpec, ...]:
        spec = self.products[image_id].photo.spec
        assert spec is not None
        return spec.garments


def is_about_trend(reason: recommender_pb2.Reason) -> bool:
    """Tell whether a reason is about what people wear."""
    return reason.code in _TREND_CODES


def _names(product: Product, family: str) -> bool:
    return re.search(rf"\b{re.escape(family)}\b", product.title.lower()) is not None


def _family(garment: GarmentSpec) -> str:
    return garment.colors[0].name


def _words(pair: Pair) -> str:
    return f"{pair[1]} {CATEGORIES[pair[0]].plural}"


def _undertone(rgb: tuple[int, int, int]) -> int:
    """Return 1 for a clearly warm color, -1 for a clearly cool one, 0 for neutral ones and those in between."""
    point = lab.from_rgb(np.array([rgb], np.uint8))
    if personal_color.neutrals(point) != [None]:
        return 0
    warmth = float(personal_color.warmth(point)[0])
    return 0 if abs(warmth) <= 0.1 else (1 if warmth > 0 else -1)


def _mean(weeks: list[Mapping[K, float]]) -> dict[K, float]:
    keys = {key for week in weeks for key in week}
    return {key: sum(week.get(key, 0.0) for week in weeks) / len(weeks) for key in keys}
