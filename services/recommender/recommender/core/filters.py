"""Which outfits may be shown: what never relaxes, and what relaxes in the stated order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core.catalog import CATEGORY_BITS, FAMILY_BITS, NO_GARMENT, Catalog


@dataclass(frozen=True)
class Filters:
    """What narrows the catalog; empty fields do not. Field by field as in the contract."""

    categories: frozenset[int] = frozenset()
    color_families: frozenset[str] = frozenset()
    season: str = ""
    max_price_micros: int = 0
    currency: str = ""
    exclude_image_ids: frozenset[str] = frozenset()
    exclude_categories: frozenset[int] = frozenset()
    exclude_color_families: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Passed:
    """Which rows may be shown, bool (rows,), and the filters that had to be relaxed for it, in order."""

    mask: NDArray[np.bool_]
    relaxed: tuple[str, ...]

    @property
    def rows(self) -> NDArray[np.intp]:
        """The rows, ascending."""
        return np.flatnonzero(self.mask)


RELAX_ORDER = ("season", "color_families", "categories")


def apply(catalog: Catalog, filters: Filters, disliked: Collection[str]) -> Passed:
    """Return the outfits that pass `filters` and that the person has not `disliked`.

    Where none passes, filters relax one after the other in RELAX_ORDER until one does. Exclusions, the price ceiling
    and availability never relax: if nothing passes them, no rows are returned and nothing is said to be relaxed.
    """
    allowed = _allowed(catalog, filters, disliked)
    wanted = _wanted(catalog, filters)
    if not allowed.any():
        return Passed(allowed, ())
    relaxed: list[str] = []
    for name in (*RELAX_ORDER, None):
        passing = allowed.copy()
        for mask in wanted.values():
            passing &= mask
        if name is None or passing.any():
            break
        if name in wanted:
            del wanted[name]
            relaxed.append(name)
    return Passed(passing, tuple(relaxed))


def _allowed(catalog: Catalog, filters: Filters, disliked: Collection[str]) -> NDArray[np.bool_]:
    columns = catalog.columns
    mask = columns.alive & columns.available
    for image_id in {*filters.exclude_image_ids, *disliked}:
        row = catalog.row(image_id)
        if row is not None:
            mask[row] = False
    if filters.exclude_categories:
        mask &= ~_has_category(catalog, filters.exclude_categories)
    if filters.exclude_color_families:
        mask &= ~_has_family(catalog, filters.exclude_color_families)
    if filters.max_price_micros:
        currency = catalog.currencies.find(filters.currency)
        mask &= (columns.price_micros > 0) & (columns.price_micros <= filters.max_price_micros)
        mask &= columns.currency == (-1 if currency is None else currency)
    return mask


def _wanted(catalog: Catalog, filters: Filters) -> dict[str, NDArray[np.bool_]]:
    """Return the mask of each filter that is set and may relax."""
    wanted: dict[str, NDArray[np.bool_]] = {}
    if filters.season:
        season = catalog.seasons.find(filters.season.casefold())
        wanted["season"] = catalog.columns.season == (-1 if season is None else season)
    if filters.color_families:
        wanted["color_families"] = _has_family(catalog, filters.color_families)
    if filters.categories:
        wanted["categories"] = _has_category(catalog, filters.categories)
    return wanted


def _has_category(catalog: Catalog, categories: Iterable[int]) -> NDArray[np.bool_]:
    bits = np.uint16(sum(1 << category for category in set(categories)))
    return np.asarray((catalog.columns.categories & bits) != 0)


def _has_family(catalog: Catalog, names: Iterable[str]) -> NDArray[np.bool_]:
    numbers = [n for n in (catalog.families.find(name) for name in names) if n is not None]
    bits = np.uint64(sum(1 << n for n in {n % FAMILY_BITS for n in numbers}))
    mask = np.asarray((catalog.columns.families & bits) != 0)
    if len(catalog.families) > FAMILY_BITS:
        # Families share bits: look at what the bits let through.
        rows = np.flatnonzero(mask)
        codes = catalog.columns.garments[rows]
        mask[rows] = (np.isin(codes >> CATEGORY_BITS, numbers) & (codes != NO_GARMENT)).any(axis=1)
    return mask
