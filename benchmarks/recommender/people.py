"""Simulated people with known tastes, for benchmarks. Knows nothing of the recommender.

A world has outfits, people and what is worn on the street. What a person thinks of an outfit is a sum in log-odds of a
click: of its style, items and colors, of how its color temperature goes with them, and of what no score part can
express: its price, its shop's hand (the author), pairs of items that they like together, and a quality of the photo
that all see alike. People click on what they are shown with that probability, times how likely they look that far
down. They say truly which style they prefer most, and half of them which personal color they hold to be theirs, which
says something of the colors that they like, not all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STYLES, CATEGORIES = 6, 13
AUTHORS = 40
# Families and their sRGB; warm (1), cool (-1) or neither.
FAMILIES: tuple[tuple[str, int, int], ...] = (
    ("black", 0x1A1A1C, 0), ("white", 0xF6F5F2, 0), ("grey", 0x8B8C8E, 0), ("navy", 0x1F2852, -1),
    ("blue", 0x2F5DA8, -1), ("sky blue", 0x9CC3E4, -1), ("beige", 0xD9C6A5, 1), ("camel", 0xB98B56, 1),
    ("brown", 0x6B4630, 1), ("khaki", 0x7A7650, 1), ("green", 0x2F7A4A, 0), ("mint", 0xA9DCC3, -1),
    ("red", 0xCA1C26, 0), ("burgundy", 0x6A1B2D, -1), ("pink", 0xE9A3B4, -1), ("orange", 0xE07A2C, 1),
    ("yellow", 0xEBCB3F, 1), ("purple", 0x6C4390, -1), ("lavender", 0xB9A7D6, -1), ("ivory", 0xF3EAD4, 1),
)  # fmt: skip
# The share of people who look at position n is 1 / (1 + n / 10).
_LOOKS_DOWN = 10.0
_BASE_LOG_ODDS = -3.2
STRONG = 2.0
"""Log-odds that a liking is worth in an outfit that is nothing else."""


@dataclass(frozen=True)
class SimulatedOutfit:
    """An outfit: garments as (category 1 to 13, number in FAMILIES), style 1 to 6, price in cents, author 0 to 39."""

    garments: tuple[tuple[int, int], ...]
    style: int
    price_cents: int
    author: int
    age_days: float


class World:
    """Outfits, people and the truth about both."""

    def __init__(self, seed: int, outfits: int, people: int) -> None:
        random = np.random.default_rng(seed)
        self._random = random
        self._item_fashion = random.normal(0, 1, CATEGORIES + 1)
        self._color_fashion = random.normal(0, 1, len(FAMILIES))
        self.outfits = [self._outfit() for _ in range(outfits)]
        style, items, colors, warmth, price, authors, pairs = self._features()
        quality = random.normal(0, 0.4, outfits)

        def tastes(size: int, spread: float) -> Floats:
            return random.normal(0, spread, (people, size))

        def likes(size: int, liked: int, disliked: int) -> Floats:
            """Give each person a few things that they like, a few that they don't, and hardly a difference among the rest."""
            result = tastes(size, 0.3)
            order = np.argsort(random.random((people, size)), axis=1)
            rows = np.arange(people)[:, None]
            result[rows, order[:, :liked]] += STRONG
            result[rows, order[:, liked : liked + disliked]] -= STRONG
            return result

        own_style = likes(STYLES, 1, 1)
        own_colors = likes(len(FAMILIES), 4, 4)
        temperature = random.choice((-1.0, 0.0, 1.0), people)
        # What is worn on the street is worn because many like it.
        fashion = 0.4 * (items @ self._item_fashion + colors @ self._color_fashion)
        log_odds = (
            _BASE_LOG_ODDS
            + quality
            + fashion
            + own_style @ style.T
            + likes(CATEGORIES + 1, 3, 3) @ items.T
            + own_colors @ colors.T
            + 0.6 * temperature[:, None] * warmth
            - 0.3 * random.lognormal(0, 0.5, people)[:, None] * price
            + tastes(AUTHORS, 0.3) @ authors.T
            + tastes(pairs.shape[1], 0.3) @ pairs.T
        )
        self.relevance: Floats = 1 / (1 + np.exp(-log_odds))
        """(people, outfits): probability that a person who looks clicks."""
        self.favorite_style = [int(n) + 1 for n in own_style.argmax(axis=1)]
        self.temperature = [
            int(t) if declares else 0
            for t, declares in zip(temperature, random.random(people) < 0.5, strict=True)
        ]
        """What a person declares of their colors: 1 warm, -1 cool, 0 nothing."""

    def worn(self, looks: int) -> list[tuple[tuple[int, int], ...]]:
        """Return the garments of looks seen on the street this week."""
        return [self._garments() for _ in range(looks)]

    def reactions(self, person: int, shown: list[int]) -> list[tuple[int, str]]:
        """Return what the person does with the outfits `shown`, best place first.

        Some are "opened", some of those "liked"; some that are looked at and not opened are "disliked".
        """
        random = self._random
        found = []
        for place, outfit in enumerate(shown):
            if random.random() > 1 / (1 + place / _LOOKS_DOWN):
                continue
            relevance = float(self.relevance[person, outfit])
            if random.random() < relevance:
                found.append((outfit, "opened"))
                if random.random() < relevance:
                    found.append((outfit, "liked"))
            elif random.random() < 0.2 * (1 - relevance) ** 4:
                found.append((outfit, "disliked"))
        return found

    def _garments(self) -> tuple[tuple[int, int], ...]:
        random = self._random
        count = int(random.choice((1, 2, 3), p=(0.2, 0.6, 0.2)))
        items = np.exp(0.7 * self._item_fashion[1:])
        colors = np.exp(0.7 * self._color_fashion)
        categories = random.choice(CATEGORIES, count, replace=False, p=items / items.sum()) + 1
        families = random.choice(len(FAMILIES), count, p=colors / colors.sum())
        return tuple((int(c), int(f)) for c, f in zip(categories, families, strict=True))

    def _outfit(self) -> SimulatedOutfit:
        random = self._random
        # Shops offer what is worn, and as much again of everything.
        garments = self._garments()
        if random.random() < 0.5:
            garments = tuple(
                (int(random.integers(1, CATEGORIES + 1)), int(random.integers(len(FAMILIES))))
                for _ in garments
            )
        return SimulatedOutfit(
            garments,
            int(random.integers(1, STYLES + 1)),
            int(random.lognormal(8.5, 0.5)),
            int(random.integers(AUTHORS)),
            float(random.uniform(0, 60)),
        )

    def _features(self) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats]:
        """Return, with one row for each outfit: style, mean of items and of colors, warmth, log price, author, pairs of items."""
        n = len(self.outfits)
        style, authors = np.zeros((n, STYLES)), np.zeros((n, AUTHORS))
        items, colors = np.zeros((n, CATEGORIES + 1)), np.zeros((n, len(FAMILIES)))
        pairs = np.zeros((n, (CATEGORIES + 1) ** 2))
        warmth = np.zeros(n)
        for row, outfit in enumerate(self.outfits):
            style[row, outfit.style - 1] = authors[row, outfit.author] = 1
            for category, family in outfit.garments:
                items[row, category] += 1 / len(outfit.garments)
                colors[row, family] += 1 / len(outfit.garments)
                warmth[row] += FAMILIES[family][2] / len(outfit.garments)
            found = sorted({category for category, _ in outfit.garments})
            for i, a in enumerate(found):
                for b in found[i + 1 :]:
                    pairs[row, a * (CATEGORIES + 1) + b] = 1
        prices = np.log(np.array([outfit.price_cents for outfit in self.outfits]))
        return style, items, colors, warmth, (prices - prices.mean()) / prices.std(), authors, pairs
