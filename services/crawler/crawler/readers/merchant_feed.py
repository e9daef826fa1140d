"""Google Merchant feeds: RSS 2.0 or Atom with the `g:` namespace.

https://support.google.com/merchants/answer/7052112 lists the attributes. The style is in a `custom_label_<n>`, or in
`product_type`; so is the season.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]

from crawler.readers.offer import (
    Offer,
    age_group_of,
    colors_in,
    gender_of,
    is_available,
    read_price,
    season_among,
    style_among,
)
from snsfashion.fashion.v1.fashion_pb2 import Product

_G = "{http://base.google.com/ns/1.0}"


def is_feed(body: bytes) -> bool:
    """Tell whether this is RSS or Atom."""
    root = _parse(body)
    return root is not None and etree.QName(root).localname.lower() in ("rss", "feed")


def offers(body: bytes, base_url: str) -> Iterator[Offer]:
    """Yield the products of a feed; those without an id or a photo are left out."""
    root = _parse(body)
    if root is None:
        return
    for item in root.iter("item", "{*}entry"):
        values = _values(item)
        images = [
            urljoin(base_url, image)
            for name in ("image_link", "additional_image_link")
            for image in values.get(name, [])
        ]
        if not values.get("id") or not images:
            continue
        labels = [
            *(
                text
                for name in sorted(values)
                if name.startswith("custom_label_")
                for text in values[name]
            ),
            *(part for text in values.get("product_type", []) for part in text.split(">")),
        ]
        amount, _, currency = _first(values, "sale_price", "price").partition(" ")
        yield Offer(
            product=Product(
                product_id=values["id"][0],
                title=_first(values, "title"),
                url=urljoin(base_url, _first(values, "link")),
                **read_price(amount, currency)._asdict(),
                available=is_available(_first(values, "availability")),
                season=season_among(labels),
                gender=gender_of(_first(values, "gender")),
                age_group=age_group_of(_first(values, "age_group")),
                sizes=values.get("size", []),
                brand=_first(values, "brand"),
                item_group_id=_first(values, "item_group_id"),
                colors=colors_in(_first(values, "color")),
            ),
            images=tuple(images),
            style=style_among(labels),
        )


def _parse(body: bytes) -> etree._Element | None:
    # No entities, no network, no DTD: the feed is somebody else's.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _values(item: etree._Element) -> dict[str, list[str]]:
    """Return texts by attribute name; `g:` ones before plain ones of the same name."""
    values: dict[str, list[str]] = {}
    for child in sorted(
        item.iterchildren(tag=etree.Element), key=lambda c: not str(c.tag).startswith(_G)
    ):
        text = re.sub(r"\s+", " ", "".join(child.itertext())).strip() or child.get("href", "")
        if text:
            values.setdefault(etree.QName(child).localname, []).append(text)
    return values


def _first(values: dict[str, list[str]], *names: str) -> str:
    return next((values[name][0] for name in names if name in values), "")
