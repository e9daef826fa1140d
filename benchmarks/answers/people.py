"""Who asks: 35 kinds of person, every style and none beside a personal color of every season and none."""

from __future__ import annotations

from dataclasses import dataclass

from fashion.words import PERSONAL_COLORS, STYLES
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1.recommender_pb2 import Preferences

_SEASONS = ("spring", "summer", "autumn", "winter")


@dataclass(frozen=True)
class Kind:
    """A kind of person. `style` and `personal_color` are numbers of the contract, 0 for none."""

    style: int
    personal_color: int

    @property
    def user_id(self) -> str:
        """The id that the recommender is asked with."""
        return f"kind-{self.style}-{self.personal_color}"

    @property
    def words(self) -> str:
        """Say who it is."""
        style = STYLES[self.style].name if self.style else "any style"
        color = (
            PERSONAL_COLORS[self.personal_color].name
            if self.personal_color
            else "no personal color"
        )
        return f"{style}, {color}"

    @property
    def preferences(self) -> Preferences:
        """What the person declares."""
        return Preferences(
            styles=[fashion_pb2.Style.ValueType(self.style)] if self.style else [],
            personal_color=fashion_pb2.PersonalColor.ValueType(self.personal_color),
        )


def kinds() -> list[Kind]:
    """Return the kinds. The types of a season take turns over the styles, so that all 14 personal colors are asked for."""
    by_season = [
        [number for number, label in PERSONAL_COLORS.items() if label.name.startswith(season)]
        for season in _SEASONS
    ]
    return [
        Kind(style, color)
        for style in (0, *STYLES)
        for color in (0, *(types[style % len(types)] for types in by_season))
    ]
