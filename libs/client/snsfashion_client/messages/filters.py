"""What narrows the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from snsfashion.recommender.v1.recommender_pb2 import Filters
from snsfashion_client import names
from snsfashion_client.messages.arguments import listed, micros


def filters(
    *,
    items: Iterable[str] = (),
    colors: Iterable[str] = (),
    season: str = "",
    max_price: Decimal | float | str = 0,
    currency: str = "",
    genders: Iterable[str] = (),
    age_groups: Iterable[str] = (),
    sizes: Iterable[str] = (),
    brands: Iterable[str] = (),
    exclude_items: Iterable[str] = (),
    exclude_colors: Iterable[str] = (),
    exclude_brands: Iterable[str] = (),
    exclude_outfits: Iterable[str] = (),
    include_bought: bool = False,
) -> Filters:
    """Return what narrows the catalog; what is not given does not narrow.

    `items`, such as "skirt"; `colors`, such as "red" (families, in English or Korean); `season` of the shop. These three are
    relaxed if nothing is left; the others never. `max_price`, such as "39.90", needs a `currency`, such as "EUR".
    `genders`: "female", "male", "unisex". `age_groups`: "newborn", "infant", "toddler", "kids", "adult". `exclude_outfits`:
    image ids. `include_bought`: also what the person has bought. Raise UnknownName if a word is unknown.
    """
    return Filters(
        categories=[names.category(word) for word in listed("items", items)],
        color_families=listed("colors", colors),
        season=season,
        max_price_micros=micros("max_price", max_price),
        currency=currency,
        genders=[names.gender(word) for word in listed("genders", genders)],
        age_groups=[names.age_group(word) for word in listed("age_groups", age_groups)],
        sizes=listed("sizes", sizes),
        brands=listed("brands", brands),
        exclude_categories=[
            names.category(word) for word in listed("exclude_items", exclude_items)
        ],
        exclude_color_families=listed("exclude_colors", exclude_colors),
        exclude_brands=listed("exclude_brands", exclude_brands),
        exclude_image_ids=listed("exclude_outfits", exclude_outfits),
        include_bought=include_bought,
    )
