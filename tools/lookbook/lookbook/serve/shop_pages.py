"""The shop as a crawler meets it: Merchant feed, sitemap, product pages with JSON-LD, robots.txt.

Feed: support.google.com/merchants/answer/7052112 (RSS 2.0, `g:` name space). JSON-LD: schema.org/Product.
"""

import json
from collections.abc import Iterable
from html import escape
from typing import Any
from xml.etree import ElementTree as ET

from fashion.words import CATEGORIES
from lookbook.world.shop import CURRENCY, Product

MERCHANT = "http://base.google.com/ns/1.0"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"

# schema.org has no age groups: the age in years from which each is.
_LEAST_YEARS = {"newborn": 0, "infant": 0.25, "toddler": 1, "kids": 5, "adult": 13}

ROBOTS = """User-agent: *
Disallow: /private/
Allow: /
"""


def page_url(base: str, product: Product) -> str:
    """Return the address of a product's page."""
    return f"{base}/shop/products/{product.id}"


def image_url(base: str, product: Product) -> str:
    """Return the address of a product's photo."""
    return f"{base}/shop/images/{product.id}.jpg"


def feed(base: str, products: Iterable[Product]) -> bytes:
    """Return the Merchant feed. The style is `g:custom_label_0`, the season `g:custom_label_1`."""
    ET.register_namespace("g", MERCHANT)
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    for tag, text in (
        ("title", "Look-book"),
        ("link", f"{base}/shop/"),
        ("description", "Outfits by style"),
    ):
        ET.SubElement(channel, tag).text = text
    for p in products:
        item = ET.SubElement(channel, "item")
        values = {
            "id": p.id,
            "title": p.title,
            "description": p.title,
            "link": page_url(base, p),
            "image_link": image_url(base, p),
            "price": f"{p.price} {CURRENCY}",
            "availability": "in_stock" if p.available else "out_of_stock",
            "condition": "new",
            "product_type": f"{p.style} > {_main_category(p)}",
            "custom_label_0": p.style,
            "custom_label_1": p.season,
            "brand": p.brand,
            "gender": p.gender,
            "age_group": p.age_group,
            "color": "/".join(p.colors),
            "item_group_id": p.group,
        }
        for tag, text in values.items():
            ET.SubElement(item, f"{{{MERCHANT}}}{tag}").text = text
        # Most feeds have an item for each size; this shop lists the sizes in stock in one.
        for size in p.sizes:
            ET.SubElement(item, f"{{{MERCHANT}}}size").text = size
    return bytes(ET.tostring(rss, encoding="utf-8", xml_declaration=True))


def sitemap(base: str, products: Iterable[Product]) -> bytes:
    """Return the sitemap: every product page."""
    ET.register_namespace("", SITEMAP)
    root = ET.Element(f"{{{SITEMAP}}}urlset")
    for p in products:
        url = ET.SubElement(root, f"{{{SITEMAP}}}url")
        ET.SubElement(url, f"{{{SITEMAP}}}loc").text = page_url(base, p)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def json_ld(base: str, p: Product) -> dict[str, Any]:
    """Return the product as schema.org describes it. The style is the additional property `style`."""
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "productID": p.id,
        "sku": p.id,
        "name": p.title,
        "category": _main_category(p),
        "brand": {"@type": "Brand", "name": p.brand},
        "color": "/".join(p.colors),
        "size": list(p.sizes),
        "inProductGroupWithID": p.group,
        "audience": {
            "@type": "PeopleAudience",
            "suggestedGender": p.gender,
            "suggestedMinAge": _LEAST_YEARS[p.age_group],
        },
        "image": [image_url(base, p)],
        "url": page_url(base, p),
        "additionalProperty": [
            {"@type": "PropertyValue", "name": "style", "value": p.style},
            {"@type": "PropertyValue", "name": "season", "value": p.season},
        ],
        "offers": {
            "@type": "Offer",
            "price": p.price,
            "priceCurrency": CURRENCY,
            "availability": f"https://schema.org/{'InStock' if p.available else 'OutOfStock'}",
            "url": page_url(base, p),
        },
    }


def page(base: str, p: Product) -> str:
    """Return the product's page, with its JSON-LD."""
    data = json.dumps(json_ld(base, p), ensure_ascii=False).replace("<", "\\u003c")
    title = escape(p.title)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<link rel="canonical" href="{page_url(base, p)}">
<script type="application/ld+json">{data}</script></head>
<body><h1>{title}</h1><img src="{image_url(base, p)}" alt="{title}">
<p>{p.price} {CURRENCY}</p></body>
</html>
"""


def _main_category(p: Product) -> str:
    spec = p.photo.spec
    return CATEGORIES[spec.garments[0].category].name if spec is not None else "outfit"
