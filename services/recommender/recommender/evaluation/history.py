"""What is played again: outfits, declared profiles and feedback."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from recommender.core.outfit import Outfit
from recommender.core.profile import Feedback


@dataclass(frozen=True)
class Declared:
    """What a person declares: Style numbers and a PersonalColor number, 0 for none."""

    styles: frozenset[int] = frozenset()
    personal_color: int = 0


@dataclass
class History:
    """What happened."""

    outfits: list[Outfit] = field(default_factory=list)
    declared: dict[str, Declared] = field(default_factory=dict)
    """By user id."""
    feedback: dict[str, list[Feedback]] = field(default_factory=lambda: defaultdict(list))
    """By user id."""

    def split_at(self, share: float) -> float:
        """Return the Unix time before which that share of the events lies."""
        times = sorted(event.at for events in self.feedback.values() for event in events)
        return times[min(int(share * len(times)), len(times) - 1)] if times else 0.0
