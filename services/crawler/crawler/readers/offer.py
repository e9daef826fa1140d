"""What a shop offers: the vocabulary that feeds and product pages share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from fashion import words
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.fashion.v1.fashion_pb2 import Product, Style

_STYLES = {label.name: Style.ValueType(number) for number, label in words.STYLES.items()}
_GENDERS = {
    "female": fashion_pb2.GENDER_FEMALE,
    "male": fashion_pb2.GENDER_MALE,
    "unisex": fashion_pb2.GENDER_UNISEX,
}
_AGE_GROUPS = {
    label.removeprefix("AGE_GROUP_").lower(): fashion_pb2.AgeGroup.Value(label)
    for label in fashion_pb2.AgeGroup.keys()[1:]
}
_UP_TO_YEARS = (
    (0.25, fashion_pb2.AGE_GROUP_NEWBORN),
    (1.0, fashion_pb2.AGE_GROUP_INFANT),
    (5.0, fashion_pb2.AGE_GROUP_TODDLER),
    (13.0, fashion_pb2.AGE_GROUP_KIDS),
)
_SEASONS = {
    "spring": "spring",
    "summer": "summer",
    "autumn": "autumn",
    "fall": "autumn",
    "winter": "winter",
}


@dataclass(frozen=True)
class Offer:
    """A product and the addresses of its photos, the main one first."""

    product: Product
    images: tuple[str, ...]
    style: Style.ValueType = fashion_pb2.STYLE_UNSPECIFIED


def style_among(labels: Iterable[str]) -> Style.ValueType:
    """Return the first of `labels` that names a style."""
    known = (_STYLES.get(label.strip().lower()) for label in labels)
    return next((style for style in known if style), fashion_pb2.STYLE_UNSPECIFIED)


def season_among(labels: Iterable[str]) -> str:
    """Return the first of `labels` that names a season, such as "Autumn" or "autumn 2026"; "" if none does."""
    words = (label.strip().lower().split(" ")[0] for label in labels)
    return next((_SEASONS[word] for word in words if word in _SEASONS), "")


def gender_of(text: str) -> fashion_pb2.Gender.ValueType:
    """Read Google's and schema.org's words for a gender; unspecified for any other."""
    return _GENDERS.get(text.strip().lower().rpartition("/")[2], fashion_pb2.GENDER_UNSPECIFIED)


def age_group_of(text: str) -> fashion_pb2.AgeGroup.ValueType:
    """Read Google's words for an age group; unspecified for any other."""
    return _AGE_GROUPS.get(text.strip().lower(), fashion_pb2.AGE_GROUP_UNSPECIFIED)


def age_group_of_years(least: str, most: str) -> fashion_pb2.AgeGroup.ValueType:
    """Return the age group of a product for people from `least` to `most` years; either may be "".

    The first group that is old enough for the oldest of them; adult if there is no highest age and none of the younger
    groups begins so late. The limits are those of Google Merchant feeds.
    """
    youngest, oldest = _years(least), _years(most)
    if oldest is not None:
        return next(
            (g for limit, g in _UP_TO_YEARS if oldest <= limit), fashion_pb2.AGE_GROUP_ADULT
        )
    if youngest is None:
        return fashion_pb2.AGE_GROUP_UNSPECIFIED
    return next((g for limit, g in _UP_TO_YEARS if youngest < limit), fashion_pb2.AGE_GROUP_ADULT)


def _years(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,3}(\.\d{1,6})?", text.strip(), re.ASCII) else None


def colors_in(text: str) -> list[str]:
    """Return the colors of a color attribute, which Google's feeds separate by slashes."""
    return [color for part in text.split("/") if (color := part.strip())]


class Price(NamedTuple):
    """A price, in the fields of Product. Cents are 1/100 and micros 1/1,000,000 of any currency; 0 if unknown."""

    price_micros: int = 0
    price_cents: int = 0
    currency: str = ""


def read_price(amount: str, currency: str) -> Price:
    """Read an amount and an ISO 4217 code; an empty Price if they are not a price."""
    plain = amount.strip().replace(",", "")
    code = currency.strip().upper()
    # Digits are limited: the amount is a stranger's, and "9e999999" is a number too.
    if not re.fullmatch(r"\d{1,12}(\.\d{1,12})?", plain, re.ASCII) or not re.fullmatch(
        "[A-Z]{3}", code
    ):
        return Price()
    cents, micros = (
        int((Decimal(plain) * parts).to_integral_value()) for parts in (100, 1_000_000)
    )
    return Price(micros, cents, code) if cents else Price()


def is_available(text: str) -> bool:
    """Read Google's and schema.org's words for availability; what can be ordered is available, and so is what has no word."""
    word = text.strip().lower().rpartition("/")[2].replace(" ", "").replace("_", "")
    return word not in {"outofstock", "soldout", "discontinued"}
