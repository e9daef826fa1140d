"""What another palette changes in the names of garments. A garment's name and family are those of its main color."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from snsfashion.fashion.v1.fashion_pb2 import Color, Garment

EXAMPLES = 5


def main_colors(garments: Iterable[Garment]) -> list[Color]:
    """Return the main color of each garment that has colors."""
    return [garment.colors[0] for garment in garments if garment.colors]


@dataclass
class Comparison:
    """Counts over `garments`. `changed`: those with another family; `moves` counts (family before, family after)."""

    outfits: int = 0
    garments: int = 0
    changed: int = 0
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: defaultdict[tuple[str, str], list[int]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """The colors (0xRRGGBB) of the first garments of each move, each once."""
    names_before: Counter[str] = field(default_factory=Counter)
    names_after: Counter[str] = field(default_factory=Counter)

    def add(self, before: Color, name: str, family: str) -> None:
        """Count one garment by its main color before, and the name and family that the color gets."""
        self.garments += 1
        self.names_before[before.name] += 1
        self.names_after[name] += 1
        if before.family != family:
            move = before.family, family
            self.changed += 1
            self.moves[move] += 1
            if len(self.examples[move]) < EXAMPLES and before.rgb not in self.examples[move]:
                self.examples[move].append(before.rgb)

    @property
    def lost(self) -> Counter[str]:
        """The names that no garment has any more, with how many garments had them."""
        return Counter({n: c for n, c in self.names_before.items() if n not in self.names_after})

    @property
    def new(self) -> Counter[str]:
        """The names that no garment had before, with how many garments get them."""
        return Counter({n: c for n, c in self.names_after.items() if n not in self.names_before})


@dataclass(frozen=True)
class Preview:
    """A comparison of what is stored with what the palette would name, and the families that go and come."""

    stored_outfits: int
    comparison: Comparison
    lost_families: tuple[str, ...]
    new_families: tuple[str, ...]
