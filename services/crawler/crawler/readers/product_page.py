"""Product pages: schema.org `Product` in JSON-LD.

The style and the season are in an `additionalProperty` of that name, else in `keywords` or `category`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from extruct.jsonld import JsonLdExtractor

from crawler.readers.offer import (
    Offer,
    age_group_of_years,
    colors_in,
    gender_of,
    is_available,
    read_price,
    season_among,
    style_among,
)
from snsfashion.fashion.v1.fashion_pb2 import Product

_extractor = JsonLdExtractor()


def offers(body: bytes, url: str) -> Iterator[Offer]:
    """Yield the products of a page that have a photo; none if its JSON-LD can't be read."""
    try:
        blocks = _extractor.extract(body, base_url=url)
    except (
        Exception
    ):  # whatever a stranger's page makes the parsers raise: it is not a product page
        return
    for block in blocks:
        for node in _nodes(block):
            offer = _offer(node, url) if "Product" in _list(node.get("@type")) else None
            if offer:
                yield offer


def _nodes(block: Any) -> Iterator[dict[str, Any]]:
    for node in _list(block):
        if isinstance(node, dict):
            yield node
            yield from _nodes(node.get("@graph"))


def _offer(node: dict[str, Any], url: str) -> Offer | None:
    images = tuple(
        urljoin(url, address)
        for image in _list(node.get("image"))
        if (address := _text(image, "contentUrl", "url"))
    )
    page = urljoin(url, _text(node.get("url")) or url)
    product_id = (
        _text(node.get("sku"))
        or _text(node.get("productID"))
        or _text(node.get("mpn"))
        or urlsplit(page).path.rstrip("/").rpartition("/")[2]
    )
    if not images or not product_id:
        return None
    properties: dict[str, list[str]] = {}
    for entry in _list(node.get("additionalProperty")):
        if isinstance(entry, dict):
            properties.setdefault(_text(entry.get("name")).lower(), []).append(
                _text(entry.get("value"))
            )
    words = [
        word
        for field in ("keywords", "category")
        for text in _list(node.get(field))
        for word in _text(text, "name").replace(">", ",").split(",")
    ]
    sale = next((o for o in _list(node.get("offers")) if isinstance(o, dict)), {})
    audience = next((a for a in _list(node.get("audience")) if isinstance(a, dict)), {})
    amount = _text(sale.get("price")) or _text(sale.get("lowPrice"))
    return Offer(
        product=Product(
            product_id=product_id,
            title=_text(node.get("name")),
            url=page,
            **read_price(amount, _text(sale.get("priceCurrency")))._asdict(),
            available=is_available(_text(sale.get("availability"))),
            season=season_among([*properties.get("season", []), *words]),
            gender=gender_of(_text(audience.get("suggestedGender"))),
            age_group=age_group_of_years(
                _text(audience.get("suggestedMinAge")), _text(audience.get("suggestedMaxAge"))
            ),
            sizes=[size for entry in _list(node.get("size")) if (size := _text(entry, "name"))],
            brand=_text(node.get("brand"), "name"),
            item_group_id=_text(node.get("inProductGroupWithID")),
            colors=colors_in(_text(node.get("color"))),
        ),
        images=images,
        style=style_among([*properties.get("style", []), *words]),
    )


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(value: Any, *keys: str) -> str:
    """Return a plain value, or the first of `keys` of an object."""
    if isinstance(value, dict):
        return next((_text(value[key]) for key in keys if value.get(key)), "")
    return str(value).strip() if isinstance(value, str | int | float) else ""
