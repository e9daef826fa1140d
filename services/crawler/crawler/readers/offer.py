"""What a shop offers: the vocabulary that feeds and product pages share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.fashion.v1.fashion_pb2 import Product, Style

STYLES: dict[str, Style.ValueType] = {
    name.removeprefix("STYLE_").lower(): number
    for name, number in Style.items()
    if number != fashion_pb2.STYLE_UNSPECIFIED
}
SEASONS = {
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
    """The first of `labels` that names a style."""
    known = (STYLES.get(label.strip().lower()) for label in labels)
    return next((style for style in known if style), fashion_pb2.STYLE_UNSPECIFIED)


def season_among(labels: Iterable[str]) -> str:
    """The first of `labels` that names a season, such as "Autumn" or "autumn 2026"; "" if none does."""
    words = (label.strip().lower().split(" ")[0] for label in labels)
    return next((SEASONS[word] for word in words if word in SEASONS), "")


def price(amount: str, currency: str) -> tuple[int, str]:
    """Price in hundredths and ISO 4217 code; (0, "") if it can't be read."""
    plain = amount.strip().replace(",", "")
    code = currency.strip().upper()
    # Digits are limited: the amount is a stranger's, and "9e999999" is a number too.
    if not re.fullmatch(r"\d{1,12}(\.\d{1,12})?", plain, re.ASCII) or not re.fullmatch(
        "[A-Z]{3}", code
    ):
        return 0, ""
    cents = int((Decimal(plain) * 100).to_integral_value())
    return (cents, code) if cents else (0, "")


def is_available(text: str) -> bool:
    """Google's and schema.org's words for availability; what can be ordered counts as available, and so does no word."""
    word = text.strip().lower().rpartition("/")[2].replace(" ", "").replace("_", "")
    return word not in {"outofstock", "soldout", "discontinued"}
