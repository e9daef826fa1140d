"""What people truly wear, week by week, as shares of the fashion photos."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fashion.words import CATEGORIES
from lookbook.spec.photo import PhotoSpec
from lookbook.world.quotas import Pair


@dataclass(frozen=True)
class WeekTruth:
    """Shares in [0, 1] of a week's fashion photos (reposts once) that show each value."""

    photos: int
    items: Mapping[int, float]
    colors: Mapping[str, float]
    pairs: Mapping[Pair, float]


@dataclass(frozen=True)
class Truth:
    """Weeks oldest first, and the item-color pairs that rise in the last."""

    weeks: tuple[WeekTruth, ...]
    risers: tuple[Pair, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the truth for JSON: categories by number, pairs as `number:family`."""
        return {
            "categories": {str(c): category.name for c, category in CATEGORIES.items()},
            "risers": [{"category": c, "color": color} for c, color in self.risers],
            "weeks": [
                {
                    "photos": w.photos,
                    "items": {str(c): s for c, s in w.items.items()},
                    "colors": dict(w.colors),
                    "item_colors": {f"{c}:{color}": s for (c, color), s in w.pairs.items()},
                }
                for w in self.weeks
            ],
        }


def measure(weeks: Sequence[Sequence[PhotoSpec]], risers: Sequence[Pair]) -> Truth:
    """Return the truth of weeks of fashion photos."""
    return Truth(tuple(_week(w) for w in weeks), tuple(risers))


def _week(specs: Sequence[PhotoSpec]) -> WeekTruth:
    items: Counter[int] = Counter()
    colors: Counter[str] = Counter()
    pairs: Counter[Pair] = Counter()
    for spec in specs:
        worn = {(g.category, g.colors[0].name) for g in spec.garments}
        pairs.update(worn)
        items.update({c for c, _ in worn})
        colors.update({name for _, name in worn})
    n = max(1, len(specs))
    return WeekTruth(
        len(specs),
        {c: items[c] / n for c in CATEGORIES},
        {name: k / n for name, k in sorted(colors.items())},
        {pair: k / n for pair, k in sorted(pairs.items())},
    )
