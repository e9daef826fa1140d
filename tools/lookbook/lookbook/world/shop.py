"""The shop's products: outfits by style, with prices, seasons and stock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fashion.words import CATEGORIES
from lookbook.spec.sampling import sample_outfit
from lookbook.write.photos import Photo, plain_photo

SITE_SHOP = "lookbook-shop"
CURRENCY = "EUR"
_SEASONS = ("spring", "summer", "autumn", "winter")
_WARM = frozenset({2, 4, 11})
_LIGHT = frozenset({1, 3, 5, 6, 7, 10, 12, 13})
_BRANDS = ("Atelier Nord", "Hanbit", "Linden & Co", "오브제", "Plain Goods")
_SIZES = ("XS", "S", "M", "L", "XL")
_FEMININE = frozenset({9, 10, 11, 12, 13})
"""Skirts and dresses: the shop sells them to women."""


@dataclass(frozen=True)
class Product:
    """An outfit for sale. `price_cents` in units of EUR / 100.

    `gender` and `age_group` are the words of Merchant feeds; `sizes` are those in stock; `colors` are the main colors of its
    garments as the shop writes them; `group` is the same for all variants of a product.
    """

    id: str
    title: str
    style: str
    price_cents: int
    available: bool
    season: str
    photo: Photo
    brand: str
    gender: str
    age_group: str
    sizes: tuple[str, ...]
    colors: tuple[str, ...]
    group: str

    @property
    def price(self) -> str:
        """The price as feeds write it, such as `39.00`."""
        return f"{self.price_cents // 100}.{self.price_cents % 100:02d}"


def products(
    rng: np.random.Generator, styles: Sequence[str], per_style: int, numbers: Iterator[int]
) -> list[Product]:
    """Return `per_style` products of each style; `numbers` gives the seeds of their photos. One in twelve is out of stock.

    Raises:
        ValueError: `per_style` is below 1.
    """
    if per_style < 1:
        raise ValueError(f"per_style {per_style}: must be 1 or more")
    out: list[Product] = []
    for style in styles:
        for n in range(1, per_style + 1):
            spec = sample_outfit(next(numbers), "run", style)
            worn = [f"{g.colors[0].name} {CATEGORIES[g.category].name}" for g in spec.garments]
            # Of its own, so that prices and seasons do not depend on it.
            facts = np.random.default_rng([spec.seed, 3])
            product_id = f"{style[:3].upper()}-{n:03d}"
            out.append(
                Product(
                    id=product_id,
                    title=f"{style.capitalize()} look: {' with '.join(worn)}",
                    style=style,
                    price_cents=int(rng.integers(29, 190)) * 100 + int(rng.choice((0, 90, 95))),
                    available=bool((len(out) + 1) % 12),
                    season=_season(rng, {g.category for g in spec.garments}),
                    photo=plain_photo(spec),
                    brand=str(facts.choice(_BRANDS)),
                    gender=_gender(facts, {g.category for g in spec.garments}),
                    age_group="adult",
                    sizes=tuple(size for size in _SIZES if facts.random() < 0.7) or ("M",),
                    colors=tuple(dict.fromkeys(g.colors[0].name for g in spec.garments)),
                    group=f"{product_id}-G",
                )
            )
    return out


def _gender(rng: np.random.Generator, categories: set[int]) -> str:
    if categories & _FEMININE:
        return "female"
    return str(rng.choice(("female", "male", "unisex")))


def _season(rng: np.random.Generator, categories: set[int]) -> str:
    if 4 in categories:
        return str(rng.choice(("autumn", "winter")))
    if categories & _LIGHT and not categories & _WARM:
        return str(rng.choice(("spring", "summer")))
    return str(rng.choice(_SEASONS))
