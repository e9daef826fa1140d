"""The catalog in memory: outfits as numpy arrays, one row each, so that all are scored at once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from recommender.core.outfit import Outfit, outfit_suitability, suited_types
from recommender.core.personal_color import TYPES
from snsfashion.fashion.v1 import fashion_pb2

# A garment's code is family << CATEGORY_BITS | category: one integer for "red skirt".
CATEGORY_BITS = max(fashion_pb2.Category.values()).bit_length()
CATEGORY_MASK = (1 << CATEGORY_BITS) - 1
NO_GARMENT = -1
FAMILY_BITS = 64
CHANGES_KEPT = 10_000
"""Changes that `changed_since` knows at least."""


class Names:
    """Small integers for strings; 0 is the empty string."""

    def __init__(self) -> None:
        self._numbers = {"": 0}

    def add(self, name: str) -> int:
        """Return the number of `name`, a new one if it is new."""
        return self._numbers.setdefault(name, len(self._numbers))

    def find(self, name: str) -> int | None:
        """Return the number of `name`, or None if no outfit has ever had it."""
        return self._numbers.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


@dataclass
class Columns:
    """One entry a row in each array. Rows that hold no outfit have `alive` False; the rest of them means nothing."""

    alive: NDArray[np.bool_]
    available: NDArray[np.bool_]
    style: NDArray[np.int8]
    """Style number."""
    season: NDArray[np.int32]
    """Number in `Catalog.seasons`."""
    currency: NDArray[np.int32]
    """Number in `Catalog.currencies`."""
    author: NDArray[np.int32]
    """0 if unknown."""
    product: NDArray[np.int32]
    """0 if none."""
    price_micros: NDArray[np.int64]
    """In 1/1,000,000 of the currency; 0 if unknown."""
    posted_at: NDArray[np.float64]
    """Unix time in seconds; NaN if no date is known."""
    tie: NDArray[np.uint64]
    """Order of equal scores: from the image id, since replicas hold the outfits in different rows."""
    tie_part: NDArray[np.uint8]
    """First byte of `tie`."""
    categories: NDArray[np.uint16]
    """Bit c is set if a garment has category c."""
    any_categories: NDArray[np.uint16]
    """The same, and for what the shop's title may mean."""
    families: NDArray[np.uint64]
    """Bit n % 64 is set if a garment's main color has family number n."""
    any_families: NDArray[np.uint64]
    """The same for every color of every garment, and for what the shop says."""
    garments: NDArray[np.int32]
    """(rows, width) codes of the distinct garments, padded with NO_GARMENT."""
    suitability: NDArray[np.float32]
    """(rows, 15) in [0, 1], by PersonalColor number."""
    suits: NDArray[np.uint16]
    """Bit p is set if a garment's color suits PersonalColor p."""
    brand: NDArray[np.int32]
    """Number in `Catalog.brands`."""
    sizes: NDArray[np.int32]
    """Number in `Catalog.sizes`."""
    disagrees: NDArray[np.int8]
    """1 if the shop's words and the photo disagree, 0 if they agree, -1 if the shop says nothing."""
    gender: NDArray[np.int8]
    age_group: NDArray[np.int8]

    @classmethod
    def empty(cls, capacity: int, width: int) -> Columns:
        """Return columns without outfits, with room for `capacity` of them with `width` distinct garments each."""
        return cls(
            alive=np.zeros(capacity, np.bool_),
            available=np.zeros(capacity, np.bool_),
            style=np.zeros(capacity, np.int8),
            season=np.zeros(capacity, np.int32),
            currency=np.zeros(capacity, np.int32),
            author=np.zeros(capacity, np.int32),
            product=np.zeros(capacity, np.int32),
            price_micros=np.zeros(capacity, np.int64),
            posted_at=np.zeros(capacity, np.float64),
            tie=np.zeros(capacity, np.uint64),
            tie_part=np.zeros(capacity, np.uint8),
            categories=np.zeros(capacity, np.uint16),
            any_categories=np.zeros(capacity, np.uint16),
            families=np.zeros(capacity, np.uint64),
            any_families=np.zeros(capacity, np.uint64),
            garments=np.full((capacity, width), NO_GARMENT, np.int32),
            suitability=np.zeros((capacity, TYPES), np.float32),
            suits=np.zeros(capacity, np.uint16),
            brand=np.zeros(capacity, np.int32),
            sizes=np.zeros(capacity, np.int32),
            disagrees=np.zeros(capacity, np.int8),
            gender=np.zeros(capacity, np.int8),
            age_group=np.zeros(capacity, np.int8),
        )

    def copied_to(self, larger: Columns) -> Columns:
        """Copy these rows to the start of `larger`, and return that."""
        for field in fields(self):
            source = getattr(self, field.name)
            target = getattr(larger, field.name)
            target[tuple(slice(n) for n in source.shape)] = source
        return larger


class Catalog:
    """Outfits by image id."""

    def __init__(self) -> None:
        self.columns = Columns.empty(capacity=64, width=4)
        self.image_ids: list[str] = []
        """By row; empty where no outfit is."""
        self.payloads: list[bytes] = []
        """By row: what `put` was given to keep with the outfit."""
        self.families = Names()
        self.seasons = Names()
        self.currencies = Names()
        self.brands = Names()
        """Case-folded."""
        self.sizes = Names()
        """The case-folded sizes of an outfit, one a line and sorted."""
        self.codes: Counter[int] = Counter()
        """How many outfits have a garment code; none of them 0."""
        self._authors = Names()
        self._products = Names()
        self._rows: dict[str, int] = {}
        self._free: list[int] = []
        self._changed: list[int] = []
        self._forgotten = 0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def has_offers(self) -> bool:
        """Whether any outfit can be bought."""
        return bool((self.columns.alive & self.columns.available).any())

    def row(self, image_id: str) -> int | None:
        """Return the row of an outfit, or None."""
        return self._rows.get(image_id)

    @property
    def version(self) -> int:
        """The number of the last change."""
        return self._forgotten + len(self._changed)

    def changed_since(self, version: int) -> NDArray[np.intp] | None:
        """Return the rows that changed after `version`, each once, ascending; None if that is too long ago to be known."""
        if version < self._forgotten:
            return None
        return np.unique(np.array(self._changed[version - self._forgotten :], dtype=np.intp))

    def rows_with(self, code: int) -> NDArray[np.intp]:
        """Return the rows that have a garment code, ascending; also those that hold no outfit any more."""
        garments = self.columns.garments
        return np.asarray(np.flatnonzero(garments.ravel() == code) // garments.shape[1])

    def put(self, outfit: Outfit, payload: bytes) -> None:
        """Add an outfit with at least one garment, or replace the one with its image id."""
        codes = sorted(
            {self.families.add(g.family) << CATEGORY_BITS | g.category for g in outfit.garments}
        )
        # Variants of one product count as that product.
        product_id = outfit.group or outfit.product_id
        product = f"{outfit.site}\n{product_id}" if product_id else ""
        digest = hashlib.blake2b(outfit.image_id.encode(), digest_size=8).digest()
        row = self._rows.get(outfit.image_id)
        if row is None:
            row = self._free.pop() if self._free else self._new_row()
        self._make_room(row, len(codes))
        self._uncount(row)
        self.codes.update(codes)
        columns = self.columns
        columns.available[row] = outfit.available
        columns.style[row] = outfit.style
        columns.season[row] = self.seasons.add(outfit.season.casefold())
        columns.currency[row] = self.currencies.add(outfit.currency)
        columns.author[row] = self._authors.add(outfit.author_key)
        columns.product[row] = self._products.add(product)
        columns.price_micros[row] = outfit.price_micros
        columns.posted_at[row] = outfit.posted_at if outfit.dated else np.nan
        columns.tie[row] = int.from_bytes(digest, "big")
        columns.tie_part[row] = digest[0]
        columns.categories[row] = _bits(g.category for g in outfit.garments)
        columns.any_categories[row] = columns.categories[row] | _bits(outfit.said_categories)
        columns.families[row] = _bits((code >> CATEGORY_BITS) % FAMILY_BITS for code in codes)
        columns.any_families[row] = columns.families[row] | self._said_bits(outfit)
        columns.garments[row] = NO_GARMENT
        columns.garments[row, : len(codes)] = codes
        columns.suitability[row] = outfit_suitability(outfit.garments)
        columns.suits[row] = suited_types(outfit.garments)
        columns.brand[row] = self.brands.add(outfit.brand.casefold())
        columns.sizes[row] = self.sizes.add("\n".join(sorted({s.casefold() for s in outfit.sizes})))
        columns.disagrees[row] = -1 if outfit.disagrees is None else outfit.disagrees
        columns.gender[row] = outfit.gender
        columns.age_group[row] = outfit.age_group
        columns.alive[row] = True
        self.image_ids[row] = outfit.image_id
        self.payloads[row] = payload
        self._rows[outfit.image_id] = row
        self._note(row)

    def _said_bits(self, outfit: Outfit) -> int:
        measured = {color.family for garment in outfit.garments for color in garment.colors}
        return _bits(
            self.families.add(family) % FAMILY_BITS for family in measured | outfit.said_families
        )

    def remove(self, image_id: str) -> None:
        """Remove an outfit, if it is there."""
        row = self._rows.pop(image_id, None)
        if row is not None:
            self._uncount(row)
            self.columns.alive[row] = False
            self.image_ids[row] = ""
            self.payloads[row] = b""
            self._free.append(row)
            self._note(row)

    def _uncount(self, row: int) -> None:
        if self.columns.alive[row]:
            for code in self.columns.garments[row].tolist():
                if code != NO_GARMENT:
                    self.codes[code] -= 1
                    if not self.codes[code]:
                        del self.codes[code]

    def _note(self, row: int) -> None:
        self._changed.append(row)
        if len(self._changed) > 2 * CHANGES_KEPT:
            del self._changed[:-CHANGES_KEPT]
            self._forgotten += CHANGES_KEPT + 1

    def _new_row(self) -> int:
        self.image_ids.append("")
        self.payloads.append(b"")
        return len(self.image_ids) - 1

    def _make_room(self, row: int, width: int) -> None:
        capacity, old_width = self.columns.garments.shape
        if row >= capacity or width > old_width:
            larger = Columns.empty(
                capacity * 2 if row >= capacity else capacity, max(width, old_width)
            )
            self.columns = self.columns.copied_to(larger)


def _bits(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in set(numbers))
