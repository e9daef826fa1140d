"""The output and the help of commands."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from snsfashion.fashion.v1.fashion_pb2 import Product
from snsfashion_client.cli import main
from snsfashion_client.cli.catalog import price
from snsfashion_client.cli.output import sparkline, swatch


def test_a_sparkline_rises_from_nothing_to_the_greatest() -> None:
    assert sparkline([0, 0.5, 1]) == "▁▅█"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([]) == ""


def test_a_swatch_has_the_color_as_its_background() -> None:
    assert swatch(0x1F2852).style == "on #1f2852"
    assert swatch(None).plain == ""


@pytest.mark.parametrize(
    ("product", "text"),
    [
        (Product(price_micros=39_900_000, price_cents=1, currency="USD"), "39.90 USD"),
        (Product(price_micros=39_900_000_000, currency="KRW"), "39,900 KRW"),
        (Product(price_cents=3990, currency="EUR"), "39.90 EUR"),
        (Product(), ""),
    ],
)
def test_a_price_is_in_micros_or_else_in_cents(product: Product, text: str) -> None:
    assert price(product) == text


COMMANDS = [
    [],
    ["trends"],
    ["recommend"],
    ["crawl"],
    ["crawl", "instagram"],
    ["crawl", "shop"],
    ["crawl", "folder"],
    ["fate"],
    ["fates"],
    ["dead"],
    ["dead", "list"],
    ["dead", "show"],
    ["dead", "retry"],
    ["color"],
    ["palette"],
    ["palette", "list"],
    ["palette", "put"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, "--help"], prog_name="snsfashion")
    assert result.exit_code == 0
    assert f"  {' '.join(['snsfashion', *command])}" in result.output.split("Examples:")[1]


def test_the_command_has_a_version() -> None:
    result = CliRunner().invoke(main, ["--version"], prog_name="snsfashion")
    assert result.output.startswith("snsfashion, version 0.2.")
