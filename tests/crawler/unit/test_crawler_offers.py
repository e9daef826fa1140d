from __future__ import annotations

import json

import pytest

from crawler.readers import merchant_feed, product_page
from crawler.readers.offer import (
    Price,
    gender_of,
    is_available,
    read_price,
    season_among,
    style_among,
)
from snsfashion.fashion.v1 import fashion_pb2

FEED = """<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item>
  <g:id>A1</g:id><title>Plain</title><g:title>Linen  dress</g:title>
  <g:link>/p/A1</g:link>
  <g:image_link>https://cdn.example/a1.jpg</g:image_link>
  <g:additional_image_link>/a1-back.jpg</g:additional_image_link>
  <g:price>59.00 EUR</g:price><g:sale_price>39.90 EUR</g:sale_price>
  <g:availability>out of stock</g:availability>
  <g:product_type>Vintage > Dresses</g:product_type>
  <g:custom_label_0>feminine</g:custom_label_0><g:custom_label_1>Summer 2026</g:custom_label_1>
  <g:brand>Acme</g:brand><g:gender>Female</g:gender><g:age_group>adult</g:age_group><g:size>36</g:size><g:size>38</g:size>
  <g:color>Navy / White</g:color><g:item_group_id>A</g:item_group_id>
</item>
<item><g:id>A2</g:id><title>No photo</title></item>
<item><title>No id</title><g:image_link>/x.jpg</g:image_link></item>
</channel></rss>"""


def test_a_merchant_feed_gives_products_with_their_photos() -> None:
    (offer,) = merchant_feed.offers(FEED.encode(), "https://shop.example/feed.xml")
    assert offer.images == ("https://cdn.example/a1.jpg", "https://shop.example/a1-back.jpg")
    assert offer.style == fashion_pb2.STYLE_FEMININE
    product = offer.product
    assert (product.product_id, product.title) == ("A1", "Linen dress")
    assert product.url == "https://shop.example/p/A1"
    assert (product.price_micros, product.price_cents, product.currency) == (
        39_900_000,
        3990,
        "EUR",
    )
    assert (product.available, product.season) == (False, "summer")
    assert (product.gender, product.age_group) == (
        fashion_pb2.GENDER_FEMALE,
        fashion_pb2.AGE_GROUP_ADULT,
    )
    assert (product.brand, product.item_group_id) == ("Acme", "A")
    assert (list(product.sizes), list(product.colors)) == (["36", "38"], ["Navy", "White"])


def test_an_atom_feed_is_read_too() -> None:
    atom = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
      <entry><g:id>9</g:id><title>Coat</title><link href="https://s.example/9"/>
      <g:image_link>https://s.example/9.jpg</g:image_link></entry></feed>"""
    assert merchant_feed.is_feed(atom)
    (offer,) = merchant_feed.offers(atom, "https://s.example/")
    assert (offer.product.title, offer.product.url) == ("Coat", "https://s.example/9")


def test_a_feed_can_neither_read_files_nor_explode() -> None:
    bomb = b"""<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY a "aaaaaaaaaa">]>
      <rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>1</g:id>
      <g:title>&f;&a;</g:title><g:image_link>/1.jpg</g:image_link></item></channel></rss>"""
    (offer,) = merchant_feed.offers(bomb, "https://s.example/")
    assert "root:" not in offer.product.title
    assert "aaa" not in offer.product.title


@pytest.mark.parametrize("body", [b"", b"no XML", b"<html><body>hi</body></html>", b"\0\xff"])
def test_other_bytes_are_not_taken_for_a_feed(body: bytes) -> None:
    assert not merchant_feed.is_feed(body)


def page(node: object) -> bytes:
    return f'<html><script type="application/ld+json">{json.dumps(node)}</script></html>'.encode()


PRODUCT = {
    "@context": "https://schema.org",
    "@type": "Product",
    "sku": "A1",
    "name": "Linen dress",
    "image": ["/a.jpg", {"@type": "ImageObject", "contentUrl": "https://cdn.example/b.jpg"}],
    "keywords": "linen, modern, winter",
    "additionalProperty": [{"@type": "PropertyValue", "name": "style", "value": "casual"}],
    "offers": {
        "@type": "Offer",
        "price": 39,
        "priceCurrency": "EUR",
        "availability": "https://schema.org/InStock",
    },
}


@pytest.mark.parametrize(
    "node",
    [
        PRODUCT,
        [PRODUCT],
        {"@graph": [{"@type": "WebPage"}, PRODUCT]},
        {**PRODUCT, "@type": ["Product", "X"]},
    ],
)
def test_a_product_page_gives_its_product(node: object) -> None:
    (offer,) = product_page.offers(page(node), "https://shop.example/p/A1")
    assert offer.images == ("https://shop.example/a.jpg", "https://cdn.example/b.jpg")
    assert offer.style == fashion_pb2.STYLE_CASUAL
    product = offer.product
    assert (product.product_id, product.title, product.season) == ("A1", "Linen dress", "winter")
    assert (product.price_micros, product.price_cents) == (39_000_000, 3900)
    assert (product.currency, product.available) == ("EUR", True)


def test_a_product_page_says_whom_it_is_for() -> None:
    node = {
        **PRODUCT,
        "brand": {"@type": "Brand", "name": "Acme"},
        "color": "Navy",
        "size": ["S", {"@type": "SizeSpecification", "name": "M"}],
        "audience": {"@type": "PeopleAudience", "suggestedGender": "https://schema.org/Male"},
        "inProductGroupWithID": "A",
    }
    (offer,) = product_page.offers(page(node), "https://shop.example/p/A1")
    product = offer.product
    assert (product.brand, product.item_group_id) == ("Acme", "A")
    assert (list(product.sizes), list(product.colors)) == (["S", "M"], ["Navy"])
    assert product.gender == fashion_pb2.GENDER_MALE


@pytest.mark.parametrize(
    ("least", "most", "group"),
    [
        ("13", "", "ADULT"),
        (13, "", "ADULT"),
        ("0", "0.25", "NEWBORN"),
        ("0.25", "1", "INFANT"),
        ("1", "", "TODDLER"),
        ("5", "13", "KIDS"),
        ("", "99", "ADULT"),
        ("", "", "UNSPECIFIED"),
        ("old", "-1", "UNSPECIFIED"),
    ],
)
def test_a_product_page_gives_the_age_group_of_its_years(
    least: object, most: object, group: str
) -> None:
    audience = {"suggestedMinAge": least, "suggestedMaxAge": most}
    (offer,) = product_page.offers(page({**PRODUCT, "audience": audience}), "https://shop.example/")
    assert fashion_pb2.AgeGroup.Name(offer.product.age_group) == f"AGE_GROUP_{group}"


@pytest.mark.parametrize("text", ["", "women", "1", "GENDER_FEMALE"])
def test_a_gender_in_other_words_is_not_stated(text: str) -> None:
    assert gender_of(text) == fashion_pb2.GENDER_UNSPECIFIED


def test_a_product_without_a_number_is_named_by_its_address() -> None:
    node = {key: value for key, value in PRODUCT.items() if key != "sku"}
    (offer,) = product_page.offers(page(node), "https://shop.example/p/linen-dress/")
    assert offer.product.product_id == "linen-dress"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>nothing</html>",
        b'<script type="application/ld+json">{broken</script>',
        page({"@type": "Product", "name": "no photo"}),
        page({"@type": "Article", "image": "/a.jpg"}),
        page(["text", 1, None]),
    ],
)
def test_other_pages_give_nothing(body: bytes) -> None:
    assert list(product_page.offers(body, "https://shop.example/p")) == []


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("39.00", "EUR", Price(39_000_000, 3900, "EUR")),
        ("1,299.5", "usd", Price(1_299_500_000, 129950, "USD")),
        ("39000", "KRW", Price(39_000_000_000, 3900000, "KRW")),
        ("free", "EUR", Price()),
        ("39.00", "", Price()),
        ("-1", "EUR", Price()),
        ("NaN", "EUR", Price()),
        ("9e999999", "EUR", Price()),
    ],
)
def test_prices(amount: str, currency: str, expected: Price) -> None:
    assert read_price(amount, currency) == expected


def test_words_of_shops() -> None:
    assert style_among(["sale", " Street "]) == fashion_pb2.STYLE_STREET
    assert style_among(["streetwear"]) == fashion_pb2.STYLE_UNSPECIFIED
    assert season_among(["new", "Fall 2026"]) == "autumn"
    assert [
        is_available(t) for t in ("in_stock", "preorder", "", "https://schema.org/SoldOut")
    ] == [
        True,
        True,
        True,
        False,
    ]
